import { DAY, type Instant } from '@touchpoint/kernel';
import type { Kind, Value } from '@touchpoint/conditions';
import { latestOf, type ContextName, type KnownContext } from './app-context.ts';

/** How the measures of merged timelines become one. */
type Merge = 'sum' | 'min' | 'max';
type Measure = Readonly<{ kind: 'number' | 'instant'; merge: Merge; doc: string }>;

/** What is counted of each customer. Events are counted as they come, by the time they happened: a cancelled order stays counted as an order. */
export const MEASURES = {
  'orders.count': { kind: 'number', merge: 'sum', doc: 'Orders placed.' },
  'orders.firstAt': { kind: 'instant', merge: 'min', doc: 'When the first order was placed.' },
  'orders.lastAt': { kind: 'instant', merge: 'max', doc: 'When the last order was placed.' },
  'orders.cancelled': { kind: 'number', merge: 'sum', doc: 'Cancellations, whole or in part.' },
  'orders.refunded': { kind: 'number', merge: 'sum', doc: 'Returns and refunds, whole or in part.' },
  'app.opens': { kind: 'number', merge: 'sum', doc: 'How often the app was opened.' },
  'app.firstOpenedAt': { kind: 'instant', merge: 'min', doc: 'When the app was opened first.' },
  'app.lastOpenedAt': { kind: 'instant', merge: 'max', doc: 'When the app was opened last.' },
  'identity.knownAt': { kind: 'instant', merge: 'min', doc: 'When the customer was first known by an id of the shop (user), and not only by a device or an address.' },
  'messages.lastOpenedAt': { kind: 'instant', merge: 'max', doc: 'When a message was opened or clicked last, by a person as far as known.' },
} as const satisfies Readonly<Record<string, Measure>>;
export type MeasureName = keyof typeof MEASURES;
/** The measures of one timeline. One that is not there was never touched. */
export type Measures = Readonly<Partial<Record<MeasureName, number>>>;

/** What is known of the app and the device that the customer used last. */
const CONTEXT_KINDS: Readonly<Record<ContextName, Kind>> = { 'app.version': 'version', 'app.os': 'text', 'app.osVersion': 'version', 'app.deviceClass': 'text', 'app.locale': 'text', 'app.country': 'text', 'app.timeZone': 'text' };
/** Where a customer stands between coming and going: prospect (no order yet), new, active, lapsing, lapsed. */
export const LIFECYCLE = 'lifecycle';

/** The kinds of the measures, for whoever checks conditions. */
export const MEASURE_KINDS: Readonly<Record<string, Kind>> = { ...Object.fromEntries(Object.entries(MEASURES).map(([name, { kind }]) => [name, kind])), ...CONTEXT_KINDS, [LIFECYCLE]: 'text' };

/** Counts one more in every sum named, and takes its time into every other. */
export const counted = (measures: Measures, at: Instant, ...names: readonly MeasureName[]): Measures => {
  const next: Partial<Record<MeasureName, number>> = { ...measures };
  for (const name of names) {
    const { merge } = MEASURES[name];
    next[name] = merged(merge, measures[name], merge === 'sum' ? 1 : at);
  }
  return next;
};

const merged = (merge: Merge, a: number | undefined, b: number): number => {
  if (a === undefined) return b;
  return merge === 'sum' ? a + b : merge === 'min' ? Math.min(a, b) : Math.max(a, b);
};

/** One measure over all timelines of a customer. undefined: none has it; a sum is then 0. */
export const measured = (all: readonly Measures[], name: MeasureName): number | undefined => {
  const { merge } = MEASURES[name];
  const total = all.reduce<number | undefined>((sum, measures) => (measures[name] === undefined ? sum : merged(merge, sum, measures[name])), undefined);
  return total ?? (merge === 'sum' ? 0 : undefined);
};

export const isMeasure = (name: string): name is MeasureName => Object.hasOwn(MEASURES, name);

/** The measures of two timelines as those of one. */
export const joinedMeasures = (a: Measures, b: Measures): Measures => {
  const joined: Partial<Record<MeasureName, number>> = { ...a };
  for (const name of Object.keys(b).filter(isMeasure)) joined[name] = merged(MEASURES[name].merge, a[name], b[name]!);
  return joined;
};

/** What is measured of a timeline. */
export type Measured = Readonly<{ measures: Measures; context: KnownContext }>;

/** A measure over all timelines of a customer, as conditions and templates see it at an instant. undefined: it was never touched, or there is none of that name. */
export const measureValue = (parts: readonly Measured[], name: string, at: Instant): Value => {
  if (isMeasure(name)) return measured(parts.map(({ measures }) => measures), name);
  if (name === LIFECYCLE) return stageAt(parts, at);
  return latestOf(parts.map(({ context }) => context), name);
};

/** How long after the first order a customer is new, and after the last one still active, then lapsing. */
const [NEW, ACTIVE, LAPSING] = [30 * DAY, 90 * DAY, 180 * DAY];
const ordersOf = (parts: readonly Measured[]) => [measured(parts.map(({ measures }) => measures), 'orders.firstAt'), measured(parts.map(({ measures }) => measures), 'orders.lastAt')] as const;

const stageAt = (parts: readonly Measured[], at: Instant): string => {
  const [first, last] = ordersOf(parts);
  if (first === undefined || last === undefined) return 'prospect';
  if (at - first <= NEW) return 'new';
  if (at - last <= ACTIVE) return 'active';
  return at - last <= LAPSING ? 'lapsing' : 'lapsed';
};

/** The next instant after `at` at which a measure changes by time alone. */
export const measureChange = (parts: readonly Measured[], name: string, at: Instant): Instant | undefined => {
  if (name !== LIFECYCLE) return undefined;
  const [first, last] = ordersOf(parts);
  if (first === undefined || last === undefined) return undefined;
  return [first + NEW + 1, last + ACTIVE + 1, last + LAPSING + 1].filter((change) => change > at).sort((a, b) => a - b)[0];
};
