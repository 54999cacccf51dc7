import { describe, expect, it } from '@jest/globals';
import { DAY, dayOf } from '@touchpoint/kernel';
import { EventDays, insertEventIds, knownEventIds, transaction, type Pool } from '@touchpoint/store';
import { specPool } from '@touchpoint/testing';
import { migrations } from './identity.migrations.ts';

let pool: Pool;
specPool(migrations, (its) => (pool = its));

const NOW = Date.parse('2026-03-01T12:00:00Z');
const [TODAY, OLD] = [dayOf(NOW), dayOf(NOW - 20 * DAY)];
const ids = (n: number, day: string) => [{ id: n.toString(16).padStart(32, '0'), digest: '1'.repeat(32), day }];
const insert = (n: number, day: string) => transaction(pool, (client) => insertEventIds(client, ids(n, day)));
const tables = async () => (await pool.query<{ name: string }>("select relname as name from pg_class where relname ~ '^event_id_[0-9]{8}$' order by 1")).rows.map(({ name }) => name);

describe('the days of event ids', () => {
  it('are made when they are met first, and dropped when they are old', async () => {
    const days = new EventDays(pool, 7);
    await days.ensure(new Set([OLD, TODAY, 'infinity']), { again: false });
    for (const [n, day] of [[1, OLD], [2, TODAY], [3, 'infinity']] as const) await insert(n, day);
    await days.drop(NOW);
    expect(await tables()).toEqual([`event_id_${TODAY.replaceAll('-', '')}`]);
    const known = await transaction(pool, (client) => knownEventIds(client, [1, 2, 3].map((n) => ({ id: ids(n, TODAY)[0]! }))));
    expect([...known.keys()].map((id) => Number.parseInt(id, 16)).toSorted()).toEqual([2, 3]);
  });
  it('are there again for events that were parked for longer, whichever process dropped them', async () => {
    const [ours, others] = [new EventDays(pool, 7), new EventDays(pool, 7)];
    for (const dropping of [ours, others]) {
      await ours.ensure(new Set([OLD]), { again: true });
      await dropping.drop(NOW);
      await expect(insert(4, OLD)).rejects.toThrow('23514');
      await ours.ensure(new Set([OLD]), { again: true });
      await insert(5, OLD);
    }
  });
});
