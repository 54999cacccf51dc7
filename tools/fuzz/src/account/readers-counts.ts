const LINE = /^touchpoint_projector_records_total\{.*outcome="(\w+)".*\} (\d+)/;

/** What the processes of the projector say that they dropped, and why. */
export const readDropped = async (urls: readonly string[]): Promise<Readonly<{ repeat: number; stranger: number }>> => {
  const counts = { repeat: 0, stranger: 0 };
  for (const url of urls) {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) });
    for (const line of (await answer.text()).split('\n')) {
      const [, outcome, count] = LINE.exec(line) ?? [];
      if (outcome === 'repeat' || outcome === 'stranger') counts[outcome] += Number(count);
    }
  }
  return counts;
};
