import { asJson, asValue, evaluate, propertyOf, type Explanation, type Json, type Sight, type Value } from '@touchpoint/conditions';
import { derivedId, formatDecimal, parseDecimal, type Decimal, type Instant } from '@touchpoint/kernel';
import { milliseconds, type Journey } from './journey-compile.ts';
import { waits, type SendStep } from './journey.ts';

/** One customer's walk through one journey, resting at a step that waits. Plain JSON. */
export type Run = Readonly<{
  id: string;
  journey: string;
  step: string;
  /** The time that the next wait counts from: of the entry event, then of whatever moved the run last. */
  clock: Instant;
  enteredAt: Instant;
  /** messageId of the event that started it. */
  cause: string;
  /** What later steps look at in that event, by path. */
  entry: Readonly<Record<string, Kept>>;
  timer: Readonly<{ id: string; dueAt: Instant }> | null;
  /** The command of each step that sent. */
  sent: Readonly<Record<string, string>>;
  /** How often each step was taken that waits or sends. */
  visits: Readonly<Record<string, number>>;
}>;
/** A kept value; an exact decimal stays one. */
type Kept = Json | Readonly<{ decimal: string }>;

/** Longest that the kept values of a resting run may be, in characters of JSON. Beyond it the longest go first: what needed them is held, and says so. */
export const MAX_KEPT = 4_096;

/** The start of a run. The same customer, journey and cause give the same run. */
export const startRun = (journey: Journey, customerId: string, cause: Readonly<{ key: string; messageId: string; at: Instant; data: unknown }>): Run => ({
  id: derivedId('run', customerId, journey.document.id, cause.key),
  journey: journey.document.id,
  step: journey.first,
  clock: cause.at,
  enteredAt: cause.at,
  cause: cause.messageId,
  entry: Object.fromEntries(journey.needs.get(journey.first)!.flatMap((path) => kept(path, propertyOf(cause.data, path)))),
  timer: null,
  sent: {},
  visits: {},
});

const kept = (path: string, value: unknown): readonly (readonly [string, Kept])[] => {
  if (value === undefined) return [];
  return [[path, typeof value === 'bigint' ? { decimal: formatDecimal(value as Decimal) } : asJson(value)]];
};
const isDecimal = (value: Kept | undefined): value is Readonly<{ decimal: string }> => typeof value === 'object' && value !== null && Object.keys(value).join() === 'decimal';

/** What a condition sees of the run's entry event. */
export const entryValue = (run: Run, path: string): Value => {
  const value = run.entry[path];
  return isDecimal(value) ? parseDecimal(value.decimal) : asValue(value);
};
/** A template's variable from the run's entry event; null: it is not there. */
export const entryJson = (run: Run, path: string): Json => {
  const value = run.entry[path];
  return isDecimal(value) ? value.decimal : (value ?? null);
};

/** What a run does next at its step. `goes` with `why` where something was looked at. */
export type Turn =
  | Readonly<{ kind: 'rests'; run: Run }>
  | Readonly<{ kind: 'goes'; next: string; why: Explanation }>
  | Readonly<{ kind: 'sends'; step: SendStep; commandId: string; run: Run }>
  | Readonly<{ kind: 'ends'; reason: string }>;

/** One step of a run. A step that waits rests with a timer; ids count visits, so that a loop never uses one twice. */
export const turn = (journey: Journey, run: Run, sight: Sight): Turn => {
  const step = journey.steps.get(run.step);
  if (!step) return { kind: 'ends', reason: 'unpublished' };
  switch (step.type) {
    case 'exit': return { kind: 'ends', reason: step.reason ?? 'completed' };
    case 'branch': {
      const why = evaluate(step.if, sight);
      return { kind: 'goes', next: why.holds ? step.then : step.else, why };
    }
    case 'wait':
    case 'waitFor': {
      const visited = visit(run);
      const dueAt = run.clock + milliseconds(step.type === 'wait' ? step.for : step.within);
      return { kind: 'rests', run: { ...visited, entry: bounded(run.entry, journey.needs.get(step.id)!), timer: { id: stepId('timer', visited), dueAt } } };
    }
    case 'send': {
      const visited = visit(run);
      return { kind: 'sends', step, commandId: stepId('command', visited), run: visited };
    }
  }
};

const visit = (run: Run): Run => ({ ...run, visits: { ...run.visits, [run.step]: (run.visits[run.step] ?? 0) + 1 } });
const stepId = (kind: string, run: Run): string => derivedId(kind, run.id, run.step, ...(run.visits[run.step]! > 1 ? [String(run.visits[run.step])] : []));

const bounded = (entry: Run['entry'], needs: readonly string[]): Run['entry'] => {
  let left = Object.entries(entry).filter(([path]) => needs.includes(path));
  while (left.length && JSON.stringify(left).length > MAX_KEPT) {
    const longest = left.reduce((a, b) => (JSON.stringify(b).length > JSON.stringify(a).length ? b : a));
    left = left.filter((one) => one !== longest);
  }
  return Object.fromEntries(left);
};

/** An event that may move or end a run. `commandId`: the message that it is about. */
export type HappenedEvent = Readonly<{ type: string; at: Instant; data: unknown; commandId: string | null; /** What tells it from others of its cause. */ key?: string }>;

/** Does the event that a run waits for match, and why? undefined: the run does not wait for it. */
export const awaited = (journey: Journey, run: Run, event: HappenedEvent, sight: Sight): Readonly<{ next: string; why: Explanation | null }> | undefined => {
  const step = journey.steps.get(run.step);
  if (step?.type !== 'waitFor' || !step.events.includes(event.type)) return undefined;
  if (step.of !== undefined && (event.commandId === null || event.commandId !== run.sent[step.of])) return undefined;
  if (step.of === undefined && event.at < run.clock) return undefined;
  if (step.same !== undefined && !sameValue(run, event, step.same)) return undefined;
  const why = step.where ? evaluate(step.where, sight) : null;
  return why && !why.holds ? undefined : { next: step.then, why };
};

/** Does an event end the run? Only one that happened after its entry does. */
export const ended = (journey: Journey, run: Run, event: HappenedEvent, sight: Sight): Readonly<{ why: Explanation | null }> | undefined => {
  if (event.at < run.enteredAt) return undefined;
  for (const exit of journey.exits.get(event.type) ?? []) {
    if (exit.same !== undefined && !sameValue(run, event, exit.same)) continue;
    const why = exit.where ? evaluate(exit.where, sight) : null;
    if (!why || why.holds) return { why };
  }
  return undefined;
};

const sameValue = (run: Run, event: HappenedEvent, path: string): boolean => {
  const value = propertyOf(event.data, path);
  return value !== undefined && entryValue(run, path) === asValue(value);
};

/** Where the run goes when its timer is due. undefined: its step does not wait any more, since the journey was changed. */
export const timedOut = (journey: Journey, run: Run): string | undefined => {
  const step = journey.steps.get(run.step);
  return step && waits(step) ? (step.type === 'wait' ? step.next : step.else) : undefined;
};
