import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMetrics } from '@touchpoint/host';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { invalidMessage } from '@touchpoint/kernel';
import type { LogRecord } from '@touchpoint/log';
import { migrate, migrations } from './migrate.ts';
import { observeParked } from './parked-customers.ts';
import { claimCheckpoint } from './checkpoint.ts';
import { BEHIND, behind, deleteParked, forgetDropped, insertParked, parkedKeys, parkingOf, readRetries, requestRetry, type Parking } from './parked.ts';
import { droppable, dropParked, listDropped, listParked, parkedCauses, readParked } from './parked-list.ts';
import { createPool, transaction, type Pool } from './pool.ts';

let database: FreshDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL']);
  await migrate(database.url, migrations);
  pool = createPool({ databaseUrl: database.url, name: 'spec', onError: () => undefined });
});
beforeEach(() => pool.query('truncate log.parked, log.dropped, log.checkpoint'));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const AT = { consumer: 'c', topic: 't', partition: 0 };
const record = (offset: number, key: string): LogRecord => ({ offset, key, timestamp: 1_000 + offset, value: Buffer.from(`value ${offset}`), headers: { type: Buffer.from('T'), meta: Buffer.from([0, 255]) } });
const park = (parkings: readonly Parking[], at = AT) => transaction(pool, (client) => insertParked(client, at, parkings));
const bad = (offset: number, key: string) => parkingOf(record(offset, key), invalidMessage('X.BAD', `offset ${offset} is bad`));
const retries = async (most?: { records?: number; bytes?: number }) => {
  const { records, remaining } = await readRetries(pool, AT, most);
  return { offsets: records.map(({ record: { offset } }) => offset), remaining: [...remaining].toSorted() };
};
const NONE = { offsets: [], remaining: [] };

it('are counted by customer, for whoever watches', async () => {
  const metrics = createMetrics('spec', { defaults: false });
  observeParked(metrics, pool, AT.consumer);
  const seen = async () => Number(/parked_customers\{.*\} (\S+)/.exec(await metrics.registry.metrics())?.[1]);
  expect(await seen()).toBe(0);
  await park([bad(5, 'a'), behind(record(6, 'a')), bad(7, 'b')]);
  await park([bad(5, 'z')], { ...AT, consumer: 'd' });
  expect(await seen()).toBe(2);
});

describe('parked records', () => {
  it('are listed with why, oldest first', async () => {
    await park([bad(5, 'a'), behind(record(6, 'a'))]);
    await park([parkingOf(record(3, 'b'), new TypeError('cannot read jane@example.org'))], { ...AT, consumer: 'd' });
    expect(await listParked(pool)).toMatchObject([
      { ...AT, offset: 5, key: 'a', code: 'X.BAD', detail: 'offset 5 is bad', state: 'parked', blocking: true },
      { ...AT, offset: 6, key: 'a', code: BEHIND },
      { consumer: 'd', offset: 3, code: 'DEFECT', detail: 'TypeError was thrown' },
    ]);
    expect(await listParked(pool, { consumer: 'd' })).toHaveLength(1);
    expect(await listParked(pool, { limit: 2 })).toHaveLength(2);
  });
  it('are parked once, however often their batch is tried', async () => {
    await park([bad(5, 'a')]);
    await park([bad(5, 'a'), bad(6, 'a')]);
    await park([]);
    expect((await listParked(pool)).map(({ offset }) => offset)).toEqual([5, 6]);
  });
  it('are counted by why', async () => {
    await park([bad(1, 'a'), behind(record(2, 'a')), bad(3, 'b')]);
    expect(await parkedCauses(pool)).toEqual([{ consumer: 'c', code: BEHIND, records: 1, keys: 1 }, { consumer: 'c', code: 'X.BAD', records: 2, keys: 2 }]);
    expect((await listParked(pool, { code: 'X.BAD', key: 'b' })).map(({ offset }) => offset)).toEqual([3]);
    const [first, second] = await listParked(pool);
    expect(await listParked(pool, { after: first!.id, limit: 1 })).toEqual([second]);
  });
  it('hold their keys back, but not those parked alone', async () => {
    await park([bad(1, 'a'), { ...bad(2, 'b'), alone: true }]);
    await park([bad(9, 'z')], { ...AT, partition: 1 });
    expect([...(await parkedKeys(pool, AT))]).toEqual(['a']);
  });
  it('are parked with a reason that holds what Postgres cannot', async () => {
    await park([parkingOf(record(1, 'a'), Object.assign(new Error('a\0b'), { code: 'X\0' }))]);
    expect(await listParked(pool)).toMatchObject([{ code: 'X\uFFFD', detail: 'a\uFFFDb' }]);
  });
});

