import { describe, expect, it } from '@jest/globals';
import type { Item, Mapper } from '@touchpoint/mapping';
import type { SendBatch } from './batch-sender.ts';
import { runImport } from './import-run.ts';
import { LANE_LIMITS, Lanes } from './lanes.ts';
import { BEGINNING, type LedgerState } from './ledger.ts';
import { Settlement } from './settlement.ts';

const event = (no: number): Item =>
  ({ kind: 'event', key: `${no}`, lines: { first: no, last: no, rows: 1 }, message: { type: 'track', event: 'E', messageId: `${no}`, userId: 'a', timestamp: '', historical: true } });
/** Each piece of text is one event. */
const mapper: Mapper = { push: (text) => [event(Number(text))], end: () => [] };

/** A run over some pieces, with batches of one event, two at a time. */
const running = (pieces: AsyncIterable<string>, send: SendBatch, from: LedgerState = BEGINNING) => {
  const stop = new AbortController();
  const settlement = new Settlement(from, { ledger: { write: async () => undefined }, isDue: () => false, rejects: { path: '', bytes: () => 0, append: async () => undefined, close: async () => undefined } });
  const lanes = new Lanes(send, settlement, stop.signal, { ...LANE_LIMITS, batchEvents: 1 });
  return { stop, settlement, end: runImport({ pieces, mapper, lanes, settlement, stop: stop.signal, onRows: () => undefined }) };
};
async function* piecesOf(count: number, before: (piece: number) => void | Promise<void> = () => undefined): AsyncGenerator<string> {
  for (let piece = 0; piece < count; piece++) {
    await before(piece);
    yield String(piece);
  }
}
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
};

describe('a run', () => {
  it('that is stopped ends when what is in flight is settled, and sends nothing more', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => { release = resolve; });
    const sent: string[] = [];
    const { stop, settlement, end } = running(piecesOf(3, (piece) => (piece === 1 ? stop.abort() : undefined)), async (members) => {
      sent.push(...members);
      await held;
      return members.map(() => null);
    });
    let ended = false;
    void end.then(() => { ended = true; });
    await turns();
    expect(ended).toBe(false);
    release();
    expect(await end).toBe('stopped');
    expect(settlement.state).toMatchObject({ items: 1, done: false });
    expect(sent).toHaveLength(1);
  });

  it('that goes on sends what lies behind the place of the one before', async () => {
    const sent: string[] = [];
    const { settlement, end } = running(piecesOf(5), async (members) => {
      sent.push(...members.map((json) => (JSON.parse(json) as { messageId: string }).messageId));
      return members.map(() => null);
    }, { ...BEGINNING, items: 3 });
    expect(await end).toBe('done');
    expect(sent).toEqual(['3', '4']);
    expect(settlement.state).toMatchObject({ items: 5, done: true });
  });

  it('whose file cannot be read to its end sends what was whole, settles it, and says why', async () => {
    const { settlement, end } = running(piecesOf(3, (piece) => {
      if (piece === 2) throw new Error('damaged');
    }), async (members) => members.map(() => null));
    await expect(end).rejects.toThrow('damaged');
    expect(settlement.state).toMatchObject({ items: 2, done: false });
  });
});
