import { describe, expect, it } from '@jest/globals';
import type { LogBounds, LogReader } from '@touchpoint/log';
import { rangesBetween } from './ranges.ts';

const HIGH = 10;
/** A log of which the end has moved on, when it is asked for a time behind the last record. */
const bounds = { of: async () => new Map([[0, { low: 0, high: HIGH }]]), at: async () => new Map([[0, HIGH + 3]]) } as unknown as LogBounds;
const between = (from: string, to: string) => rangesBetween(from, to, undefined, { bounds, log: {} as LogReader, topic: 't', now: Date.parse('2026-11-23T12:00:00Z') });

describe('a range whose end is a time', () => {
  it('ends where the log ended, though records come meanwhile', async () => expect(await between('begin', '0s')).toEqual([{ partition: 0, from: 0, to: HIGH }]));
  it('is none where nothing has come since, though records come meanwhile', async () => expect(await between('5m', 'end')).toEqual([]));
});
