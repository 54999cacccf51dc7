import { DAY, parseDecimal, parseDuration } from '@touchpoint/kernel';
import { isDate } from './calendar.ts';
import { leavesOf, TESTS, type Condition, type EventMeasure, type EventTerm, type EventTest, type Leaf, type MeasureTest, type Tests, type TodayTest } from './condition.ts';
import { eventNames, propertyKind } from './event-property.ts';

/** What is wrong with a document, for its author: where (a JSON pointer) and what to do about it. */
export type Issue = Readonly<{ path: string; message: string }>;

/** What sort of value a name stands for. `any` is a property that nobody declared; `personal` and `list` cannot be compared. */
export type Kind = 'text' | 'version' | 'number' | 'decimal' | 'instant' | 'boolean' | 'any' | 'list' | 'personal';

/** The names that a condition may use. `event` answers undefined for a path that the event does not have; null in its place: there is no event at hand. */
export type Vocabulary = Readonly<{ measures: Readonly<Record<string, Kind>>; segments: ReadonlySet<string>; event: ((path: string) => Kind | undefined) | null }>;

/** Longest that a condition may look back: what lies further is not kept one by one. */
export const MAX_WINDOW = 3_660 * DAY;
/** Most days that an anniversary may lie ahead. */
const MAX_DAYS_AHEAD = 366;

/** The tests that make sense for a kind of value. */
const ORDER: readonly (keyof Tests)[] = ['lessThan', 'atMost', 'moreThan', 'atLeast'];
const FITS: Readonly<Record<Kind, readonly (keyof Tests)[]>> = {
  text: ['exists', 'equals', 'oneOf'],
  version: ['exists', 'equals', 'oneOf', ...ORDER],
  number: ['exists', 'equals', 'oneOf', ...ORDER],
  decimal: ['exists', 'equals', 'oneOf', ...ORDER],
  instant: ['exists', ...ORDER, 'within', 'olderThan', 'anniversaryIn'],
  boolean: ['exists', 'equals'],
  any: ['exists', 'equals', 'oneOf', ...ORDER],
  list: ['exists'],
  personal: ['exists'],
};

/** A trait that nobody declared: text, number, date or truth value. */
const TRAIT: readonly (keyof Tests)[] = [...FITS.any, 'anniversaryIn'];

/** Checks the names and the tests of a condition that has passed the JSON Schema. */
export const checkCondition = (condition: Condition, vocabulary: Vocabulary, path = ''): readonly Issue[] => leavesOf(condition, path).flatMap(([leaf, at]) => checkLeaf(leaf, vocabulary, at));

const checkLeaf = (leaf: Leaf, vocabulary: Vocabulary, at: string): readonly Issue[] => {
  if ('measure' in leaf) return checkMeasure(leaf, vocabulary, at);
  if ('event' in leaf) return checkEvent(leaf, vocabulary, at);
  if ('trait' in leaf) return checkTests(leaf, leaf.trait, 'any', at, TRAIT);
  if ('did' in leaf) return [...checkMeasured(leaf.did, vocabulary, `${at}/did`), ...checkTests(leaf, `did ${leaf.did.event}`, measuredKind(leaf.did), at)];
  if ('segment' in leaf) return vocabulary.segments.has(leaf.segment) ? [] : [{ path: `${at}/segment`, message: `there is no segment "${leaf.segment}"; there are ${[...vocabulary.segments].join(', ') || 'none'}` }];
  if ('today' in leaf) return checkToday(leaf, at);
  return [];
};

const checkMeasure = (leaf: MeasureTest, { measures }: Vocabulary, at: string): readonly Issue[] => {
  const kind = Object.hasOwn(measures, leaf.measure) ? measures[leaf.measure] : undefined;
  return kind ? checkTests(leaf, leaf.measure, kind, at) : [{ path: `${at}/measure`, message: `there is no measure "${leaf.measure}"; there are ${Object.keys(measures).join(', ')}` }];
};

const checkEvent = (leaf: EventTest, { event }: Vocabulary, at: string): readonly Issue[] => {
  if (!event) return [{ path: `${at}/event`, message: 'there is no event to look at here; ask for a measure, for what was done (did), consent or reachable' }];
  const kind = event(leaf.event);
  return kind ? checkTests(leaf, leaf.event, kind, at) : [{ path: `${at}/event`, message: `the event has no property "${leaf.event}"; what publishers add themselves is below properties, such as properties.${leaf.event}` }];
};

const checkToday = ({ today }: TodayTest, at: string): readonly Issue[] => [
  ...(['from', 'until'] as const).flatMap((name) => (today[name] === undefined || isDate(today[name]) ? [] : [{ path: `${at}/today/${name}`, message: 'a date is written as 2026-12-24' }])),
  ...(today.from !== undefined && today.until !== undefined && today.from > today.until ? [{ path: `${at}/today`, message: 'ends before it begins' }] : []),
];

/** What an event measure comes to. */
const measuredKind = ({ take, sum }: EventMeasure): Kind => (take ? 'instant' : sum === undefined ? 'number' : 'decimal');

