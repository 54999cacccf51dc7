import { random, type Random } from '@touchpoint/kernel';
import type { Moment } from '@touchpoint/host/moments';

/** Where in its work a process dies: right before or right behind what others see of it, the `hits`th time from when it is asked for. */
export type FailPoint = Readonly<{ moment: Moment; when: 'before' | 'behind'; hits: number }>;
export const STACK_PARTS = ['kafka', 'postgres', 'registry'] as const;
export type StackPart = (typeof STACK_PARTS)[number];

/** What is done to the system when so many batches have been acknowledged. */
export type Strike = Readonly<{ at: number }> & (
  /** SIGKILL, to all at once: to the first at a fail point, or anywhere. */
  | Readonly<{ kind: 'kill'; names: readonly string[]; point?: FailPoint }>
  /** SIGSTOP, for longer than the group waits for it; then SIGCONT. */
  | Readonly<{ kind: 'pause'; name: string }>
  /** SIGKILL to a part of the stack, which is then started again. */
  | Readonly<{ kind: 'part'; part: StackPart }>
);
export type Victim = Readonly<{ name: string; app: string }>;

/** A kill that takes a second process, of another app, with it: every third one. */
const COMPANION_EVERY = 3;
/** A kill anywhere in its work, and not at a fail point: every third one. */
const ANYWHERE_EVERY = 3;
const MOST_HITS = 3;

/** What a process of an app does that others see. The query-api does nothing. */
const MOMENTS_OF: Readonly<Record<string, readonly Moment[]>> = {
  'ingest-api': ['send'], 'identity-resolver': ['commit', 'send'], 'profile-projector': ['commit'], 'channel-orchestrator': ['commit', 'send'], 'delivery-service': ['commit', 'send', 'call'],
};

export type PlanOptions = Readonly<{
  seed: number;
  batches: number;
  victims: readonly Victim[];
  /** Moments at which processes are killed; each process at least once. */
  most?: number;
  pauses?: number;
  parts?: readonly StackPart[];
}>;

/**
 * Strikes spread over the progress of a load, never over time: each process once and then whom chance chooses, each somewhere in its own stretch of the load. So the
 * same seed strikes at the same places of the load, however slow the machine is.
 */
export const killPlan = ({ seed, batches, victims, most = victims.length, pauses = 0, parts = [] }: PlanOptions): readonly Strike[] => {
  const chance = random(seed);
  const doomed = [...chance.shuffled(victims), ...Array.from({ length: Math.max(0, most - victims.length) }, () => chance.one(victims))];
  const workers = victims.filter(({ app }) => (MOMENTS_OF[app] ?? []).includes('commit'));
  const kills = doomed.map((victim, i) => (at: number): Strike => {
    const point = i % ANYWHERE_EVERY === ANYWHERE_EVERY - 1 ? undefined : pointOf(victim, chance);
    const companion = i % COMPANION_EVERY === 1 ? [chance.one(victims.filter(({ app }) => app !== victim.app)).name] : [];
    return { at, kind: 'kill', names: [victim.name, ...companion], ...(point && { point }) };
  });
  const others = chance.shuffled([
    ...Array.from({ length: pauses }, () => (at: number): Strike => ({ at, kind: 'pause', name: chance.one(workers).name })),
    ...parts.map((part) => (at: number): Strike => ({ at, kind: 'part', part })),
  ]);
  // The others lie evenly between the kills.
  const strikes = [...kills];
  others.forEach((strike, i) => strikes.splice(Math.floor(((i + 1) * strikes.length) / (others.length + 1)), 0, strike));
  const stretch = batches / strikes.length;
  if (stretch < 1) throw new Error(`${batches} batches are too few for ${strikes.length} strikes: make the load larger`);
  return strikes.map((strike, i) => strike(Math.floor(stretch * i) + 1 + chance.below(Math.floor(stretch))));
};

const pointOf = ({ app }: Victim, chance: Random): FailPoint | undefined => {
  const moments = MOMENTS_OF[app];
  return moments && { moment: chance.one(moments), when: chance.one(['before', 'behind'] as const), hits: 1 + chance.below(MOST_HITS) };
};

export const killsIn = (plan: readonly Strike[]): number => plan.reduce((sum, strike) => sum + (strike.kind === 'kill' ? strike.names.length : 0), 0);
