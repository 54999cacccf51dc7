import { deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { finderOf } from './clear-forms.ts';

const value = `Zoë "Änne" O'Brien\\ <7> & 東京`;
const found = (bytes: Buffer | string) => finderOf(['somebody else entirely', value])(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes));

describe('a clear value', () => {
  it.each<[string, string | Buffer]>([
    ['in a text', `to ${value}, today`], ['in JSON', JSON.stringify({ name: value })], ['in JSON in JSON', JSON.stringify({ why: JSON.stringify({ name: value }) })], ['in hex', Buffer.from(`x${value}y`).toString('hex')],
    ['as Postgres shows bytes', `\\x${Buffer.from(value).toString('hex')}`], ['in a URL', `https://x.example/?q=${encodeURIComponent(value)}&r=1`], ['in a form', new URLSearchParams({ name: value }).toString()],
    ['in lower case', value.toLowerCase()], ['in UTF-16', Buffer.from(value, 'utf16le')], ['in HTML', value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;').replaceAll("'", '&#39;')],
  ])('is found %s', (_, bytes) => expect(found(bytes)).toEqual([1]));
  it('is found in base64, whatever stands before and behind', () =>
    fc.assert(fc.property(fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), fc.boolean(), (before, behind, url) => {
      expect(found(Buffer.from(before + value + behind).toString(url ? 'base64url' : 'base64'))).toContain(1);
    })));
  it('is not found where it is not', () => {
    expect(found('Zoe Aenne, Tokyo, 7')).toEqual([]);
    expect(found(deflateSync('x'.repeat(1_000)))).toEqual([]);
  });
});
