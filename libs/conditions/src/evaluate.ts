import { formatDecimal, parseDecimal, parseDuration, toIso, type Decimal } from '@touchpoint/kernel';
import { isAnniversary, isToday } from './calendar.ts';
import { MARKETING, TESTS, type Condition, type Leaf, type Sight, type Tests, type Value } from './condition.ts';
import { measureText } from './measure-text.ts';
import { versionOrder } from './version-order.ts';

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
  return explained(condition, sight);
};

/** Whether a condition holds, and no more: looks no further than it has to. */
export const holds = (condition: Condition, sight: Sight): boolean => {
  if ('all' in condition) return condition.all.every((one) => holds(one, sight));
  if ('any' in condition) return condition.any.some((one) => holds(one, sight));
  if ('not' in condition) return !holds(condition.not, sight);
  return leafHolds(condition, sight);
};

/** The value that a leaf's tests look at; a leaf without tests has none. */
export const seenBy = (leaf: Leaf, sight: Sight): Value => {
  if ('measure' in leaf) return sight.measure(leaf.measure);
  if ('event' in leaf) return sight.event(leaf.event);
  if ('trait' in leaf) return sight.trait(leaf.trait);
  if ('did' in leaf) return sight.did(leaf.did);
  return undefined;
};

/** Does a leaf hold, given a sight, whatever else is looked at? */
export const leafHolds = (leaf: Leaf, sight: Sight): boolean => {
  if ('consent' in leaf) return sight.consent(leaf.consent.channel, leaf.consent.purpose ?? MARKETING) === (leaf.is ?? 'granted');
  if ('reachable' in leaf) return sight.reachable(leaf.reachable);
  if ('segment' in leaf) return sight.member(leaf.segment);
  if ('today' in leaf) return isToday(leaf.today, sight.at, sight.zone);
  return testsHold(leaf, seenBy(leaf, sight), sight);
};

const explained = (leaf: Leaf, sight: Sight): Explanation => {
  const outcome = leafHolds(leaf, sight);
  if ('consent' in leaf) {
    const { channel, purpose = MARKETING } = leaf.consent;
    return { look: `consent ${channel} ${purpose}`, saw: sight.consent(channel, purpose), want: { is: leaf.is ?? 'granted' }, holds: outcome };
  }
  if ('reachable' in leaf) return { look: `reachable ${leaf.reachable}`, saw: outcome, want: { is: true }, holds: outcome };
  if ('segment' in leaf) return { look: `segment ${leaf.segment}`, saw: outcome, want: { is: true }, holds: outcome };
  if ('today' in leaf) return { look: 'today', saw: outcome, want: { ...leaf.today, at: toIso(sight.at), zone: sight.zone }, holds: outcome };
  const { look, tests } = looked(leaf);
  return { look, saw: shown(seenBy(leaf, sight)), want: usesTime(leaf) ? { ...tests, at: toIso(sight.at) } : tests, holds: outcome };
};

const looked = (leaf: Extract<Leaf, Tests>): Readonly<{ look: string; tests: Tests }> => {
  if ('measure' in leaf) {
    const { measure, ...tests } = leaf;
    return { look: `measure ${measure}`, tests };
  }
  if ('event' in leaf) {
    const { event, ...tests } = leaf;
    return { look: `event ${event}`, tests };
  }
  if ('trait' in leaf) {
    const { trait, ...tests } = leaf;
    return { look: `trait ${trait}`, tests };
  }
  const { did, ...tests } = leaf;
  return { look: measureText(did), tests };
};

const testsHold = (tests: Tests, value: Value, sight: Sight): boolean => TESTS.every((test) => tests[test] === undefined || outcome(test, tests, value, sight));

const usesTime = (leaf: Extract<Leaf, Tests>): boolean => leaf.within !== undefined || leaf.olderThan !== undefined || leaf.anniversaryIn !== undefined || ('did' in leaf && leaf.did.within !== undefined);
const shown = (value: Value): string | number | boolean | null => (typeof value === 'bigint' ? formatDecimal(value as Decimal) : (value ?? null));

const outcome = (test: keyof Tests, tests: Tests, value: Value, { at, zone }: Sight): boolean => {
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
    case 'anniversaryIn': return isAnniversary(value, tests.anniversaryIn!, at, zone);
  }
};

const same = (value: Value, wanted: string | number | boolean): boolean =>
  typeof value === 'bigint' ? typeof wanted !== 'boolean' && parseDecimal(wanted) === value : value === wanted;

/** −1, 0 or 1; NaN where the two cannot be compared, which no test holds for. Texts are compared as versions. */
const order = (value: Value, wanted: number | string): number => {
  if (typeof value === 'string' && typeof wanted === 'string') return versionOrder(value, wanted);
  const other = typeof value === 'bigint' ? parseDecimal(wanted) : typeof wanted === 'number' ? wanted : Date.parse(wanted);
  if ((typeof value !== 'number' && typeof value !== 'bigint') || other === undefined || Number.isNaN(other)) return NaN;
  return value < other ? -1 : value > other ? 1 : 0;
};
