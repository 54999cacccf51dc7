import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Item } from '@touchpoint/mapping';
import { BEGINNING, NOTHING, type LedgerState } from './ledger.ts';
import type { RejectLine } from './reject-file.ts';
import { Settlement, withItem } from './settlement.ts';

const event = (line: number): Item => ({ kind: 'event', key: `k${line}`, lines: { first: line, last: line, rows: 1 }, message: { type: 'track', event: 'E', messageId: `m${line}`, timestamp: '', historical: true } });
const bad = (line: number): Item => ({ kind: 'rejected', key: null, lines: { first: line, last: line, rows: 1 }, code: 'MAPPING.BAD_CELL', reason: 'bad' });

/** A disk that keeps what is written, and what was on it when the ledger was written. */
const disk = () => {
  const lines: RejectLine[] = [];
  const ledgers: { state: LedgerState; lines: number }[] = [];
  let failing = false;
  return {
    lines, ledgers,
    fail: (now: boolean) => { failing = now; },
    ledger: { write: async (state: LedgerState) => void ledgers.push({ state, lines: lines.length }) },
    rejects: {
      path: 'r', bytes: () => lines.length, close: async () => undefined,
      append: async (more: readonly RejectLine[]) => {
        if (failing) throw new Error('the disk is full');
        lines.push(...more);
      },
    },
  };
};

describe('items that are acknowledged in any order', () => {
  it('are settled in the order of the file, each once, and never before those before them', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.record({ isBad: fc.boolean(), refuse: fc.boolean(), rank: fc.nat(1_000) }), { maxLength: 40 }), async (plan) => {
        const { lines, ledgers, ledger, rejects } = disk();
        const settlement = new Settlement(BEGINNING, { ledger, rejects, isDue: () => true });
        const entries = plan.map(({ isBad }, i) => settlement.enter(isBad ? bad(i) : event(i)));
        const acknowledged = new Set(entries.flatMap((entry, i) => (entry.done ? [i] : [])));
        for (const i of plan.map((_, index) => index).sort((a, b) => plan[a]!.rank - plan[b]!.rank)) {
          entries[i]!.done = true;
          if (!plan[i]!.isBad && plan[i]!.refuse) entries[i]!.rejected = { code: 'R', reason: 'r' };
          acknowledged.add(i);
          await settlement.settle();
          const { items } = settlement.state;
          for (let before = 0; before < items; before++) expect(acknowledged.has(before)).toBe(true);
          expect(acknowledged.has(items)).toBe(false);
          expect(settlement.state.rejectBytes).toBe(lines.length);
        }
        await settlement.close(true);
        const rejected = plan.flatMap(({ isBad, refuse }, i) => (isBad || refuse ? [i] : []));
        expect(lines.map(({ line }) => line)).toEqual(rejected);
        expect(ledgers.at(-1)!.state).toMatchObject({ items: plan.length, done: true, counts: { rows: plan.length, rejected: rejected.length } });
        for (const { state, lines: written } of ledgers) expect(state.rejectBytes).toBe(written);
      }),
    ));
});

describe('a settlement', () => {
  it('is not done while an item waits', async () => {
    const { ledgers, ledger, rejects } = disk();
    const settlement = new Settlement(BEGINNING, { ledger, rejects, isDue: () => false });
    settlement.enter(event(1));
    await settlement.settle();
    expect(ledgers).toEqual([]);
    await settlement.close(true);
    expect(ledgers.at(-1)?.state).toMatchObject({ items: 0, done: false });
  });
  it('settles nothing whose rejects could not be written', async () => {
    const { lines, fail, ledger, rejects } = disk();
    const settlement = new Settlement(BEGINNING, { ledger, rejects, isDue: () => true });
    settlement.enter(bad(1));
    fail(true);
    await expect(settlement.settle()).rejects.toThrow('full');
    expect(settlement.state).toEqual(BEGINNING);
    fail(false);
    await settlement.settle();
    expect([settlement.state.items, lines.length]).toEqual([1, 1]);
  });
  it('goes on from an earlier one', async () => {
    const { ledger, rejects } = disk();
    const settlement = new Settlement({ items: 5, rejectBytes: 0, done: false, counts: { ...NOTHING, rows: 9, events: { E: 4 } } }, { ledger, rejects, isDue: () => true });
    settlement.enter(event(1)).done = true;
    await settlement.settle();
    expect(settlement.state).toMatchObject({ items: 6, counts: { rows: 10, events: { E: 5 } } });
  });
  it('counts only so many names apart', () => {
    let counts = NOTHING;
    for (let i = 0; i < 100; i++) counts = withItem(counts, { ...event(i), message: { type: 'track', event: `E${i}`, messageId: '', timestamp: '', historical: true } } as Item);
    expect(Object.keys(counts.events)).toHaveLength(41);
    expect(counts.events['others']).toBe(60);
  });
});
