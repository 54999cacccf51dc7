import type { Random } from '@touchpoint/kernel';

/** Texts that have broken something somewhere: zero characters, half pairs, other directions, planes and forms, names of JavaScript's own, what looks like code. */
const TEXTS: readonly string[] = [
  '', ' ', '\n\t', '\0', 'a\0b', '\ud800', 'x\udfff', '\u202eabc\u05d0\u05d1', '\u{1F469}\u200D\u{1F680}'.repeat(20), 'e\u0301', '\ufeff', '\uffff', '__proto__', 'constructor', 'toString', 'null', 'undefined', 'NaN', '1e400',
  '../../etc/passwd', "'; drop table identity.link; --", '${7*7}', '{{7*7}}', '%00', '\\u0000', 'x'.repeat(300), 'ä'.repeat(1_500), '鍵'.repeat(900), '"'.repeat(200),
];
const NUMBERS: readonly number[] = [0, -0, -1, 0.1, 1.5, 1e-320, 1e21, 1e308, -1e308, 2 ** 31, 2 ** 31 - 1, -(2 ** 31) - 1, 2 ** 53, 2 ** 63, Number.MAX_SAFE_INTEGER, 123_456_789_012_345.678];
const DATES: readonly unknown[] = [
  '0000-00-00', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '+275760-09-13T00:00:00Z', '-271821-04-20T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01T00:00:00+99:99', '1969-12-31T23:59:59Z', 'yesterday', '', 0, -1, 1e18, 253_402_300_800_000, null,
];

export const oddText = (chance: Random): string => chance.one(TEXTS);

/** Lists or objects within each other, so deep. */
const nested = (depth: number, chance: Random): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = chance.below(2) === 0 ? [value] : { a: value };
  return value;
};

/** Any value but one that was asked for. */
export const oddValue = (chance: Random): unknown => {
  switch (chance.below(9)) {
    case 0: return null;
    case 1: return chance.one(NUMBERS);
    case 2: return chance.below(2) === 0;
    case 3: return [];
    case 4: return { [oddText(chance)]: oddText(chance) };
    case 5: return chance.one(DATES);
    case 6: return nested(chance.one([2, 12, 60]), chance);
    case 7: return Array.from({ length: chance.below(40) }, () => chance.one([oddText(chance), chance.one(NUMBERS)]));
    default: return oddText(chance);
  }
};

type Raw = Record<string, unknown>;
const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy in which one field, at any depth, is missing, is something else, or has got a neighbour. */
export const mutated = (value: Raw, chance: Random): Raw => {
  const copy = structuredClone(value);
  let at: Raw = copy;
  for (;;) {
    const inner = Object.values(at).filter(isObject);
    if (inner.length === 0 || chance.below(3) === 0) break;
    at = chance.one(inner);
  }
  const names = Object.keys(at);
  const name = names.length > 0 ? chance.one(names) : 'x';
  const kind = chance.below(5);
  if (kind === 0) delete at[name];
  else if (kind === 1) Object.defineProperty(at, oddText(chance) || 'empty', { value: oddValue(chance), enumerable: true, configurable: true, writable: true });
  else at[name] = oddValue(chance);
  return copy;
};
