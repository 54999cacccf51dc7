import { describe, expect, it } from '@jest/globals';
import { compareValues, jsonbText } from './compare.ts';

describe('greater', () => {
  it('is bytewise in UTF-8, as Postgres compares with collation "C"', () => {
    const texts = ['', 'a', 'b', 'aa', 'ä', '\uD7FF', '\uE000', '\uFFFD', '\u{1F600}', '\u{10FFFF}'];
    for (const a of texts) for (const b of texts) expect(Math.sign(compareValues(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });
  it('puts null least, false before true, and bytes by their bytes', () => {
    expect([compareValues(null, 0), compareValues(undefined, null), compareValues(true, false), compareValues(2n, 10n)].map(Math.sign)).toEqual([-1, 0, 1, -1]);
    expect(Math.sign(compareValues(Uint8Array.of(1, 200), Uint8Array.of(1, 3, 9)))).toBe(1);
    expect(Math.sign(compareValues(Uint8Array.of(1), Uint8Array.of(1, 0)))).toBe(-1);
  });
  it('prints JSON as jsonb does', () => expect(jsonbText({ value: [1, null, { bb: true, a: 'x' }], at: 5 })).toBe('{"at": 5, "value": [1, null, {"a": "x", "bb": true}]}'));
});
