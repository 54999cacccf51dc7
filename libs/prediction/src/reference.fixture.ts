import type { BgNbd, Row } from './bg-nbd.ts';
import type { Repeats } from './history.ts';

/** What others make of the same input; `bg-nbd-reference.fixture.py` wrote it. CDNOW is told in weeks, Online Retail in days. */
type Reference = Readonly<{ parameters: BgNbd; meanLogLikelihood: number; days: number; said: readonly (readonly [number, number, number, alive: number, expected: number])[]; rows: readonly (readonly [number, number, number, customers: number, later: number])[] }>;
export type Golden = Readonly<{
  cdnow: Reference;
  onlineRetail: Reference;
  hypergeometric: readonly (readonly [a: number, b: number, c: number, z: number, value: number])[];
  hard: readonly (readonly [r: number, alpha: number, a: number, b: number, x: number, lastAge: number, age: number, days: number, expected: number])[];
}>;
/** The golden file, as the spec read it. */
export const goldenOf = (text: string): Golden => JSON.parse(text) as Golden;

export const repeats = (x: number, lastAge: number, age: number): Repeats => ({ repeats: x, lastAge, age });
export const rowsIn = ({ rows }: Reference): readonly Row[] => rows.map(([x, lastAge, age, customers]) => ({ ...repeats(x, lastAge, age), customers }));