describe('a retry', () => {
  it('of a key gives all its records, in the order of the log, as they were', async () => {
    await park([bad(9, 'a'), bad(4, 'b'), behind(record(12, 'a'))]);
    await park([behind(record(10, 'a'))]);
    expect(await retries()).toEqual(NONE);
    expect(await requestRetry(pool, { consumer: 'c', key: 'a' })).toBe(3);
    expect(await retries()).toEqual({ offsets: [9, 10, 12], remaining: [] });
    expect((await readRetries(pool, AT)).records[0]).toMatchObject({ key: 'a', code: 'X.BAD', record: record(9, 'a') });
    expect((await readRetries(pool, { ...AT, partition: 1 })).records).toEqual([]);
  });
  it('takes along what was parked after it was asked for', async () => {
    await park([bad(1, 'a')]);
    await requestRetry(pool, { consumer: 'c', key: 'a' });
    await park([behind(record(2, 'a'))]);
    expect((await retries()).offsets).toEqual([1, 2]);
  });
  it('gives so many records and bytes at a time, and says whose later ones remain: those keys stay parked', async () => {
    await park([...[1, 4, 7, 10].map((offset) => bad(offset, 'a')), ...[2, 5].map((offset) => bad(offset, 'b')), ...[3, 6].map((offset) => bad(offset, 'c'))]);
    await requestRetry(pool, { consumer: 'c' });
    expect(await retries({ records: 1 })).toEqual({ offsets: [1], remaining: ['a'] });
    expect(await retries({ records: 5 })).toEqual({ offsets: [1, 2, 3, 4, 5], remaining: ['a', 'c'] });
    expect(await retries({ records: 8 })).toEqual({ offsets: [1, 2, 3, 4, 5, 6, 7, 10], remaining: [] });
    const { rows: [first] } = await pool.query<{ bytes: number }>('select octet_length(record) as bytes from log.parked where "offset" = 1');
    expect(await retries({ bytes: 2 * first!.bytes })).toEqual({ offsets: [1, 2], remaining: ['a', 'b'] });
    expect(await retries({ bytes: 1 })).toEqual({ offsets: [1], remaining: ['a'] });
  });
  it('that fails again at some record leaves what is behind it, until it is asked for anew', async () => {
    await park([bad(1, 'a'), bad(2, 'b'), ...[3, 4, 5].map((offset) => behind(record(offset, 'a'))), behind(record(6, 'b'))]);
    await requestRetry(pool, { consumer: 'c' });
    const { records } = await readRetries(pool, AT, { records: 3 });
    await transaction(pool, async (client) => {
      await deleteParked(client, records.map(({ id }) => id));
      await insertParked(client, AT, [bad(1, 'a'), behind(record(3, 'a'))]);
    });
    expect(await retries()).toEqual({ offsets: [6], remaining: [] });
    await requestRetry(pool, { consumer: 'c', key: 'a' });
    expect((await retries()).offsets).toEqual([1, 3, 4, 5, 6]);
  });
  it('finds what was parked alone, and parks no key for it', async () => {
    await park([{ ...bad(1, 'a'), alone: true }, { ...bad(2, 'a'), alone: true }, bad(3, 'b')]);
    await requestRetry(pool, { consumer: 'c', key: 'a' });
    expect(await retries({ records: 1 })).toEqual({ offsets: [1], remaining: [] });
  });
  it('that succeeds leaves nothing; one that fails again is not tried again by itself', async () => {
    await park([bad(1, 'a'), bad(2, 'b')]);
    await requestRetry(pool, { consumer: 'c' });
    const { records } = await readRetries(pool, AT);
    await transaction(pool, async (client) => {
      await deleteParked(client, records.map(({ id }) => id));
      await insertParked(client, AT, [bad(2, 'b')]);
    });
    expect(await retries()).toEqual(NONE);
    expect([...(await parkedKeys(pool, AT))]).toEqual(['b']);
  });
});

