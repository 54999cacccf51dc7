/** Waits for a condition, never for a time. (`@touchpoint/testing` has the same, but stands on this library.) */
export const eventually = async <T>(what: string, probe: () => Promise<T | undefined | false> | T | undefined | false, limitMs = 60_000): Promise<T> => {
  let last: unknown;
  for (const until = Date.now() + limitMs; ; ) {
    try {
      const seen = await probe();
      if (seen) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() > until) throw new Error(`waited ${limitMs} ms for ${what}; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
