import { assignment, lateClaim } from './assignment.ts';
import { Broken } from './reading.ts';
import { landing, sending } from './sending.ts';
import type { Setting, Step } from './turn.ts';
import { beginning, keyOf, TARGETS, type World } from './world.ts';

export type Found = Readonly<{ states: number; /** What went wrong first, and how it came to that; undefined: nothing does. */ violation: Readonly<{ what: string; trace: readonly string[] }> | undefined }>;

/** As a text: what goes wrong and the way to it, a step a line. */
export const told = ({ states, violation }: Found): string => (violation ? [violation.what, ...violation.trace].join('\n  ') : `nothing goes wrong in ${states.toLocaleString('en')} states`);

/** Everything that may happen next. */
const stepsOf = (world: World, setting: Setting): readonly Step[] => [
  ...world.workers.flatMap((me, who) => {
    const turn = { world, who, me, setting };
    return [...assignment(turn), ...sending(turn)];
  }),
  ...lateClaim(world),
  ...landing(world, setting),
];

/** A late request that its reader would drop changes nothing, whenever it lands. */
const settled = (world: World, { rules }: Setting): World => {
  if (!rules.dropsRepeats) return world;
  const requests = world.requests.filter(({ target, origin, seq, item, by }) => by !== undefined || seq > world.readers[target]!.seen[origin] || item > world.readers[target]!.taken);
  return requests.length === world.requests.length ? world : { ...world, requests };
};

/** What is wrong with a world in which nothing can happen any more. */
const wrongAtTheEnd = ({ next, rows, readers }: World, { size }: Setting): string | undefined => {
  if (next < size.batches) return `stalled for ever: batch ${next + 1} is processed by nobody`;
  for (const target of TARGETS) if (readers[target]!.taken < size.batches * size.pieces) return `lost: item ${readers[target]!.taken + 1} never comes to target ${target}`;
  return rows.length > 0 ? `the row of batch ${rows[0]!.batch} is never deleted: every owner sends it again` : undefined;
};

/** Every step that was found, as plain columns: there are some hundred thousand of them. Those of a world lie together, in the order in which worlds were visited. */
type Graph = Readonly<{ begins: number[]; to: number[]; names: string[] }>;

/**
 * Visits every world that can come about, breadth first, so that the first violation has the shortest way to it. Faults are bounded, so every run must end: one
 * that can go round for ever is a violation too.
 */
export const explore = (setting: Setting): Found => {
  const first = beginning(setting.size);
  const ids = new Map<string, number>([[keyOf(first), 0]]);
  const cameFrom: { id: number; name: string }[] = [{ id: -1, name: '' }];
  const graph: Graph = { begins: [], to: [], names: [] };
  const wayTo = (id: number): string[] => {
    const trace: string[] = [];
    for (let at = cameFrom[id]!; at.id >= 0; at = cameFrom[at.id]!) trace.push(at.name);
    return trace.reverse();
  };
  const found = (id: number, what: string, ...last: readonly string[]): Found => ({ states: ids.size, violation: { what, trace: [...wayTo(id), ...last] } });

  for (let layer = [first], following: World[] = []; layer.length > 0; [layer, following] = [following, []])
    for (const world of layer) {
      const id = graph.begins.push(graph.to.length) - 1;
      for (const { name, then } of stepsOf(world, setting)) {
        const next = outcomeOf(then);
        if (next instanceof Broken) return found(id, next.message, name);
        const reached = settled(next, setting);
        const key = keyOf(reached);
        let to = ids.get(key);
        if (to === undefined) {
          ids.set(key, (to = ids.size));
          cameFrom.push({ id, name });
          following.push(reached);
        }
        graph.to.push(to);
        graph.names.push(name);
      }
      const wrong = graph.begins[id] === graph.to.length ? wrongAtTheEnd(world, setting) : undefined;
      if (wrong) return found(id, wrong);
    }
  const round = roundIn(graph);
  return round ? found(round.id, 'stalled: this can go round for ever', ...round.names.map((name) => `again and again: ${name}`)) : { states: ids.size, violation: undefined };
};

const outcomeOf = (then: Step['then']): World | Broken => {
  try {
    return then();
  } catch (error) {
    if (error instanceof Broken) return error;
    throw error;
  }
};

/** A way that leads back to where it began. */
const roundIn = ({ begins, to, names }: Graph): Readonly<{ id: number; names: readonly string[] }> | undefined => {
  const [ON_THE_WAY, DONE] = [1, 2];
  const marks = new Uint8Array(begins.length);
  const way = [{ id: 0, edge: begins[0]! }];
  marks[0] = ON_THE_WAY;
  while (way.length > 0) {
    const here = way.at(-1)!;
    if (here.edge === (begins[here.id + 1] ?? to.length)) {
      marks[here.id] = DONE;
      way.pop();
      continue;
    }
    const next = to[here.edge]!;
    here.edge += 1;
    if (marks[next] === ON_THE_WAY) return { id: next, names: way.slice(way.findIndex(({ id }) => id === next)).map(({ edge }) => names[edge - 1]!) };
    if (marks[next] === DONE) continue;
    marks[next] = ON_THE_WAY;
    way.push({ id: next, edge: begins[next]! });
  }
  return undefined;
};
