import { asValue, evaluate, propertyOf } from '@touchpoint/conditions';
import { awaited, ended, entryValue, startRun, timedOut, turn, type HappenedEvent, type Journey, type Run } from '@touchpoint/journeys';
import { derivedId, type Instant } from '@touchpoint/kernel';
import type { Emission } from './emission.ts';
import { decideMessage, purposeOf } from './message.policy.ts';
import type { Published } from './published.ts';
import { sightOf } from './sight.ts';
import { MAX_JOURNEYS, MAX_KEYS, MAX_RUNS, type CustomerState, type Remembered } from './state.ts';

/** What a decision works with: the set in force and what it emits. */
export type Deciding = Readonly<{ published: Published; out: Emission }>;

const runSight = (state: CustomerState, run: Run, { published, out }: Deciding) => sightOf(state, out.cause.now, published, (path) => entryValue(run, path));
const without = (state: CustomerState, run: Run): CustomerState => ({ ...state, runs: state.runs.filter(({ id }) => id !== run.id) });
const of = ({ id, journey }: Run) => ({ runId: id, journeyId: journey });
const looked = (why: unknown): string | null => (why === null ? null : JSON.stringify({ if: why }));
const causeText = ({ out: { cause } }: Deciding): Readonly<Record<string, unknown>> => ({ type: cause.type, messageId: cause.messageId });

/** Takes a run from its step to where it rests or ends. The run is not (any more) among those of `state`. */
export const carryOn = (state: CustomerState, journey: Journey, started: Run, deciding: Deciding): CustomerState => {
  const { published, out } = deciding;
  const { partition, offset: causeOffset, customerId, now } = out.cause;
  const names = { runId: started.id, journeyId: started.journey, setNumber: published.setNumber };
  let run: Run = { ...started, timer: null };
  for (let taken = 0; taken <= journey.steps.size; taken++) {
    const next = turn(journey, run, runSight(state, run, deciding));
    switch (next.kind) {
      case 'ends':
        exit(run, next.reason, null, deciding);
        return state;
      case 'goes':
        out.moved({ ...of(run), move: 'advanced', stepId: run.step, nextStepId: next.next, why: JSON.stringify({ if: next.why }) });
        run = { ...run, step: next.next };
        break;
      case 'rests':
        if (state.runs.length >= MAX_RUNS) {
          exit(next.run, 'too many runs', null, deciding);
          return state;
        }
        out.set.push({ timerId: next.run.timer!.id, runId: run.id, journeyId: run.journey, stepId: run.step, dueAt: next.run.timer!.dueAt, historical: false });
        return { ...state, runs: [...state.runs, next.run] };
      case 'sends': {
        const { step, commandId } = next;
        const { held, contactPoint, notAfter, variables, looked } = decideMessage(state, run, step, published.templates.get(step.template), now);
        const about = { ...names, commandId, stepId: step.id, channel: step.channel, templateId: step.template, messageClass: step.class };
        out.fact({ type: 'MessageDecided', data: { ...about, causeOffset, verdict: held ? 'hold' : 'send', reason: held, contactPoint, why: JSON.stringify({ cause: causeText(deciding), ...looked }) } });
        if (held === null) {
          out.command({ type: 'SendMessage', data: {
            ...about, customerId, contactPoint: contactPoint!, purpose: purposeOf(step), guarantee: step.guarantee, notAfter, decidedPartition: partition, decidedOffset: causeOffset, variables: JSON.stringify(variables), link: step.link ?? null,
          } });
          run = { ...next.run, step: step.next, clock: Math.max(run.clock, now), sent: { ...run.sent, [step.id]: commandId } };
        } else run = { ...next.run, step: step.ifHeld ?? step.next };
      }
    }
  }
  throw new Error(`journey ${journey.document.id} of set ${published.setNumber} goes round without waiting: it was published unchecked`);
};

const exit = (run: Run, reason: string, why: unknown, { out }: Deciding): void => out.moved({ ...of(run), move: 'exited', stepId: run.step, reason, why: looked(why) });

/** Ends a run that rests, and cancels its timer. */
export const endRun = (state: CustomerState, run: Run, reason: string, deciding: Deciding, why: unknown = null): CustomerState => {
  if (run.timer) deciding.out.cancelled.push(run.timer.id);
  exit(run, reason, why, deciding);
  return without(state, run);
};

/** Ends or moves the runs that an event concerns. History only ends: a message never follows from it. */
export const moveRuns = (before: CustomerState, event: HappenedEvent, deciding: Deciding): CustomerState => {
  let state = before;
  for (const run of before.runs) {
    const journey = deciding.published.journeys.get(run.journey);
    if (!journey?.watched.has(event.type)) continue;
    const sight = sightOf(state, deciding.out.cause.now, deciding.published, (path) => asValue(propertyOf(event.data, path)));
    const exits = ended(journey, run, event, sight);
    if (exits) {
      state = endRun(state, run, 'exit event', deciding, exits.why);
      continue;
    }
    const match = deciding.out.cause.historical ? undefined : awaited(journey, run, event, sight);
    if (match) state = carryOn(leaveRest(state, run, match.next, { event: event.type, if: match.why }, deciding), journey, { ...run, step: match.next, clock: Math.max(run.clock, event.at) }, deciding);
  }
  return state;
};

