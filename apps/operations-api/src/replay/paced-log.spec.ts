import { describe, expect, it } from '@jest/globals';
import type { LogReader, LogScanner } from '@touchpoint/log';
import { pacedLog } from './paced-log.ts';

const piece = (length: number) => Array.from({ length }, () => ({}) as never);
const log = { scan: async function* () { yield piece(30); yield piece(20); } } as unknown as LogReader & LogScanner;
const through = async (from: LogScanner) => {
  let records = 0;
  for await (const some of from.scan('t', 0, 0, 50)) records += some.length;
  return records;
};

describe('a log that is read at a rate', () => {
  it('gives all of it, waits for as long as it is too early, and tells of each piece', async () => {
    const [told, waits]: [number[], number[]] = [[], []];
    expect(await through(pacedLog(log, { rate: 0.5, signal: new AbortController().signal, onRead: (records) => void told.push(records), wait: async (ms) => void waits.push(ms) }))).toBe(50);
    expect(told).toEqual([30, 20]);
    // Sixty and a hundred seconds, without what has passed.
    expect(waits.map((ms) => Math.ceil(ms / 20_000))).toEqual([3, 5]);
  });
  it('is not held up without one', async () => {
    const wait = () => Promise.reject(new Error('waits'));
    expect(await through(pacedLog(log, { signal: new AbortController().signal, onRead: () => undefined, wait }))).toBe(50);
  });
  it('is not held up while somebody waits for it', async () => {
    const [waits, hurries]: [number[], boolean[]] = [[], [true, false]];
    await through(pacedLog(log, { rate: 0.5, hurried: () => hurries.shift()!, signal: new AbortController().signal, onRead: () => undefined, wait: async (ms) => void waits.push(ms) }));
    expect(waits).toHaveLength(1);
  });
  it('ends where somebody ends it', async () => {
    const stop = new AbortController();
    await expect(through(pacedLog(log, { rate: 1, signal: stop.signal, onRead: () => stop.abort(new Error('stopped')) }))).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });
});
