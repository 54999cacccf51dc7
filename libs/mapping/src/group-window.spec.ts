import { describe, expect, it } from '@jest/globals';
import { GroupWindow, type Group } from './group-window.ts';

const window = (open: number, total = 100) => new GroupWindow({ open, total, rows: 3, size: 40 });
const add = (held: GroupWindow, keys: string, size = 1) => [...keys].flatMap((key, i) => held.add(key, [key], i, size)).map(brief);
const brief = ({ key, rows, lines, fault }: Group) => `${key}${fault ? '!' : rows.length}/${lines.rows}`;

describe('a window of groups', () => {
  it('closes the one whose last row is the longest ago', () => {
    const held = window(2);
    expect(add(held, 'abacb')).toEqual(['b1/1', 'a2/2']);
    expect(held.end().map(brief)).toEqual(['c1/1', 'b1/1']);
    expect(held.end()).toEqual([]);
  });
  it('closes groups early rather than to hold too much, but never the one at hand', () => {
    const held = window(10, 30);
    expect(add(held, 'abc', 12)).toEqual(['a1/1']);
    expect(add(held, 'd', 35)).toEqual(['b1/1', 'c1/1']);
    expect(held.has('d')).toBe(true);
  });
  it.each([['rows', 'aaaa', 1], ['characters', 'aa', 21]])('drops a group of too many %s and forgets their size', (_, keys, size) => {
    const held = window(10, 45);
    expect(add(held, keys, size)).toEqual([]);
    expect(add(held, 'bcd', 15)).toEqual([]);
    expect(held.end().map(brief)).toEqual([`a!/${keys.length}`, 'b1/1', 'c1/1', 'd1/1']);
  });
  it('keeps the first fault of a group', () => {
    const held = window(1);
    held.spoil('a', 1, { code: 'MAPPING.GROUP_INCOMPLETE', reason: 'first' });
    held.spoil('a', 2, { code: 'MAPPING.GROUP_INCOMPLETE', reason: 'second' });
    expect(held.end()[0]?.fault?.reason).toBe('first');
  });
});
