import { describe, expect, it } from '@jest/globals';
import { FetchAhead } from './fetch-ahead.ts';
import type { Fetched } from './protocol/fetch.ts';

const fetched = (count: number, over: Partial<Fetched> = {}): Fetched => ({ topic: 't', partition: 0, errorCode: 0, begin: 0, end: 1_000_000, last: count - 1, size: count, read: () => [], ...over });
const create = () => {
  const seen = { held: 0, woken: 0 };
  return { seen, ahead: new FetchAhead({ hold: (bytes) => void (seen.held += bytes), wake: () => void (seen.woken += 1) }) };
};

describe('a partition fetches ahead', () => {
  it('one batch behind the one in hand', () => {
    const { ahead, seen } = create();
    const first = ahead.take(fetched(10), 10);
    expect(ahead.room).toBe(true);
    const second = ahead.take(fetched(20), 20);
    expect([ahead.room, seen.held]).toEqual([false, 30]);
    first();
    expect([ahead.room, seen.held, seen.woken]).toEqual([true, 20, 1]);
    second();
    expect(seen.held).toBe(0);
  });
  it('none behind a large one', () => {
    const { ahead } = create();
    const done = ahead.take(fetched(10, { size: 256 * 1024 }), 10);
    expect(ahead.room).toBe(false);
    done();
    expect(ahead.room).toBe(true);
  });
  it('none behind an error, and goes on when that is dealt with', () => {
    const { ahead } = create();
    const done = ahead.take(fetched(0, { errorCode: 1, last: undefined }), 0);
    expect(ahead.room).toBe(false);
    done();
    expect(ahead.room).toBe(true);
  });
  it('not at once when it has emptied a busy log', () => {
    const { ahead } = create();
    ahead.take(fetched(500, { end: 500 }), 500)();
    expect(ahead.room).toBe(false);
  });
  it('at once when the log has more', () => {
    const { ahead } = create();
    ahead.take(fetched(500, { end: 501 }), 500)();
    expect(ahead.room).toBe(true);
  });
});
