import { random } from '@touchpoint/kernel';

/** These processes are killed at once when so many batches have been acknowledged. */
export type Kill = Readonly<{ at: number; names: readonly string[] }>;
export type Victim = Readonly<{ name: string; app: string }>;

/** A kill that takes a second process, of another app, with it: every third one. */
const COMPANION_EVERY = 3;

/**
 * Kills spread over the progress of a load, never over time: each process once, in an order of chance, each somewhere in its own stretch of the load. So the
 * same seed kills at the same places of the load, however slow the machine is.
 */
export const killPlan = ({ seed, batches, victims, most = victims.length }: Readonly<{ seed: number; batches: number; victims: readonly Victim[]; /** Moments at which something is killed. */ most?: number }>): readonly Kill[] => {
  const chance = random(seed);
  const order = [...chance.shuffled(victims), ...Array.from({ length: Math.max(0, most - victims.length) }, () => chance.one(victims))];
  const stretch = batches / order.length;
  if (stretch < 1) throw new Error(`${batches} batches are too few for ${order.length} kills: make the load larger`);
  return order.map((victim, i) => {
    const others = victims.filter(({ app }) => app !== victim.app);
    const companion = i % COMPANION_EVERY === COMPANION_EVERY - 1 ? [chance.one(others).name] : [];
    return { at: Math.floor(stretch * i) + 1 + chance.below(Math.floor(stretch)), names: [victim.name, ...companion] };
  });
};

export const killsIn = (plan: readonly Kill[]): number => plan.reduce((sum, { names }) => sum + names.length, 0);