/** Takes a run off its rest: its timer is cancelled unless it is what fired. */
const leaveRest = (state: CustomerState, run: Run, next: string, why: object, { out }: Deciding, fired = false): CustomerState => {
  if (run.timer && !fired) out.cancelled.push(run.timer.id);
  out.moved({ ...of(run), move: 'advanced', stepId: run.step, nextStepId: next, why: JSON.stringify(why) });
  return without(state, run);
};

/** A timer is due. One that no run rests with any more decides nothing. */
export const fireTimer = (state: CustomerState, timerId: string, historical: boolean, deciding: Deciding): CustomerState => {
  const run = state.runs.find(({ timer }) => timer?.id === timerId);
  if (!run) return state;
  const spent = { ...run, timer: null };
  if (historical) return endRun(state, spent, 'historical', deciding);
  const journey = deciding.published.journeys.get(run.journey);
  const next = journey && timedOut(journey, run);
  if (!journey || next === undefined) return endRun(state, spent, 'unpublished', deciding);
  return carryOn(leaveRest(state, run, next, { timer: { dueAt: run.timer!.dueAt } }, deciding, true), journey, { ...run, step: next, clock: run.timer!.dueAt }, deciding);
};

/**
 * What a cause did to memberships, as events for journeys, each behind what came before it. Whoever was only found in a segment starts nothing: that is no news of the
 * customer. Nor does anybody of whom only history is known, not even when time moves them.
 */
export const followSegments = (before: CustomerState, deciding: Deciding): CustomerState => {
  if (before.absorbed || before.erased !== null) return before;
  return deciding.out.segmentMoves.reduce((state, { type, at, segmentId, initial }) => {
    const event: HappenedEvent = { type, at, data: { segmentId }, commandId: null, key: `${type}/${segmentId}/${at}` };
    const moved = moveRuns(state, event, deciding);
    return initial || !state.review.lived ? moved : enterJourneys(moved, event, deciding);
  }, before);
};

/** Starts the runs that an event enters. */
export const enterJourneys = (before: CustomerState, event: HappenedEvent, deciding: Deciding): CustomerState => {
  let state = before;
  for (const journey of deciding.published.entries.get(event.type) ?? []) {
    const { where } = journey.document.entry;
    const why = where ? evaluate(where, sightOf(state, deciding.out.cause.now, deciding.published, (path) => asValue(propertyOf(event.data, path)))) : null;
    if (!why || why.holds) state = enter(state, journey, event, why, deciding);
  }
  return state;
};

const enter = (state: CustomerState, journey: Journey, event: HappenedEvent, why: unknown, deciding: Deciding): CustomerState => {
  const { cause } = deciding.out;
  const { id, reentry } = journey.document;
  const memory = state.journeys[id] ?? {};
  const value = reentry.rule === 'oncePer' ? asValue(propertyOf(event.data, reentry.key)) : undefined;
  const key = value === undefined || value === null ? (event.key ?? `${cause.publisher}/${cause.messageId}`) : `${typeof value}:${String(value)}`;
  const run = startRun(journey, cause.customerId, { key, messageId: cause.messageId, at: event.at, data: event.data });
  switch (reentry.rule) {
    case 'always': return begin(state, journey, run, why, deciding) ?? state;
    case 'oncePer': {
      const digest = derivedId('key', id, key).slice(0, 13);
      const begun = memory.keys?.includes(digest) ? undefined : begin(state, journey, run, why, deciding);
      return begun === undefined ? state : remember(begun, id, { ...memory, keys: [...(memory.keys ?? []), digest].slice(-MAX_KEYS) }, deciding);
    }
    case 'restart': return memory.latest !== undefined && memory.latest >= event.at ? state : restart(state, journey, run, why, deciding);
  }
};

/** Ends the run of this journey that is on its way, if any, and begins the newer one. */
export const restart = (before: CustomerState, journey: Journey, run: Run | null, why: unknown, deciding: Deciding, at: Instant = run!.enteredAt): CustomerState => {
  const { id } = journey.document;
  let state = before;
  for (const old of before.runs) if (old.journey === id) state = endRun(state, old, 'restarted', deciding);
  if (run) state = begin(state, journey, run, why, deciding) ?? state;
  return remember(state, id, { ...state.journeys[id], latest: at }, deciding);
};

/** Begins a run; undefined: it does not begin. History begins none: no message follows from it, not even by a timer (docs/adr/0010). */
const begin = (state: CustomerState, journey: Journey, run: Run, why: unknown, deciding: Deciding): CustomerState | undefined => {
  const { out } = deciding;
  if (out.cause.historical) return undefined;
  out.moved({ ...of(run), move: 'entered', why: looked(why) });
  return carryOn(state, journey, run, deciding);
};

/** Beyond the bound, journeys that are not published any more are forgotten first. */
const remember = (state: CustomerState, id: string, memory: Remembered, { published }: Deciding): CustomerState => {
  const journeys = { ...state.journeys, [id]: memory };
  const ids = Object.keys(journeys);
  if (ids.length > MAX_JOURNEYS) delete journeys[ids.find((one) => one !== id && !published.journeys.has(one)) ?? ids.find((one) => one !== id)!];
  return { ...state, journeys };
};
