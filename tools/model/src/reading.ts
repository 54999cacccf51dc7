import type { Rules } from './rules.ts';
import type { Request, World } from './world.ts';

/** Thrown by a step that breaks a promise; its message says which. */
export class Broken extends Error {}

/** A request lands on the log and its target's reader meets it: it drops a repeat, takes the next one, and stops at anything else (libs/log/src/origins.ts). */
export const land = (world: World, { target, origin, seq, item }: Request, rules: Rules): World['readers'] => {
  const { seen, taken } = world.readers[target]!;
  const last = seen[origin];
  if (rules.dropsRepeats && seq <= last) {
    if (item > taken) throw new Broken(`lost: the reader of target ${target} drops item ${item} as a repeat of ${origin}/${seq}`);
    return world.readers;
  }
  if (seq > last + 1) throw new Broken(`stalled: the reader of target ${target} stops, ${origin}/${seq} follows ${origin}/${last}`);
  if (item <= taken) throw new Broken(`doubled: the reader of target ${target} takes item ${item} again`);
  if (item > taken + 1) throw new Broken(`out of order: the reader of target ${target} takes item ${item} behind ${taken}`);
  return world.readers.map((reader, i) => (i === target ? { seen: { ...seen, [origin]: seq }, taken: item } : reader));
};
