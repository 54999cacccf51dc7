import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dropRepeats, encodeOrigin, ORIGIN, type LogRecord } from '@touchpoint/log';
import { land } from './reading.ts';
import { allRules } from './rules.ts';
import { beginning, type World } from './world.ts';

const recordOf = (seq: number, offset: number): LogRecord => ({ offset, key: 'k', timestamp: 0, value: Buffer.alloc(0), headers: { [ORIGIN]: encodeOrigin('model.1/source/0/1', seq) } });

/** What the model's reader has taken, or that it stopped. */
const byModel = (seqs: readonly number[]): number | 'stopped' => {
  let world: World = beginning({ batches: 1, pieces: 1, faults: 0 });
  try {
    for (const seq of seqs) world = { ...world, readers: land(world, { target: 0, origin: 1, seq, item: seq, by: undefined }, allRules) };
    return world.readers[0]!.taken;
  } catch (error) {
    expect((error as Error).message).toMatch(/^stalled/);
    return 'stopped';
  }
};
const byCode = (seqs: readonly number[]): number | 'stopped' => {
  try {
    return dropRepeats(new Map(), seqs.map(recordOf)).taken.length;
  } catch (error) {
    expect(error).toMatchObject({ code: 'LOG.SEQ_GAP' });
    return 'stopped';
  }
};

describe('the reader of the model', () => {
  it('takes, drops and stops as the real one does', () => fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 }), (seqs) => expect(byModel(seqs)).toBe(byCode(seqs)))));
});
