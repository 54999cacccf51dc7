import type { Observation } from './observe/observe.ts';

/** One table in which two runs differ: lines that only one of them has. */
export type Difference = Readonly<{ table: string; onlyInFirst: readonly string[]; onlyInSecond: readonly string[] }>;

/** Every table of either run, as sets that may hold a line twice. Empty: the two came to the same. */
export const compare = (first: Pick<Observation, 'tables'>, second: Pick<Observation, 'tables'>): readonly Difference[] =>
  [...new Set([...first.tables.keys(), ...second.tables.keys()])].sort().flatMap((table) => {
    const [a, b] = [first.tables.get(table) ?? [], second.tables.get(table) ?? []];
    const onlyInFirst = minus(a, b);
    const onlyInSecond = minus(b, a);
    return onlyInFirst.length + onlyInSecond.length === 0 ? [] : [{ table, onlyInFirst, onlyInSecond }];
  });

const minus = (a: readonly string[], b: readonly string[]): readonly string[] => {
  const left = new Map<string, number>();
  for (const line of b) left.set(line, (left.get(line) ?? 0) + 1);
  return a.filter((line) => {
    const count = left.get(line) ?? 0;
    if (count > 0) left.set(line, count - 1);
    return count === 0;
  });
};

const SHOWN = 3;
const LONGEST = 1_500;

/** For people: a few lines of each side. */
export const describeDifferences = (differences: readonly Difference[]): string =>
  differences.map(({ table, onlyInFirst, onlyInSecond }) => [
    `${table}: ${onlyInFirst.length} rows only in the undisturbed run, ${onlyInSecond.length} only in the other`,
    ...onlyInFirst.slice(0, SHOWN).map((line) => `  - ${line.slice(0, LONGEST)}`),
    ...onlyInSecond.slice(0, SHOWN).map((line) => `  + ${line.slice(0, LONGEST)}`),
  ].join('\n')).join('\n');
