import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v5 } from 'uuid';
import { derivedId } from './ids.ts';

describe('a derived id', () => {
  it('is the uuid that it always was', () => expect(derivedId('customer', '0123456789abcdef0123456789abcdef')).toBe('8951690b-1fad-5228-85af-d580b27194e8'));
  it('is a name-based uuid of its parts', () =>
    fc.assert(fc.property(fc.array(fc.string({ unit: 'binary' })), (parts) => {
      expect(derivedId(...parts)).toBe(v5(new TextEncoder().encode(JSON.stringify(parts)), '6f1d4f39-4a55-4f0c-9e0b-3c1f5d7a2b10'));
    })));
});
