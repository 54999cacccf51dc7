import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Canonical } from './canonical.ts';
import { Issues } from './issues.ts';
import { holdsPersonal } from './personal-text.ts';

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.array(fc.constantFrom('a', '"', '\\', '@', '%40', '.', '\n', '\x7f', 'ü', ' ', 'x'.repeat(60), '+41', '0041 ', '79', ' 123 45 67', '4111 1111 ', '41111111')).map((parts) => parts.join('')));

describe('a text in canonical form', () => {
  it('is what JSON has for it, and personal where it holds anything that is', () => {
    fc.assert(fc.property(text, (one) => {
      const canon = new Canonical(new Issues());
      expect(canon.text(one)).toBe(JSON.stringify(one));
      expect(canon.personal).toBe(holdsPersonal(one));
    }));
  });
});
