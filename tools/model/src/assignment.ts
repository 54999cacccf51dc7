import { abandoned, become, costs, deleted, fenced, gone, left, reopened, step, type Step, type Turn } from './turn.ts';
import type { At, World } from './world.ts';

/** Between two pieces of work: here a process notices that the partition is not its own any more, and an error finds nothing half done. */
const IDLE: readonly At[] = ['open', 'ready', 'holding', 'member'];
const FAILING: readonly At[] = ['raised', 'claimed', 'draining', 'drained', 'ready', 'holding'];

/** Joining, claiming, and all that can come between. */
export const assignment = (turn: Turn): readonly Step[] => [...group(turn), ...claim(turn), ...(turn.world.faults > 0 ? faults(turn) : [])];

const group = (turn: Turn): readonly Step[] => {
  const { world, who, me } = turn;
  const steps: Step[] = [];
  if (me.at === 'away' && !me.cut) steps.push(step(turn, 'joins the group', () => {
    const given = world.owner === undefined;
    return become(turn, { at: given ? 'open' : 'member', member: true, lease: true }, { owner: world.owner ?? who });
  }));
  if (!me.member && !me.cut && IDLE.includes(me.at))
    steps.push(step(turn, 'notices that it was evicted, and tidies up', () => gone(turn, left(turn), { rows: deleted(world.rows, me.acknowledged, turn.setting) })));
  if (me.member && me.cut) steps.push(step(turn, 'is evicted, being cut off', () => gone(turn, {})));
  return steps;
};

/** libs/log/src/partition-slot.ts `#open`, libs/store/src/checkpoint.ts `claimCheckpoint` and `sendAs`, then what the session's `sendPending` reads. */
const claim = (turn: Turn): readonly Step[] => {
  const { world, me, setting: { rules } } = turn;
  if (me.at === 'open') {
    if (rules.acceptedBeforeItRaises && !(me.member && (!me.cut || me.lease))) return [];
    const before = rules.raisesBeforeItReads ? {} : { next: world.next, sent: world.sent[me.release], todo: world.rows };
    return [step(turn, rules.raisesBeforeItReads ? 'may claim' : 'reads its row and what is pending', () => become(turn, { at: 'allowed', lease: me.lease && !me.cut, ...before }))];
  }
  if (me.at === 'allowed') return [step(turn, 'raises the version', () => raised(turn))];
  if (me.at === 'raised')
    return [step(turn, !me.newest ? 'finds another version' : me.cut ? 'cannot read the log' : 'reads its row', () => {
      if (!me.newest) return fenced(turn);
      if (me.cut) return become(turn, reopened(turn));
      const numbered = numberedAs(turn);
      return become(turn, { at: 'claimed', next: world.next, sent: numbered.sent[me.release] }, numbered);
    })];
  if (me.at === 'claimed') return [step(turn, 'reads what is pending', () => become(turn, { at: rules.pendingFirst && world.rows.length > 0 ? 'draining' : 'ready', todo: world.rows }))];
  return [];
};

const raised = (turn: Turn): World => {
  const { world, who, setting: { rules } } = turn;
  const [a, b] = world.workers;
  const workers: World['workers'] = who === 0 ? [a, { ...b, newest: false }] : [{ ...a, newest: false }, b];
  if (rules.raisesBeforeItReads) return become(turn, { at: 'raised', newest: true }, { workers });
  return become(turn, { at: turn.me.todo.length > 0 ? 'draining' : 'ready', newest: true }, { workers, ...numberedAs(turn) });
};

/** From now on numbers are given under its own origin. */
const numberedAs = ({ world: { origin, sent }, me: { release }, setting: { rules } }: Turn): Pick<World, 'origin' | 'sent'> => ({
  origin: release, sent: origin === release || rules.countersSetAside ? sent : { ...sent, [release]: 0 },
});

const faults = (turn: Turn): readonly Step[] => {
  const { world, me } = turn;
  const paid = costs(world);
  const steps: Step[] = [];
  const killed = (rest: Partial<World>) => gone(turn, { ...left(turn), newest: false, held: 0 }, { ...paid, ...rest, requests: abandoned(turn) });
  if (me.at !== 'away') steps.push(step(turn, 'is killed', () => killed({})));
  if (me.at === 'allowed') steps.push(step(turn, 'is killed, its claim on the way', () => killed({ lateClaim: true })));
  if (me.at === 'away') steps.push(step(turn, 'is started with another release', () => become(turn, { release: me.release === 1 ? 2 : 1 }, paid)));
  if (me.member && !me.cut && me.at !== 'member') steps.push(step(turn, 'is evicted and does not know', () => gone(turn, {}, paid)));
  if (me.member && !world.workers.some(({ cut }) => cut)) steps.push(step(turn, 'is cut off from Kafka', () => become(turn, { cut: true }, { ...paid, requests: abandoned(turn) })));
  if (FAILING.includes(me.at)) steps.push(step(turn, 'fails, and opens the partition again', () => become(turn, reopened(turn), paid)));
  return steps;
};

/** A claim that comes to Postgres behind the death of its process: nobody owns that version. */
export const lateClaim = (world: World): readonly Step[] => {
  if (!world.lateClaim) return [];
  const [a, b] = world.workers;
  return [
    { name: 'late: the claim of a killed process raises the version', then: () => ({ ...world, lateClaim: false, workers: [{ ...a, newest: false }, { ...b, newest: false }] }) },
    { name: 'late: the claim of a killed process is lost', then: () => ({ ...world, lateClaim: false }) },
  ];
};
