import { createHmac, hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { digester } from './digest.ts';

describe('a digest', () => {
  const digest = digester(Buffer.alloc(32, 9));
  it('never changes between releases: imports are sent again years later', () => expect(digest('track\0Ä')).toBe('a35530a60adeab6f660890bb0bf4b67b'));
  it('is the same of short and of long texts of one form', () => {
    const prefix = createHmac('sha256', Buffer.alloc(32, 9)).update('touchpoint event digest').digest('hex');
    for (const text of ['', 'ü€😀', 'x'.repeat(5_000), 'ü'.repeat(30_000), '']) expect(digest(text)).toBe(hash('sha256', prefix + text, 'hex').slice(0, 32));
  });
  it('depends on text and secret', () => {
    expect(digest('a')).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set([digest('a'), digest('b'), digester(Buffer.alloc(32, 8))('a')]).size).toBe(3);
  });
});
