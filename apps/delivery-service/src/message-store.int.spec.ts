import { beforeEach, describe, expect, it } from '@jest/globals';
import { claimCheckpoint, readPending, requestRetry, type Checkpoint, type Pool } from '@touchpoint/store';
import { specPool } from '@touchpoint/testing';
import { migrations } from './delivery.migrations.ts';
import { claimNew, settle, waitingPartitions, type Settlement } from './message-store.ts';

let pool: Pool;
specPool(migrations, (its) => (pool = its));
beforeEach(() => pool.query('truncate log.checkpoint, log.pending, log.parked, delivery.message'));

const KEY = { consumer: 'delivery-service', topic: 'commands', partition: 3 };
const LIMIT_MS = 60_000;
const id = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const thread = { correlationId: 'corr-12345678', traceparent: null };
const wanted = (...ids: readonly number[]) => ids.map((n) => ({ commandId: id(n), customerId: id(1), command: Buffer.from(`command ${n}`), thread }));
const claim = async (...ids: readonly number[]) => claimNew(pool, await claimCheckpoint(pool, KEY), { next: 5 }, wanted(...ids), LIMIT_MS);
const waiting = (afterMs: number): Settlement => ({ state: 'waiting', reason: 'no', afterMs });
const rows = async () => (await pool.query<{ command_id: string; state: string }>('select command_id, state from delivery.message order by 1')).rows.map(({ command_id, state }) => [command_id, state]);

describe('new commands', () => {
  it('are claimed with the move of the checkpoint, and those that were here before are not', async () => {
    const first = await claim(1, 2);
    expect(first.checkpoint.next).toBe(5);
    expect(first.claims).toEqual([1, 2].map((n) => ({ commandId: id(n), attempt: 1, lost: null, command: Buffer.from(`command ${n}`), thread })));
    const again = await claimNew(pool, first.checkpoint, { next: 6 }, wanted(2, 3), LIMIT_MS);
    expect(again.claims.map(({ commandId }) => commandId)).toEqual([id(3)]);
    expect((await claimNew(pool, again.checkpoint, { next: 7 }, wanted(1), LIMIT_MS)).claims).toEqual([]);
    expect((await claimCheckpoint(pool, KEY)).next).toBe(7);
  });

  it('are claimed by nobody who was overtaken', async () => {
    const old: Checkpoint = await claimCheckpoint(pool, KEY);
    await claimCheckpoint(pool, KEY);
    await expect(claimNew(pool, old, { next: 9 }, wanted(1), LIMIT_MS)).rejects.toMatchObject({ code: 'LOG.FENCED' });
    expect(await rows()).toEqual([]);
  });
});

describe('outcomes', () => {
  const sent: Settlement = { state: 'sent', provider: 'p', providerMessageId: null };

  it('are kept for sending, each for itself, where their settlement was taken, and only then', async () => {
    const { claims } = await claim(1, 2, 3);
    const [one, two, three] = claims.map((of, i) => ({ claim: of, settlement: i === 2 ? waiting(LIMIT_MS) : sent, outcome: i === 2 ? null : Buffer.from(`outcome ${i + 1}`) }));
    expect((await settle(pool, KEY, [two!])).taken).toEqual(new Set([id(2)]));
    const { taken, pending } = await settle(pool, KEY, [one!, two!, three!]);
    expect(taken).toEqual(new Set([id(1), id(3)]));
    const kept = await readPending(pool, KEY);
    expect(kept.map(({ payload }) => payload.toString())).toEqual(['outcome 2', 'outcome 1']);
    expect(pending).toEqual([kept[1]!.id]);
    expect(await rows()).toEqual([[id(1), 'sent'], [id(2), 'sent'], [id(3), 'retry']]);
  });
});

describe('a partition waits for its tick', () => {
  const waits = async () => [...(await waitingPartitions(pool, KEY.consumer, KEY.topic, 12))];
  const settled = async (settlement: Settlement, outcome: Buffer | null = null) => settle(pool, KEY, [{ claim: (await claim(1)).claims[0]!, settlement, outcome }]);
  const parked = () => pool.query("insert into log.parked (consumer, topic, partition, \"offset\", key, code, detail, record, recorded_at) values ('delivery-service', 'commands', 3, 0, 'k', 'c', 'd', '', 0)");

  it('not with a claim whose deadline runs, a retry that is not due, or a parked command that nobody asked for', async () => {
    await settled(waiting(LIMIT_MS));
    await claim(2);
    await parked();
    expect(await waits()).toEqual([]);
  });
  it.each<[string, () => Promise<unknown>]>([
    ['an outcome to publish', () => settled({ state: 'sent', provider: 'p', providerMessageId: null }, Buffer.from('outcome'))],
    ['a retry that is due', () => settled(waiting(0))],
    ['a claim whose deadline has passed', async () => { await claim(1); await pool.query("update delivery.message set deadline = now() - interval '1 s'"); }],
    ['a parked command that was asked for', async () => { await parked(); await requestRetry(pool, { consumer: KEY.consumer }); }],
  ])('with %s', async (_, leave) => {
    await leave();
    expect(await waits()).toEqual([KEY.partition]);
  });
});
