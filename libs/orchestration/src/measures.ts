import type { Instant } from '@touchpoint/kernel';

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
  'messages.lastOpenedAt': { kind: 'instant', merge: 'max', doc: 'When a message was opened or clicked last, by a person as far as known.' },
} as const satisfies Readonly<Record<string, Measure>>;
export type MeasureName = keyof typeof MEASURES;
/** The measures of one timeline. One that is not there was never touched. */
export type Measures = Readonly<Partial<Record<MeasureName, number>>>;

/** The kinds of the measures, for whoever checks conditions. */
export const MEASURE_KINDS: Readonly<Record<MeasureName, 'number' | 'instant'>> = Object.fromEntries(Object.entries(MEASURES).map(([name, { kind }]) => [name, kind])) as Record<MeasureName, 'number' | 'instant'>;

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
