import { Broken, land } from './reading.ts';
import { abandoned, after, become, costs, deleted, fenced, reopened, step, type Step, type Turn } from './turn.ts';
import { TARGETS, type Row, type Worker, type World } from './world.ts';

/** Fetching, committing and sending: a session's `process`, `tick` and `sendPending`, over libs/log/src/appender.ts. */
export const sending = (turn: Turn): readonly Step[] => {
  const { world, me, setting: { rules, size } } = turn;
  switch (me.at) {
    case 'draining':
      return me.cut ? [] : [step(turn, 'sends what was pending', () => sends(turn, true))];
    case 'drained': {
      const [row, ...todo] = me.todo;
      const rows = rules.deletesWhatWasAcknowledged ? deleted(world.rows, [row!.batch], turn.setting) : world.rows;
      return [step(turn, `deletes row ${row!.batch}`, () => become(turn, { at: todo.length > 0 ? 'draining' : 'ready', todo }, { rows }))];
    }
    case 'ready':
      return [
        ...(me.next < size.batches && !me.cut ? [step(turn, 'fetches', () => become(turn, { at: 'holding', held: me.held || me.next + 1 }))] : []),
        ...(me.acknowledged.length > 0 && rules.deletesWithTheNextMove ? [step(turn, 'ticks', () => ticked(turn))] : []),
        ...(me.todo.length > 0 && !me.cut ? [step(turn, 'sends what it had left behind', () => sends(turn, !rules.pendingFirst))] : []),
      ];
    case 'holding':
      return overtaken(turn)
        ? [step(turn, 'is fenced', () => fenced(turn))]
        : [
            step(turn, `commits batch ${me.held}`, () => committed(turn)),
            ...(world.faults > 0 ? [step(turn, `commits batch ${me.held}, and is not told`, () => become(turn, reopened(turn), { ...costs(world), ...written(turn) }))] : []),
          ];
    case 'unsaved':
      return [step(turn, 'writes the row of what it sends', () => sends(after(turn, become(turn, {}, { rows: [...world.rows, me.todo[0]!] })), false))];
    case 'sending':
      return [
        ...(world.faults > 0 && !me.cut ? [step(turn, 'gets no answer in time', () => notAnswered(turn))] : []),
        ...(rules.waitsForTheAnswer || me.draining || me.cut ? [] : [step(turn, 'does not wait for the answer', () => become(turn, { at: 'ready', todo: me.todo.slice(1) }, { requests: abandoned(turn) }))]),
      ];
    default:
      return [];
  }
};

const overtaken = ({ me, setting: { rules } }: Turn) => rules.fencedByVersion && !me.newest;
const perPiece = ({ setting: { rules } }: Turn) => (rules.countedPerTarget ? 1 : TARGETS.length);
const lastOf = (turn: Turn) => turn.me.sent + turn.setting.size.pieces * perPiece(turn);

const rowOf = ({ me }: Turn): Row => ({ batch: me.held, origin: me.release, from: me.sent + 1 });

/** What a move of the checkpoint writes. */
const written = (turn: Turn): Partial<World> => {
  const { world, me, setting } = turn;
  if (me.held <= world.next) throw new Broken(`doubled: the effects of batch ${me.held} are written again`);
  if (me.held > world.next + 1) throw new Broken(`lost: batch ${me.held} is processed behind ${world.next}`);
  const rows = setting.rules.deletesWithTheNextMove ? deleted(world.rows, me.acknowledged, setting) : world.rows;
  return { next: me.held, sent: { ...world.sent, [me.release]: lastOf(turn) }, rows: setting.rules.pendingWithTheCheckpoint ? [...rows, rowOf(turn)] : rows };
};

const committed = (turn: Turn): World => {
  const { me, setting: { rules } } = turn;
  const worker: Partial<Worker> = { next: me.held, held: 0, sent: lastOf(turn), todo: [rowOf(turn), ...me.todo], acknowledged: [] };
  const world = become(turn, worker, written(turn));
  return rules.pendingWithTheCheckpoint ? sends(after(turn, world), false) : become({ ...turn, world }, { at: 'unsaved' });
};

const ticked = (turn: Turn): World => (overtaken(turn) ? fenced(turn) : become(turn, { acknowledged: [] }, { rows: deleted(turn.world.rows, turn.me.acknowledged, turn.setting) }));

/** Begins to send the first of its rows, numbered as it was. */
const sends = (turn: Turn, draining: boolean): World => {
  const { world, me, setting: { rules, size } } = turn;
  const [row, ...others] = me.todo;
  const origin = rules.sameOrigin || !draining ? row!.origin : me.release;
  const again = draining && !rules.sameNumbers;
  const numbered: Row = again ? { batch: row!.batch, origin: me.release, from: me.sent + 1 } : { ...row!, origin };
  const rows = rules.deletesWhatWasAcknowledged ? world.rows : deleted(world.rows, [row!.batch], turn.setting);
  const next = become(turn, { at: 'sending', draining, piece: 0, answered: [], todo: [numbered, ...others], sent: again ? me.sent + size.pieces * perPiece(turn) : me.sent }, { rows });
  return requested(after(turn, next));
};

/** One send: the records of a piece, to both targets. */
const requested = (turn: Turn): World => {
  const { world, who, me, setting: { size } } = turn;
  if (me.cut) return world;
  const { batch, origin, from } = me.todo[0]!;
  const each = perPiece(turn);
  const requests = TARGETS.map((target) => ({ target, origin, seq: from + me.piece * each + (each > 1 ? target : 0), item: (batch - 1) * size.pieces + me.piece + 1, by: who }));
  return { ...world, requests: [...world.requests, ...requests] };
};

/** The producer is replaced; what it had sent may still land. */
const notAnswered = (turn: Turn): World => {
  const { world, me, setting: { rules } } = turn;
  const rest = { ...costs(world), requests: abandoned(turn) };
  if (!rules.sameRecordsAgain && !me.draining) return become(turn, { at: 'ready', answered: [] }, rest);
  return requested(after(turn, become(turn, { answered: [] }, rest)));
};

/** Requests land in any order; one that nobody waits for may also never land. */
export const landing = (world: World, setting: Turn['setting']): readonly Step[] =>
  world.requests.flatMap((request, i) => {
    const { target, origin, seq, by } = request;
    const name = `${origin}/${seq} of target ${target}`;
    const requests = world.requests.filter((_, other) => other !== i);
    const lands = () => {
      const landed = { ...world, requests, readers: land(world, request, setting.rules) };
      return by === undefined ? landed : answered({ world: landed, who: by, me: landed.workers[by]!, setting }, target);
    };
    return by === undefined ? [{ name: `late: ${name} lands`, then: lands }, { name: `late: ${name} is lost`, then: () => ({ ...world, requests }) }] : [{ name: `${name} lands`, then: lands }];
  });

const answered = (turn: Turn, target: number): World => {
  const { world, me, setting: { rules, size } } = turn;
  const all = [...me.answered, target].sort();
  if (all.length < TARGETS.length && rules.everyPartitionAnswered) return become(turn, { answered: all });
  const requests = abandoned(turn);
  const piece = me.piece + 1;
  if (piece < size.pieces) return requested(after(turn, become(turn, { piece, answered: [] }, { requests })));
  const done: Partial<Worker> = { piece: 0, answered: [], draining: false };
  if (me.draining && rules.pendingFirst) return become(turn, { ...done, at: 'drained' }, { requests });
  return become(turn, { ...done, at: 'ready', todo: me.todo.slice(1), acknowledged: [...me.acknowledged, me.todo[0]!.batch] }, { requests, rows: world.rows });
};
