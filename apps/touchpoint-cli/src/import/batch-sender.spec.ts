import { describe, expect, it } from '@jest/globals';
import { batchSender, type SenderOptions, type Waiting } from './batch-sender.ts';
import type { Answer } from './ingest-client.ts';

const TAKEN: Answer = { kind: 'taken', refused: [] };
const again = (afterMs: number | null = null): Answer => ({ kind: 'again', why: 'it is busy', afterMs });

/** A sender on a clock of its own, where sleeping takes no time. */
const sending = (answers: readonly Answer[], options: Partial<SenderOptions> = {}) => {
  let clock = 0;
  const pauses: number[] = [];
  const said: Waiting[] = [];
  const sent: (readonly string[])[] = [];
  const send = batchSender({
    client: { url: 'http://ingest', post: async (members) => { sent.push(members); return answers[sent.length - 1] ?? TAKEN; } },
    sleep: async (ms) => { pauses.push(ms); clock += ms; },
    now: () => clock, stop: new AbortController().signal, abandon: new AbortController().signal, giveUpAfterMs: null, onWait: (waiting) => said.push(waiting),
    ...options,
  });
  return { send, pauses, said, sent };
};

describe('a batch that is not taken', () => {
  it('is tried again after the time that it was told', async () => {
    const { send, pauses, said } = sending([again(7_000), again(0)]);
    expect(await send(['a', 'b'])).toEqual([null, null]);
    expect(pauses).toEqual([7_000, 50]);
    expect(said).toEqual([{ why: 'it is busy', againInMs: 7_000 }, { why: 'it is busy', againInMs: 50 }, null]);
  });

  it('is tried ever less often where it was told nothing, and for as long as it takes', async () => {
    const { send, pauses } = sending(Array.from({ length: 500 }, () => again()));
    await send(['a']);
    expect(pauses).toHaveLength(500);
    for (const [i, pause] of pauses.entries()) {
      const middle = Math.min(10_000, 250 * 2 ** i);
      expect(pause).toBeGreaterThanOrEqual(middle * 0.75);
      expect(pause).toBeLessThanOrEqual(middle * 1.25);
    }
  });

  it('is given up after the time that was set', async () => {
    const { send, sent } = sending(Array.from({ length: 100 }, () => again(10_000)), { giveUpAfterMs: 60_000 });
    await expect(send(['a'])).rejects.toMatchObject({ code: 'IMPORT.GAVE_UP', message: expect.stringContaining('for 60 s: it is busy') });
    expect(sent).toHaveLength(7);
  });

  it('is not tried again after a stop', async () => {
    const stop = new AbortController();
    stop.abort();
    const { send, sent } = sending([again()], { stop: stop.signal });
    await expect(send(['a'])).rejects.toThrow();
    expect(sent).toHaveLength(1);
  });
});

describe('a batch that is too large', () => {
  it('goes in halves, in order, down to single messages', async () => {
    const { send, sent } = sending([{ kind: 'too-large' }, TAKEN, { kind: 'too-large' }, { kind: 'too-large' }, { kind: 'taken', refused: [{ index: 0, code: 'X', message: 'x' }] }]);
    expect(await send(['a', 'b', 'c', 'd'])).toEqual([null, null, expect.objectContaining({ code: 'INGEST.TOO_LARGE' }), { index: 0, code: 'X', message: 'x' }]);
    expect(sent).toEqual([['a', 'b', 'c', 'd'], ['a', 'b'], ['c', 'd'], ['c'], ['d']]);
  });
});
