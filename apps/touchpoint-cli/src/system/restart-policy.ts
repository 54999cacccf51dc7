/** How often a process may end by its own fault before it is left alone. */
export type RestartPolicy = Readonly<{ atMost: number; withinMs: number; firstDelayMs: number; maxDelayMs: number }>;

export const restartPolicy: RestartPolicy = { atMost: 5, withinMs: 60_000, firstDelayMs: 250, maxDelayMs: 8_000 };

/**
 * What to do about a process that just crashed: milliseconds until it is started again, or `give up`.
 * @param crashes instants of its crashes, the last one included, oldest first.
 */
export const afterCrash = (crashes: readonly number[], policy: RestartPolicy = restartPolicy): number | 'give up' => {
  const last = crashes.at(-1) ?? 0;
  const recent = crashes.filter((at) => at > last - policy.withinMs).length;
  return recent > policy.atMost ? 'give up' : Math.min(policy.firstDelayMs * 2 ** (recent - 1), policy.maxDelayMs);
};
