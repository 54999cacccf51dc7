import { random, type Instant, type Random } from '@touchpoint/kernel';
import type { Batch, Lane, Load, LoadEvent, Phase } from './load.ts';
import { KINDS, type Kind } from './people.ts';
import { Person } from './person.ts';

const PHASES: readonly Omit<Phase, 'lanes'>[] = [
  { name: 'first', after: 'nothing', responds: false },
  // Visitors say who they are: what they did before is theirs by then.
  { name: 'second', after: 'resolved', responds: false },
  { name: 'third', after: 'settled', responds: true },
  { name: 'fourth', after: 'settled', responds: true },
];
const LIVE_LANES = 3;
const IMPORT_LANES = 1;
const MOST_EVENTS = 24;
/** So many batches of an import are sent once more in the next phase. */
const REPEATED_IMPORT = 3;
/** History lies that far before the live events. */
const YEARS_AGO = 2 * 365 * 86_400_000;

/** @param base when the people's first phase begins. The last one ends within 15 hours of it; all of it must be over when it is sent, and not be 30 days old. */
export const makeLoad = ({ seed, base, scale = 1 }: Readonly<{ seed: number; base: Instant; scale?: number }>): Load => {
  const chance = random(seed);
  const phases = PHASES.map((phase, number): Phase => {
    const lanes = [...lanesOf('write', LIVE_LANES, number), ...lanesOf('import', IMPORT_LANES, number)];
    return { ...phase, lanes };
  });
  // Whoever imports again sends what is there already.
  const again = phases.map(({ lanes }) => lanes.at(-1)!.slice(0, REPEATED_IMPORT));
  return { seed, base, phases: phases.map((phase, number) => (number === 0 ? phase : { ...phase, lanes: [...phase.lanes.slice(0, -1), [...again[number - 1]!, ...phase.lanes.at(-1)!]] })) };

  function lanesOf(key: Batch['key'], count: number, number: number): readonly Lane[] {
    const people = KINDS.filter((kind) => kind.key === key).flatMap((kind) => peopleOf(kind, number, { base, chance, scale }));
    return Array.from({ length: count }, (_, lane) => {
      const events = interleaved(people.filter(({ n }) => n % count === lane).map((person) => person.events), chance);
      return batched(key, events, chance);
    });
  }
};

const peopleOf = ({ name, count, key, phases }: Kind, number: number, { base, chance, scale }: { base: Instant; chance: Random; scale: number }): readonly Person[] => {
  const does = phases[number];
  if (!does) return [];
  return Array.from({ length: count * scale }, (_, n) => {
    const historical = key === 'import';
    const person = new Person(name, n, number, historical ? base - YEARS_AGO : base, random(chance.below(2 ** 31)), historical);
    does(person);
    return person;
  });
};

/** People do things at the same time; each one's things stay in their order. */
const interleaved = (all: readonly (readonly LoadEvent[])[], chance: Random): readonly LoadEvent[] => {
  const left = all.filter(({ length }) => length > 0).map((events) => ({ events, next: 0 }));
  const mixed: LoadEvent[] = [];
  while (left.length > 0) {
    const at = chance.below(left.length);
    const one = left[at]!;
    mixed.push(one.events[one.next]!);
    one.next += 1;
    if (one.next === one.events.length) left.splice(at, 1);
  }
  return mixed;
};

/** In batches of different sizes. Some go twice, as when an SDK did not hear the answer, and some bring along what was sent a while ago. */
const batched = (key: Batch['key'], events: readonly LoadEvent[], chance: Random): Lane => {
  const lane: Batch[] = [];
  for (let next = 0; next < events.length; ) {
    const size = 1 + chance.below(MOST_EVENTS);
    const again = next > 0 && chance.below(4) === 0 ? [events[chance.below(next)]!] : [];
    const batch = { key, events: [...again, ...events.slice(next, next + size)] };
    lane.push(batch, ...(chance.below(8) === 0 ? [batch] : []));
    next += size;
  }
  return lane;
};