const checkMeasured = (measure: EventMeasure, vocabulary: Vocabulary, at: string): readonly Issue[] => {
  const { take, sum, less = [], within, from, until, then } = measure;
  const fault = (path: string, message: string): Issue => ({ path: `${at}${path}`, message });
  const instant = (name: 'from' | 'until'): readonly Issue[] => (measure[name] === undefined || !Number.isNaN(Date.parse(measure[name])) ? [] : [fault(`/${name}`, 'an ISO 8601 instant is expected, such as 2026-01-31T00:00:00Z')]);
  return [
    ...checkTerm(measure, vocabulary, at),
    ...less.flatMap((term, i) => [
      ...checkTerm(term, vocabulary, `${at}/less/${i}`),
      ...((term.sum === undefined) === (sum === undefined) ? [] : [fault(`/less/${i}`, 'is counted where the other is summed: give both a sum, or neither')]),
    ]),
    ...(take && (sum !== undefined || less.length > 0) ? [fault('/take', 'is when it was: it has no sum, and nothing is taken off')] : []),
    ...checkWindow(within, `${at}/within`),
    ...instant('from'),
    ...instant('until'),
    ...(from !== undefined && until !== undefined && Date.parse(from) >= Date.parse(until) ? [fault('/until', 'lies before from')] : []),
    ...(within !== undefined && (from !== undefined || until !== undefined) ? [fault('/within', 'counts back from now, from and until stand fast: use one or the other')] : []),
    ...(then ? [
      ...checkTerm(then, vocabulary, `${at}/then`),
      ...checkWindow(then.within, `${at}/then/within`),
      ...(within === undefined ? [fault('/within', 'is needed with then: how far back is looked for the two')] : []),
      ...(sum !== undefined || less.length > 0 ? [fault('/then', 'is counted: it has no sum, and nothing is taken off')] : []),
    ] : []),
  ];
};

const checkWindow = (duration: string | undefined, path: string): readonly Issue[] => {
  if (duration === undefined) return [];
  const length = parseDuration(duration) ?? 0;
  return length > 0 && length <= MAX_WINDOW ? [] : [{ path, message: 'must be longer than nothing and at most ten years, such as P30D' }];
};

const NUMBERS: readonly Kind[] = ['number', 'decimal', 'any'];
const checkTerm = ({ event, where, sum }: EventTerm, vocabulary: Vocabulary, at: string): readonly Issue[] => {
  if (!eventNames().includes(event)) return [{ path: `${at}/event`, message: `there is no event "${event}"; there are ${eventNames().join(', ')}. An event without a name of its own is Tracked, with a condition on its name` }];
  const kind = sum === undefined ? 'number' : propertyKind(event, sum);
  return [
    ...(where ? checkFilter(where, { ...vocabulary, event: (path) => propertyKind(event, path) }, `${at}/where`) : []),
    ...(kind === undefined || !NUMBERS.includes(kind) ? [{ path: `${at}/sum`, message: kind ? `"${sum}" of ${event} is ${kind}: it cannot be added up` : `${event} has no property "${sum}"` }] : []),
  ];
};

/** An event is counted once, when it happens: what it is counted by may be nothing but its own properties. */
const checkFilter = (where: Condition, vocabulary: Vocabulary, path: string): readonly Issue[] =>
  leavesOf(where, path).flatMap(([leaf, at]) => {
    if (!('event' in leaf)) return [{ path: at, message: 'only properties of the event can be asked for here' }];
    const timed = leaf.within !== undefined || leaf.olderThan !== undefined || leaf.anniversaryIn !== undefined;
    return timed ? [{ path: at, message: 'what depends on the time that passes cannot be asked for here' }] : checkEvent(leaf, vocabulary, at);
  });

const checkTests = (tests: Tests, name: string, kind: Kind, at: string, fits = FITS[kind]): readonly Issue[] =>
  TESTS.filter((test) => tests[test] !== undefined).flatMap((test) => {
    const path = `${at}/${test}`;
    if (!fits.includes(test)) {
      const why = kind === 'personal' ? `"${name}" is personal and sealed` : `"${name}" is ${kind === 'instant' ? 'an' : 'a'} ${kind}`;
      return [{ path, message: `${why}: it can be tested with ${fits.join(', ')}, not with ${test}` }];
    }
    const wanted = fault(test, tests, kind);
    return wanted ? [{ path, message: `"${name}": ${wanted}` }] : [];
  });

const fault = (test: keyof Tests, tests: Tests, kind: Kind): string | undefined => {
  if (test === 'exists') return undefined;
  if (test === 'within' || test === 'olderThan') return parseDuration(tests[test]!) === undefined ? 'a duration is written as P30D or PT2H (weeks, days, hours, minutes, seconds)' : undefined;
  if (test === 'anniversaryIn') return Number.isInteger(tests.anniversaryIn) && tests.anniversaryIn! >= 0 && tests.anniversaryIn! <= MAX_DAYS_AHEAD ? undefined : `whole days, from 0 to ${MAX_DAYS_AHEAD}, are expected`;
  const given = test === 'oneOf' ? tests.oneOf! : [tests[test]!];
  return given.map((one) => wrongValue(one, kind)).find((message) => message !== undefined);
};

const wrongValue = (given: string | number | boolean, kind: Kind): string | undefined => {
  switch (kind) {
    case 'text': return typeof given === 'string' ? undefined : 'a text in quotes is expected';
    case 'version': return typeof given === 'string' && /^\d/.test(given) ? undefined : 'a version in quotes is expected, such as "4.2.0"';
    case 'number': return typeof given === 'number' ? undefined : 'a number without quotes is expected';
    case 'decimal': return typeof given !== 'boolean' && parseDecimal(given) !== undefined ? undefined : 'a decimal of at most six places is expected, such as "19.90"';
    case 'instant': return typeof given === 'string' && !Number.isNaN(Date.parse(given)) ? undefined : 'an ISO 8601 instant is expected, such as "2026-01-31T00:00:00Z"';
    case 'boolean': return typeof given === 'boolean' ? undefined : 'true or false is expected, without quotes';
    default: return undefined;
  }
};
