type Readiness = Readonly<{ checks?: readonly Readonly<{ name: string; state: string; code?: string }>[] }>;

/** `ready`, or why not: the checks that are down, or that nobody answers. */
export const readiness = async (url: string, limitMs = 3_000): Promise<string> => {
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(limitMs) });
    const body = (await answer.json()) as Readiness;
    if (answer.ok) return 'ready';
    const down = (body.checks ?? []).filter(({ state }) => state !== 'up').map(({ name, code }) => `${name}: ${code ?? 'down'}`);
    return down.join(', ') || `it answers ${answer.status}`;
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } };
    return cause?.code === 'ECONNREFUSED' ? 'nothing listens yet' : name === 'TimeoutError' ? `no answer within ${limitMs / 1000} s` : 'no answer';
  }
};

/** A sample of the text format of Prometheus: name, labels, value. */
export type Sample = Readonly<{ name: string; labels: Readonly<Record<string, string>>; value: number }>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The samples whose name begins with `prefix`. */
export const parseMetrics = (text: string, prefix: string): readonly Sample[] =>
  text.split('\n').flatMap((line) => {
    if (!line.startsWith(prefix)) return [];
    const match = LINE.exec(line);
    if (!match) return [];
    const labels = Object.fromEntries([...(match[2] ?? '').matchAll(LABEL)].map(([, label, value]) => [label!, value!.replace(/\\(.)/g, '$1')]));
    return [{ name: match[1]!, labels, value: Number(match[3]) }];
  });

/** How far a process is behind. `partitions`: those whose lag it knows. Seconds are those of the partition that is furthest behind. */
export type Lag = Readonly<{ records: number; seconds: number; failing: number; partitions: readonly Readonly<{ consumer: string; topic: string; partition: string }>[] }>;

export const lagOf = (samples: readonly Sample[]): Lag => {
  const named = (name: string) => samples.filter((sample) => sample.name === `touchpoint_consumer_${name}`);
  const records = named('lag_records');
  return {
    records: records.reduce((sum, { value }) => sum + value, 0),
    seconds: Math.max(0, ...named('lag_seconds').map(({ value }) => value)),
    failing: named('partition_failing').filter(({ value }) => value > 0).length,
    partitions: records.map(({ labels }) => ({ consumer: labels['consumer'] ?? '', topic: labels['topic'] ?? '', partition: labels['partition'] ?? '' })),
  };
};

/** The lag that a process tells on /metrics; undefined where it does not answer. */
export const readLag = async (url: string, limitMs = 3_000): Promise<Lag | undefined> => {
  try {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(limitMs) });
    return answer.ok ? lagOf(parseMetrics(await answer.text(), 'touchpoint_consumer_')) : undefined;
  } catch {
    return undefined;
  }
};
