import { createDecipheriv, createSecretKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { failureKind, type Sealed } from '@touchpoint/kernel';
import fc from 'fast-check';
import { keyIdOf, sealUnder, unsealUnder } from './sealed.ts';

const bytes = Buffer.alloc(32, 3);
const key = createSecretKey(bytes);
const ids = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

describe('a sealed value', () => {
  it('opens again, whatever it held, and names its key', () => {
    fc.assert(
      fc.property(ids, fc.string({ unit: 'grapheme' }), (id, text) => {
        const sealed = sealUnder(id, key, text);
        expect(keyIdOf(sealed)).toBe(id);
        expect(unsealUnder(id, key, sealed)).toBe(text);
      }),
    );
  });
  it('has the form 1 | key id | nonce 12 | ciphertext | tag 16', () => {
    const sealed = Buffer.from(sealUnder(0x1_0000_0002, key, 'Anna'));
    expect(sealed.length).toBe(1 + 8 + 12 + 4 + 16);
    expect(sealed.subarray(0, 9).toString('hex')).toBe('010000000100000002');
    const decipher = createDecipheriv('aes-256-gcm', bytes, sealed.subarray(9, 21)).setAuthTag(sealed.subarray(25));
    expect(decipher.update(sealed.subarray(21, 25), undefined, 'utf8') + decipher.final('utf8')).toBe('Anna');
  });
  it('never takes a nonce twice', () => {
    const nonces = new Set(Array.from({ length: 5_000 }, () => Buffer.from(sealUnder(1, key, 'x').subarray(9, 21)).toString('hex')));
    expect(nonces.size).toBe(5_000);
  });
  it('stays as it is when others are sealed after it', () => {
    const first = sealUnder(1, key, 'first');
    for (let i = 0; i < 3_000; i += 1) sealUnder(1, key, `another ${i}`);
    expect(unsealUnder(1, key, first)).toBe('first');
  });
});

describe('a value that was changed', () => {
  it('is a defect wherever it was', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (text, at, by) => {
        const sealed = sealUnder(7, key, text);
        const place = at % sealed.length;
        sealed[place]! ^= by;
        expect(() => {
          if (keyIdOf(sealed) === 7) unsealUnder(7, key, sealed);
          else throw new Error('names another key');
        }).toThrow();
      }),
    );
  });
  const thrown = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      return error;
    }
  };
  it.each([
    ['an unknown version', (sealed: Sealed) => { sealed[0] = 2; return keyIdOf(sealed); }, 'VAULT.VERSION'],
    ['too short', (sealed: Sealed) => keyIdOf(sealed.subarray(0, 36) as Sealed), 'VAULT.FORM'],
    ['key id 0', (sealed: Sealed) => { sealed.fill(0, 1, 9); return keyIdOf(sealed); }, 'VAULT.FORM'],
    ['a key id beyond what is exact', (sealed: Sealed) => { sealed.fill(255, 1, 9); return keyIdOf(sealed); }, 'VAULT.FORM'],
    ['another tag', (sealed: Sealed) => { sealed[sealed.length - 1]! ^= 1; return unsealUnder(7, key, sealed); }, 'VAULT.TAG'],
  ])('is told by its code: %s', (_, act, code) => {
    const error = thrown(() => act(sealUnder(7, key, 'Anna')));
    expect(error).toMatchObject({ code });
    expect(failureKind(error)).toBe('Defect');
    expect(String(error)).not.toContain('Anna');
  });
});
