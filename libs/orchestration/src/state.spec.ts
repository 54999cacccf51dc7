import { describe, expect, it } from '@jest/globals';
import { NOTHING_PUBLISHED } from './published.ts';
import { emptyState, parseState, serialiseState } from './state.ts';
import { at, email, message, order, play } from './testing/given.ts';

describe('a customer\'s state', () => {
  it('is empty where there is none', () => {
    expect(parseState(null)).toBe(emptyState);
    expect(parseState(serialiseState(emptyState))).toStrictEqual(emptyState);
  });
  it('keeps no place for what is empty', () => expect(JSON.parse(serialiseState(play(NOTHING_PUBLISHED, [at(5, order('1'))]).state))).toEqual({ v: 1, offset: 0, own: { measures: { 'orders.count': 1, 'orders.firstAt': 5, 'orders.lastAt': 5 } }, review: { lived: true } }));
  it('is refused where a newer engine wrote it', () => expect(() => parseState('{"v":2}')).toThrow('version 2'));
  it('is the same object where an input changes nothing', () => {
    const { state } = play(NOTHING_PUBLISHED, [at(5, email('a'))]);
    expect(play(NOTHING_PUBLISHED, [at(5, email('a')), at(6, message('ProductViewed', {})), at(7, message('MessageSent', {}))], state).state).toBe(state);
  });
});
