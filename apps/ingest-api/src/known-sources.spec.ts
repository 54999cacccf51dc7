import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { partitionOf, type SourceKey, type SourceKind } from '@touchpoint/kernel';
import { createSourceKeys } from '@touchpoint/vault';
import { KnownSources } from './known-sources.ts';
import { LabelledSources } from './labelled-sources.ts';

const keys = createSourceKeys(Buffer.alloc(32, 1));
const known = (max: number) => new KnownSources(keys, 12, max, new LabelledSources(1_024));

describe('known sources', () => {
  it('are the same whether remembered or not, and never more than the bound', () =>
    fc.assert(fc.property(fc.integer({ min: 2, max: 20 }), fc.array(fc.tuple(fc.constantFrom('user' as const, 'email' as const), fc.nat(40))), (max, asked) => {
      const sources = known(max);
      for (const [kind, n] of asked) {
        const { key, partition, plain } = sources.get(kind, `x${n}`);
        expect(key).toBe(keys.keyOf(kind, `x${n}`));
        expect(partition).toBe(partitionOf(key, 12));
        expect(plain).toEqual({ kind, key, label: null });
        expect(sources.size).toBeLessThanOrEqual(max);
      }
    })));
  it('tell kinds apart', () => expect(known(10).get('user', 'a').key).not.toBe(known(10).get('anonymous', 'a').key));
  it('hold no long text, whatever is asked for', () => {
    const sources = known(10);
    const long = 'x'.repeat(257);
    expect(sources.get('token', long).key).toBe(keys.keyOf('token' as SourceKind, long));
    expect(sources.get('token', long)).toEqual(sources.get('token', long));
    expect(sources.size).toBe(0);
    sources.get('token', long.slice(1));
    expect(sources.size).toBe(1);
  });
  it('stay labelled when they were forgotten meanwhile', () => {
    const sources = known(1);
    sources.markLabelled(sources.get('user', 'a'));
    for (let i = 0; i < 10; i++) sources.get('user', `other${i}`);
    expect(sources.get('user', 'a').needsLabel).toBe(false);
    expect(sources.get('user', 'b').needsLabel).toBe(true);
    expect(sources.get('device', 'b').needsLabel).toBe(false);
  });
});

describe('the table of labelled sources', () => {
  const key = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)).map((words) => words.map((word) => word.toString(16).padStart(8, '0')).join('') as SourceKey);
  it('never takes one for labelled that was not', () =>
    fc.assert(fc.property(fc.array(key), fc.array(key), (added, asked) => {
      const table = new LabelledSources(4);
      for (const one of added) table.add(one);
      // What it compares are two words; the last bit of the second is always set.
      const bits = (one: SourceKey) => `${one.slice(8, 16)} ${Number.parseInt(one.slice(16, 24), 16) | 1}`;
      for (const one of asked) if (table.has(one)) expect(added.map(bits)).toContain(bits(one));
    })));
  it('tells keys apart by each of the digits that it compares', () => {
    const digits = [...'0123456789abcdef'];
    for (const digit of digits) for (const other of digits) for (const at of [8, 15, 16, 22]) {
      const [one, two] = [digit, other].map((char) => ('0'.repeat(at) + char).padEnd(32, '0') as SourceKey);
      const table = new LabelledSources(2);
      table.add(one!);
      expect(table.has(two!)).toBe(digit === other);
    }
  });
  it('knows the one that was added last', () => {
    const table = new LabelledSources(2);
    const one = 'a'.repeat(32) as SourceKey;
    expect(table.has(one)).toBe(false);
    expect(table.has('0'.repeat(32) as SourceKey)).toBe(false);
    table.add(one);
    expect(table.has(one)).toBe(true);
  });
});
