import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { customerIdOf, type CustomerId, type SourceKey } from '@touchpoint/kernel';
import type { ResolvableEvent } from '@touchpoint/identity';
import { transaction, type Client, type Pool } from '@touchpoint/store';
import { eventually, specPool } from '@touchpoint/testing';
import { migrations } from './identity.migrations.ts';
import { loadBook, saveBook } from './link-store.ts';

let pool: Pool;
specPool(migrations, (its) => (pool = its));
beforeEach(() => pool.query('truncate identity.customer, identity.link'));
afterEach(async () => {
  for (const end of ends.splice(0)) await end('rollback');
});

const key = (n: number) => n.toString(16).padStart(32, '0') as SourceKey;
const who = (n: number) => customerIdOf(key(n));
const visitor = (n: number) => ({ kind: 'anonymous' as const, key: key(n) });
const user = (n: number) => ({ kind: 'user' as const, key: key(n) });
const event = (messageId: string, at: number, link: ResolvableEvent['link'], ...sources: ResolvableEvent['sources']): ResolvableEvent => ({ publisher: 'shop', messageId, link, occurredAt: at, sources });
const take = (...events: readonly ResolvableEvent[]) => transaction(pool, async (client) => {
  const loaded = await loadBook(client, events);
  for (const one of events) loaded.book.resolve(one);
  await saveBook(client, loaded.book.takeChanges(), loaded);
});
const customers = async () => Object.fromEntries((await pool.query<{ id: CustomerId; survivor: CustomerId | null; has_user: boolean }>('select customer_id as id, survivor_id as survivor, has_user from identity.customer')).rows.map(({ id, ...row }) => [id, row]));
const ends: ((how: 'rollback') => Promise<void>)[] = [];
/** A transaction that stands open until it is told to end, or the case is over. */
const open = async () => {
  const client = await pool.connect();
  await client.query('begin');
  let ended = false;
  const end = async (how: 'commit' | 'rollback') => {
    if (ended) return;
    ended = true;
    await client.query(how);
    client.release();
  };
  ends.push(end);
  return { client, end };
};
const update = (client: Pick<Client, 'query'>, id: CustomerId, set: string) => client.query(`update identity.customer set ${set} where customer_id = '${id}'`);
const RACED = { kind: 'Transient', code: 'IDENTITY.RACED' };

describe('two partitions that merge at the same time', () => {
  it('lose neither merge: who was absorbed while we waited for its lock leads to a customer that nobody of us has locked', async () => {
    await take(event('1', 1, 'none', visitor(1)), event('2', 2, 'none', visitor(2)), event('3', 3, 'none', visitor(3)), event('4', 4, 'none', visitor(4)));
    const [first, second] = [await open(), await open()];
    // One merges 3 into 2, and holds both.
    await first.client.query(`select from identity.customer where customer_id = any('{${who(2)},${who(3)}}') for update`);
    await update(first.client, who(3), `survivor_id = '${who(2)}'`);
    const joining = event('5', 5, 'identify', visitor(3), visitor(4));
    const loading = loadBook(second.client, [joining]);
    await eventually('the wait for the lock', async () => (await pool.query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")).rowCount === 1);
    await first.end('commit');
    const loaded = await loading;
    // Another merges 2 into 1, and gives 2 a user, before we write.
    await update(pool, who(2), `survivor_id = '${who(1)}', has_user = true`);
    expect(loaded.book.resolve(joining)).toMatchObject({ customerId: who(2), merges: [{ survivor: who(2), absorbed: who(4) }] });
    await expect(saveBook(second.client, loaded.book.takeChanges(), loaded)).rejects.toMatchObject(RACED);
    await second.end('rollback');
    await take(joining);
    expect(await customers()).toMatchObject({
      [who(1)]: { survivor: null }, [who(2)]: { survivor: who(1), has_user: true }, [who(3)]: { survivor: who(2) }, [who(4)]: { survivor: who(1) },
    });
  });
  it('let a customer that a plain event changes be absorbed meanwhile', async () => {
    // A user's customer is there already, under another of its sources.
    await pool.query(`insert into identity.customer values ('${who(7)}', 1, null, false, false), ('${who(8)}', 0, null, false, false)`);
    await pool.query(`insert into identity.link values ('${key(9)}', 'anonymous', '${who(7)}', 1, 'none')`);
    const mine = await open();
    const loaded = await loadBook(mine.client, [event('1', 5, 'none', visitor(9)), event('2', 5, 'none', user(7))]);
    await update(pool, who(7), `survivor_id = '${who(8)}'`);
    loaded.book.resolve(event('2', 5, 'none', user(7)));
    await expect(saveBook(mine.client, loaded.book.takeChanges(), loaded)).rejects.toMatchObject(RACED);
    await mine.end('rollback');
    expect((await customers())[who(7)]).toEqual({ survivor: who(8), has_user: false });
  });
  it('let each other be when they change nothing of one another', async () => {
    await take(event('1', 1, 'none', visitor(1)), event('2', 2, 'none', visitor(2)));
    const mine = await open();
    const loaded = await loadBook(mine.client, [event('3', 3, 'none', visitor(1)), event('4', 4, 'none', visitor(5))]);
    await update(pool, who(1), `survivor_id = '${who(2)}'`);
    for (const one of [event('3', 3, 'none', visitor(1)), event('4', 4, 'none', visitor(5))]) loaded.book.resolve(one);
    await saveBook(mine.client, loaded.book.takeChanges(), loaded);
    await mine.end('commit');
    expect(await customers()).toMatchObject({ [who(1)]: { survivor: who(2) }, [who(5)]: { survivor: null } });
  });
});
