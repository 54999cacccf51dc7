import { parseDecimal, parseDuration } from '@touchpoint/kernel';
import { leavesOf, TESTS, type Condition, type EventTest, type MeasureTest, type Tests } from './condition.ts';

/** What is wrong with a document, for its author: where (a JSON pointer) and what to do about it. */
export type Issue = Readonly<{ path: string; message: string }>;

/** What sort of value a name stands for. `any` is a property that nobody declared; `personal` and `list` cannot be compared. */
export type Kind = 'text' | 'number' | 'decimal' | 'instant' | 'boolean' | 'any' | 'list' | 'personal';

/** The names that a condition may use. `event` answers undefined for a path that the event does not have; null in its place: there is no event at hand. */
export type Vocabulary = Readonly<{ measures: Readonly<Record<string, Kind>>; event: ((path: string) => Kind | undefined) | null }>;

/** The tests that make sense for a kind of value. */
const ORDER: readonly (keyof Tests)[] = ['lessThan', 'atMost', 'moreThan', 'atLeast'];
const FITS: Readonly<Record<Kind, readonly (keyof Tests)[]>> = {
  text: ['exists', 'equals', 'oneOf'],
  number: ['exists', 'equals', 'oneOf', ...ORDER],
  decimal: ['exists', 'equals', 'oneOf', ...ORDER],
  instant: ['exists', ...ORDER, 'within', 'olderThan'],
  boolean: ['exists', 'equals'],
  any: ['exists', 'equals', 'oneOf', ...ORDER],
  list: ['exists'],
  personal: ['exists'],
};

/** Checks the names and the tests of a condition that has passed the JSON Schema. */
export const checkCondition = (condition: Condition, vocabulary: Vocabulary, path = ''): readonly Issue[] =>
  leavesOf(condition, path).flatMap(([leaf, at]) => ('measure' in leaf || 'event' in leaf ? checkLeaf(leaf, vocabulary, at) : []));

const checkLeaf = (leaf: MeasureTest | EventTest, { measures, event }: Vocabulary, at: string): readonly Issue[] => {
  const name = 'measure' in leaf ? leaf.measure : leaf.event;
  if ('measure' in leaf) {
    const kind = Object.hasOwn(measures, name) ? measures[name] : undefined;
    return kind ? checkTests(leaf, name, kind, at) : [{ path: `${at}/measure`, message: `there is no measure "${name}"; there are ${Object.keys(measures).join(', ')}` }];
  }
  if (!event) return [{ path: `${at}/event`, message: 'there is no event to look at here; ask for a measure, consent or reachable' }];
  const kind = event(name);
  return kind ? checkTests(leaf, name, kind, at) : [{ path: `${at}/event`, message: `the event has no property "${name}"; what publishers add themselves is below properties, such as properties.${name}` }];
};

const checkTests = (tests: Tests, name: string, kind: Kind, at: string): readonly Issue[] =>
  TESTS.filter((test) => tests[test] !== undefined).flatMap((test) => {
    const path = `${at}/${test}`;
    if (!FITS[kind].includes(test)) {
      const why = kind === 'personal' ? `"${name}" is personal and sealed` : `"${name}" is ${kind === 'instant' ? 'an' : 'a'} ${kind}`;
      return [{ path, message: `${why}: it can be tested with ${FITS[kind].join(', ')}, not with ${test}` }];
    }
    const wanted = fault(test, tests, kind);
    return wanted ? [{ path, message: `"${name}": ${wanted}` }] : [];
  });

const fault = (test: keyof Tests, tests: Tests, kind: Kind): string | undefined => {
  if (test === 'exists') return undefined;
  if (test === 'within' || test === 'olderThan') return parseDuration(tests[test]!) === undefined ? 'a duration is written as P30D or PT2H (weeks, days, hours, minutes, seconds)' : undefined;
  const given = test === 'oneOf' ? tests.oneOf! : [tests[test]!];
  return given.map((one) => wrongValue(one, kind)).find((message) => message !== undefined);
};

const wrongValue = (given: string | number | boolean, kind: Kind): string | undefined => {
  switch (kind) {
    case 'text': return typeof given === 'string' ? undefined : 'a text in quotes is expected';
    case 'number': return typeof given === 'number' ? undefined : 'a number without quotes is expected';
    case 'decimal': return typeof given !== 'boolean' && parseDecimal(given) !== undefined ? undefined : 'a decimal of at most six places is expected, such as "19.90"';
    case 'instant': return typeof given === 'string' && !Number.isNaN(Date.parse(given)) ? undefined : 'an ISO 8601 instant is expected, such as "2026-01-31T00:00:00Z"';
    case 'boolean': return typeof given === 'boolean' ? undefined : 'true or false is expected, without quotes';
    default: return undefined;
  }
};
