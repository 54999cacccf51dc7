import { formatDecimal, parseDecimal, parseDuration, toIso, type Decimal } from '@touchpoint/kernel';
import { MARKETING, TESTS, type Condition, type Sight, type Tests, type Value } from './condition.ts';

/** What a leaf or a group came to, with the value that each leaf saw. Plain JSON, made to be kept on the log. */
export type Explanation =
  | Readonly<{ all: readonly Explanation[]; holds: boolean }>
  | Readonly<{ any: readonly Explanation[]; holds: boolean }>
  | Readonly<{ not: Explanation; holds: boolean }>
  | Readonly<{ look: string; saw: string | number | boolean | null; want: Readonly<Record<string, unknown>>; holds: boolean }>;

/** Evaluates a condition. Every leaf is looked at, also where the outcome is clear before, so that the explanation is whole. */
export const evaluate = (condition: Condition, sight: Sight): Explanation => {
  if ('all' in condition) {
    const all = condition.all.map((one) => evaluate(one, sight));
    return { all, holds: all.every((one) => one.holds) };
  }
  if ('any' in condition) {
    const any = condition.any.map((one) => evaluate(one, sight));
    return { any, holds: any.some((one) => one.holds) };
  }
  if ('not' in condition) {
    const not = evaluate(condition.not, sight);
    return { not, holds: !not.holds };
  }
  if ('consent' in condition) {
    const { channel, purpose = MARKETING } = condition.consent;
    const saw = sight.consent(channel, purpose);
    const is = condition.is ?? 'granted';
    return { look: `consent ${channel} ${purpose}`, saw, want: { is }, holds: saw === is };
  }
  if ('reachable' in condition) {
    const saw = sight.reachable(condition.reachable);
    return { look: `reachable ${condition.reachable}`, saw, want: { is: true }, holds: saw };
  }
  if ('measure' in condition) {
    const { measure, ...tests } = condition;
    return leaf(`measure ${measure}`, sight.measure(measure), tests, sight.at);
  }
  const { event, ...tests } = condition;
  return leaf(`event ${event}`, sight.event(event), tests, sight.at);
};

const leaf = (look: string, value: Value, tests: Tests, at: number): Explanation => ({
  look,
  saw: shown(value),
  want: usesTime(tests) ? { ...tests, at: toIso(at) } : tests,
  holds: TESTS.every((test) => tests[test] === undefined || outcome(test, tests, value, at)),
});

const usesTime = (tests: Tests): boolean => tests.within !== undefined || tests.olderThan !== undefined;
const shown = (value: Value): string | number | boolean | null => (typeof value === 'bigint' ? formatDecimal(value as Decimal) : (value ?? null));

const outcome = (test: keyof Tests, tests: Tests, value: Value, at: number): boolean => {
  if (test === 'exists') return (value !== undefined && value !== null) === tests.exists;
  if (value === undefined || value === null) return false;
  switch (test) {
    case 'equals': return same(value, tests.equals!);
    case 'oneOf': return tests.oneOf!.some((one) => same(value, one));
    case 'lessThan': return order(value, tests.lessThan!) === -1;
    case 'atMost': return [-1, 0].includes(order(value, tests.atMost!));
    case 'moreThan': return order(value, tests.moreThan!) === 1;
    case 'atLeast': return [0, 1].includes(order(value, tests.atLeast!));
    case 'within': return typeof value === 'number' && at - value <= parseDuration(tests.within!)!;
    case 'olderThan': return typeof value === 'number' && at - value >= parseDuration(tests.olderThan!)!;
  }
};

const same = (value: Value, wanted: string | number | boolean): boolean =>
  typeof value === 'bigint' ? typeof wanted !== 'boolean' && parseDecimal(wanted) === value : value === wanted;

/** −1, 0 or 1; NaN where the two cannot be compared, which no test holds for. */
const order = (value: Value, wanted: number | string): number => {
  const other = typeof value === 'bigint' ? parseDecimal(wanted) : typeof wanted === 'number' ? wanted : Date.parse(wanted);
  if ((typeof value !== 'number' && typeof value !== 'bigint') || other === undefined || Number.isNaN(other)) return NaN;
  return value < other ? -1 : value > other ? 1 : 0;
};