describe('a drop', () => {
  const RUN = '00000000-0000-4000-8000-000000000001';
  const idsAt = async (...offsets: readonly number[]) => (await listParked(pool)).filter(({ offset }) => offsets.includes(offset)).map(({ id }) => id);
  const drop = (ids: readonly number[]) => transaction(pool, (client) => dropParked(client, ids, RUN));

  it('takes what failed, and what lies behind it only by its id', async () => {
    await park([bad(1, 'a'), behind(record(2, 'a')), bad(3, 'b')]);
    expect((await droppable(pool, { consumer: 'c', key: 'a' }, 10)).map(({ offset }) => offset)).toEqual([1]);
    expect((await droppable(pool, { consumer: 'c', code: 'X.BAD' }, 10)).map(({ offset }) => offset)).toEqual([1, 3]);
    expect(await droppable(pool, { consumer: 'c', code: BEHIND }, 10)).toEqual([]);
    expect((await droppable(pool, { consumer: 'c', id: (await idsAt(2))[0]! }, 10)).map(({ offset }) => offset)).toEqual([2]);
    expect(await droppable(pool, { consumer: 'd', key: 'a' }, 10)).toEqual([]);
  });
  it('keeps the position and why, and no bytes; what lies behind is redriven by itself, in order', async () => {
    await park([bad(1, 'a'), behind(record(2, 'a')), bad(3, 'b'), behind(record(4, 'a'))]);
    const [id] = await idsAt(1);
    expect(await drop([id!])).toEqual(new Set([id]));
    expect((await pool.query('select octet_length(record) as bytes, detail from log.parked where id = $1', [id])).rows).toEqual([{ bytes: 0, detail: '' }]);
    expect(await readParked(pool, id!)).toMatchObject({ summary: { state: 'dropped' }, record: undefined });
    expect(await listDropped(pool, { consumer: 'c' }, 10)).toMatchObject([{ ...AT, offset: 1, key: 'a', code: 'X.BAD', runId: RUN }]);
    const found = await readRetries(pool, AT);
    expect({ ...found, records: found.records.map(({ record: { offset } }) => offset) }).toEqual({ records: [2, 4], dropped: [id], keys: new Set(['a']), remaining: new Set() });
    const checkpoint = await claimCheckpoint(pool, AT);
    expect((await forgetDropped(pool, checkpoint, [id!])).version).toBe(checkpoint.version + 1n);
    expect((await retries()).offsets).toEqual([2, 4]);
    await expect(forgetDropped(pool, checkpoint, [])).resolves.toBe(checkpoint);
    await expect(forgetDropped(pool, checkpoint, [1])).rejects.toMatchObject({ kind: 'Fenced' });
  });
  it('of all that a key has parked frees the key; what comes before its owner knows is redriven with it', async () => {
    await park([bad(1, 'a')]);
    const ids = await idsAt(1);
    await drop(ids);
    await park([behind(record(2, 'a'))]);
    const checkpoint = await forgetDropped(pool, await claimCheckpoint(pool, AT), ids);
    expect(checkpoint.next).toBe(0);
    // Had the owner died here, its successor would find it asked for.
    expect(await retries()).toEqual({ offsets: [2], remaining: [] });
  });
  it('of what its owner tries again at the moment undoes that try, or comes too late', async () => {
    await park([bad(1, 'a'), bad(2, 'b')]);
    await requestRetry(pool, { consumer: 'c' });
    const { records } = await readRetries(pool, AT);
    const [first, second] = records.map(({ id }) => id);
    await drop([first!]);
    await expect(transaction(pool, (client) => deleteParked(client, [first!, second!]))).rejects.toMatchObject({ kind: 'Transient', code: 'PARKED.DROPPED' });
    expect((await listParked(pool)).map(({ offset }) => offset)).toEqual([1, 2]);
    await transaction(pool, async (client) => {
      await deleteParked(client, [second!]);
      // It waits for the owner's transaction, and finds nothing.
      const late = drop([second!]);
      await pool.query('select 1');
      await client.query('commit; begin');
      expect(await late).toEqual(new Set());
    });
    expect((await listDropped(pool, {}, 10)).map(({ offset }) => offset)).toEqual([1]);
  });
});
