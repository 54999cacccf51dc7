import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generateKey, hashSecret, keyFromHeader, keyText, parseKey, secretMatches } from './access-key.ts';

const key = generateKey();
const text = keyText(key);
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;

describe('a key', () => {
  it('has the form tp_<id>_<secret>, each its own', () => {
    expect(text).toMatch(/^tp_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    expect(new Set(Array.from({ length: 100 }, () => keyText(generateKey()))).size).toBe(100);
  });
  it('is read back, whatever its secret holds', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const made = { id: key.id, secret: Buffer.from(bytes).toString('base64url') };
      expect(parseKey(keyText(made))).toEqual(made);
    }));
  });
  it('is proved by its own secret only', () => {
    expect(secretMatches(key.secret, hashSecret(key.secret))).toBe(true);
    expect(secretMatches(generateKey().secret, hashSecret(key.secret))).toBe(false);
    expect(secretMatches(key.secret, Buffer.alloc(3))).toBe(false);
  });
});

describe('an Authorization header', () => {
  it.each([
    ['Bearer', `Bearer ${text}`], ['bearer in small letters', `bearer  ${text} `],
    ['Basic with an empty password, as Segment sends it', basic(`${text}:`)], ['Basic without a colon', basic(text)], ['Basic with a password, which is not looked at', basic(`${text}:x`)],
  ])('gives the key from %s', (_, header) => expect(keyFromHeader(header)).toEqual(key));
  it.each([
    ['nothing', undefined], ['an empty one', ''], ['no scheme', text], ['another scheme', `Digest ${text}`], ['more than a key', `Bearer ${text} ${text}`], ['a key as the password', basic(`:${text}`)],
    ['a cut key', `Bearer ${text.slice(0, -1)}`], ['a longer key', `Bearer ${text}x`], ['capitals in the id', `Bearer ${text.toUpperCase()}`], ['something huge', `Bearer ${'x'.repeat(100_000)}`],
  ])('gives none from %s', (_, header) => expect(keyFromHeader(header)).toBeUndefined());
  it('gives a key or none from anything', () => fc.assert(fc.property(fc.string(), (header) => void keyFromHeader(header))));
});
