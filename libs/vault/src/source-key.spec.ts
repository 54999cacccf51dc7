import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SOURCE_KINDS } from '@touchpoint/kernel';
import fc from 'fast-check';
import { hmacUnder } from './hmac.ts';
import { createSourceKeys, freshSourceKeys } from './source-key.ts';

const secret = Buffer.alloc(32, 7);

describe('an HMAC', () => {
  it('is that of the crypto library, for keys and texts of any length', () =>
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 100, size: 'max' }), fc.oneof(fc.string({ unit: 'binary' }), fc.integer({ min: 300, max: 1_100 }).map((length) => '€'.repeat(length))), (key, text) => {
      const hmac = hmacUnder(key);
      for (const one of [text, '', text]) expect(hmac(one)).toBe(createHmac('sha256', key).update(one).digest('hex'));
    })));
});

describe('a source key', () => {
  const keys = createSourceKeys(secret);

  it('is the first 16 bytes of the HMAC of kind and value', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SOURCE_KINDS.filter((kind) => kind !== 'email')), fc.string(), (kind, value) => {
        expect(keys.keyOf(kind, value)).toBe(createHmac('sha256', secret).update(`${kind}:${value}`).digest('hex').slice(0, 32));
      }),
    );
  });
  it('never changes between releases', () => {
    expect(keys.keyOf('user', '42')).toBe('a4e5b2b546d055dd3186843747ae336a');
    expect(keys.keyOf('email', 'anna@shop.example')).toBe('f3d6b447b3fe022c3292a131d6c30f68');
  });
  it('is one for the same address, however it is written', () => expect(keys.keyOf('email', '  Anna@Shop.Example ')).toBe(keys.keyOf('email', 'anna@shop.example')));
  it('tells kinds and spellings of other ids apart', () => {
    const all = [keys.keyOf('user', 'a'), keys.keyOf('user', 'A'), keys.keyOf('device', 'a'), keys.keyOf('anonymous', 'a'), keys.keyOf('user', ' a')];
    expect(new Set(all).size).toBe(all.length);
  });
  it('is the same from memory and after being forgotten', () => {
    const small = createSourceKeys(secret, { maxEntries: 2 });
    const first = small.keyOf('user', '1');
    expect(small.keyOf('user', '1')).toBe(first);
    for (let i = 2; i < 20; i += 1) small.keyOf('user', String(i));
    expect(small.keyOf('user', '1')).toBe(first);
  });
  it('is the same where nothing is remembered', () => expect(freshSourceKeys(secret).keyOf('email', ' Anna@shop.example')).toBe(keys.keyOf('email', 'anna@shop.example')));
  it('needs another secret to be another key', () => expect(createSourceKeys(Buffer.alloc(32, 8)).keyOf('user', '42')).not.toBe(keys.keyOf('user', '42')));
});

it('refuses a secret that is too short', () => expect(() => createSourceKeys(Buffer.alloc(16))).toThrow('at least 32 bytes'));
