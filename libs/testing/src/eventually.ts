/** Waits for a condition, never for a time: looks every 50 ms until `probe` gives something true. @throws Error that says what was waited for, and what was seen last. */
export const eventually = async <T>(what: string, probe: () => Promise<T | undefined | false> | T | undefined | false, limitMs = 120_000): Promise<T> => {
  const until = Date.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const seen = await probe();
      if (seen) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() > until) throw new Error(`waited ${limitMs} ms for ${what}; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
