import { describe, expect, it } from '@jest/globals';
import { freshnessOf, type Look } from './freshness.ts';

const AT = Date.UTC(2026, 2, 14, 12);
const look = (more: Partial<Look> = {}): Look => ({ at: AT, received: null, timeline: new Map(), ...more });

describe('when nothing waits', () => {
  it('is 0, as of the look', () => {
    expect(freshnessOf(look(), [0, 1], 0, AT + 900)).toEqual({ seconds: 0, asOf: '2026-03-14T12:00:00.000Z', identityResolver: 0, profileProjector: 0, parked: 0 });
  });
  it('grows from an old look: what came since is not known', () => {
    expect(freshnessOf(look(), [0], 0, AT + 30_000)).toMatchObject({ seconds: 30, asOf: '2026-03-14T12:00:00.000Z', identityResolver: 30, profileProjector: 30 });
  });
});

describe('when events wait', () => {
  it('is the age of the oldest, of the timelines concerned', () => {
    const timeline = new Map([[0, AT - 5_000], [1, AT - 60_000]]);
    expect(freshnessOf(look({ timeline }), [0], 0, AT)).toMatchObject({ seconds: 5, asOf: '2026-03-14T11:59:55.000Z', profileProjector: 5, identityResolver: 0 });
    expect(freshnessOf(look({ timeline }), [0, 1], 0, AT)).toMatchObject({ seconds: 60, profileProjector: 60 });
    expect(freshnessOf(look({ timeline }), [2], 0, AT)).toMatchObject({ seconds: 0, profileProjector: 0 });
  });
  it('counts what was received and is on no timeline yet, whosever it is', () => {
    expect(freshnessOf(look({ received: AT - 1_234 }), [], 0, AT)).toMatchObject({ seconds: 1.234, identityResolver: 1.234, profileProjector: 0, asOf: '2026-03-14T11:59:58.766Z' });
  });
  it('is the greater of the two', () => {
    expect(freshnessOf(look({ received: AT - 7_000, timeline: new Map([[3, AT - 2_000]]) }), [3], 0, AT)).toMatchObject({ seconds: 7, identityResolver: 7, profileProjector: 2 });
  });
  it('is never negative where the broker is ahead of us', () => {
    expect(freshnessOf(look({ received: AT + 50 }), [], 0, AT)).toMatchObject({ seconds: 0, asOf: '2026-03-14T12:00:00.000Z' });
  });
});

describe('when the log was never seen', () => {
  it('is not known, and what is parked is told all the same', () => {
    expect(freshnessOf(undefined, [0], 3, AT)).toEqual({ seconds: null, asOf: null, identityResolver: null, profileProjector: null, parked: 3 });
  });
});
