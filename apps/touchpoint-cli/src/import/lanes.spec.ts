import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Item } from '@touchpoint/mapping';
import { Lanes, type LaneLimits } from './lanes.ts';
import { BEGINNING } from './ledger.ts';
import { Settlement } from './settlement.ts';

const event = (no: number, who: string, size = 0): Extract<Item, { kind: 'event' }> =>
  ({ kind: 'event', key: `${no}`, lines: { first: no, last: no, rows: 1 }, message: { type: 'track', event: 'E', messageId: `${no}`, userId: who, timestamp: 'x'.repeat(size), historical: true } });
const add = (lanes: Lanes, settlement: Settlement, item: ReturnType<typeof event>) => lanes.add(item.message, settlement.enter(item));
const settlementOf = () => new Settlement(BEGINNING, { ledger: { write: async () => undefined }, isDue: () => false, rejects: { path: '', bytes: () => 0, append: async () => undefined, close: async () => undefined } });
const limits: LaneLimits = { lanes: 3, batchEvents: 4, batchBytes: 1_000, waiting: 20 };

/** Sends on the word of a seeded turn: batches come back in any order. */
const anyOrder = (turns: readonly number[]) => {
  const sent: string[][] = [];
  const taken: string[] = [];
  let open = 0;
  let most = 0;
  const send = async (members: readonly string[]) => {
    most = Math.max(most, ++open);
    const turn = turns[sent.push([...members]) % Math.max(1, turns.length)] ?? 0;
    for (let i = 0; i < turn; i++) await Promise.resolve();
    open--;
    taken.push(...members);
    return members.map(() => null);
  };
  return { send, sent, taken, most: () => most };
};

describe('lanes', () => {
  it('send every message once, each customer\'s in order, within the bounds', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.record({ who: fc.constantFrom('a', 'b', 'c', 'd', 'e'), size: fc.constantFrom(0, 100, 400, 2_000) }), { maxLength: 80 }), fc.array(fc.nat(30), { maxLength: 9 }), async (plan, turns) => {
        const { send, sent, taken, most } = anyOrder(turns);
        const settlement = settlementOf();
        const lanes = new Lanes(send, settlement, new AbortController().signal, limits);
        for (const [no, { who, size }] of plan.entries()) {
          await add(lanes, settlement, event(no, who, size));
          await lanes.relieve();
          await settlement.settle();
          expect(settlement.waiting).toBeLessThanOrEqual(limits.waiting + 1);
        }
        await lanes.flush();
        await settlement.settle();
        const order = taken.map((json) => JSON.parse(json) as { messageId: string; userId: string });
        expect(order.map(({ messageId }) => Number(messageId)).sort((a, b) => a - b)).toEqual(plan.map((_, no) => no));
        for (const who of ['a', 'b', 'c', 'd', 'e']) {
          const own = order.filter(({ userId }) => userId === who).map(({ messageId }) => Number(messageId));
          expect(own).toEqual(own.toSorted((a, b) => a - b));
        }
        for (const batch of sent) {
          expect(batch.length).toBeLessThanOrEqual(limits.batchEvents);
          expect(batch.length === 1 || batch.reduce((sum, json) => sum + json.length + 1, 0) <= limits.batchBytes).toBe(true);
        }
        expect(most()).toBeLessThanOrEqual(limits.lanes);
        expect(settlement.state.items).toBe(plan.length);
      }),
    ));

  it('let no customer with few messages hold up the others for long', async () => {
    const settlement = settlementOf();
    const lanes = new Lanes(anyOrder([]).send, settlement, new AbortController().signal, limits);
    for (let no = 0; no < 200; no++) {
      await add(lanes, settlement, event(no, no === 0 ? 'a' : 'b'));
      await lanes.relieve();
      await settlement.settle();
      expect(settlement.waiting).toBeLessThanOrEqual(limits.waiting + 1);
    }
  });

  it('send nothing more after a batch has failed for good, and say why', async () => {
    let tries = 0;
    const settlement = settlementOf();
    const lanes = new Lanes(async () => { tries++; throw new Error('for good'); }, settlement, new AbortController().signal, { ...limits, lanes: 1 });
    for (let no = 0; no < 4; no++) await add(lanes, settlement, event(no, 'a'));
    await lanes.landed();
    await expect(lanes.flush()).rejects.toThrow('for good');
    for (let no = 4; no < 7; no++) await add(lanes, settlement, event(no, 'a'));
    await expect(add(lanes, settlement, event(7, 'a'))).rejects.toThrow('for good');
    expect(tries).toBe(1);
  });
});
