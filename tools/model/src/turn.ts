import type { Rules } from './rules.ts';
import { outside, type Row, type Size, type Worker, type World } from './world.ts';

/** What may happen next. `then` gives the world behind it. @throws Broken when that breaks a promise. */
export type Step = Readonly<{ name: string; then: () => World }>;
export type Setting = Readonly<{ rules: Rules; size: Size }>;
/** A process whose turn it is. */
export type Turn = Readonly<{ world: World; who: number; me: Worker; setting: Setting }>;

const NAMES = ['A', 'B'] as const;
export const step = ({ who }: Turn, name: string, then: () => World): Step => ({ name: `${NAMES[who]} ${name}`, then });

/** The world in which a process has become another, and whatever else changed. */
export const become = ({ world, who }: Turn, worker: Partial<Worker>, rest: Partial<World> = {}): World => {
  const [a, b] = rest.workers ?? world.workers;
  return { ...world, ...rest, workers: who === 0 ? [{ ...a, ...worker }, b] : [a, { ...b, ...worker }] };
};

/** The world in which it is another worker's turn to be looked at, after a step. */
export const after = (turn: Turn, world: World): Turn => ({ ...turn, world, me: world.workers[turn.who]! });

/** One fault less may happen. */
export const costs = (world: World): Partial<World> => ({ faults: world.faults - 1 });

/** Its requests go on without it: they may still land. */
export const abandoned = ({ world, who }: Turn): World['requests'] => world.requests.map((request) => (request.by === who ? { ...request, by: undefined } : request));

/** It is no member any more: the group gives the partition to the other one, if that is there, and tells it. What else changes is in `rest`. */
export const gone = ({ world, who }: Turn, worker: Partial<Worker>, rest: Partial<World> = {}): World => {
  const there = world.workers[1 - who]!;
  const other = world.owner === who && there.at === 'member' ? { ...there, at: 'open' as const } : there;
  const me = { ...world.workers[who]!, ...worker, member: false, lease: false };
  const owner = world.owner !== who ? world.owner : there.member ? 1 - who : undefined;
  return { ...world, ...rest, owner, workers: who === 0 ? [me, other] : [other, me] };
};

/** Rows without those of these batches. */
export const deleted = (rows: readonly Row[], batches: readonly number[], { rules }: Setting): readonly Row[] => {
  if (batches.length === 0) return rows;
  return rules.deletesByExactId ? rows.filter(({ batch }) => !batches.includes(batch)) : [];
};

/** What a session had in memory is gone; the process claims the partition anew. */
export const reopened = ({ me, setting: { rules } }: Turn): Partial<Worker> => {
  const { next, sent, todo, piece, answered, draining, acknowledged } = outside(me.release);
  return { at: 'open', next, sent, todo, piece, answered, draining, acknowledged, held: rules.beginsAtTheCheckpoint ? 0 : me.held };
};

/** It is out of the group, and joins again. */
export const left = (turn: Turn): Partial<Worker> => ({ ...reopened(turn), at: 'away' });

/** Its move found another version: nothing was written. */
export const fenced = (turn: Turn): World =>
  turn.setting.rules.fencedJoinsAgain
    ? gone(turn, left(turn), { requests: abandoned(turn) })
    : become(turn, { ...reopened(turn), at: 'stopped' }, { requests: abandoned(turn) });
