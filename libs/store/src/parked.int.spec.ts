import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { invalidMessage } from '@touchpoint/kernel';
import type { LogRecord } from '@touchpoint/log';
import { migrate, migrations } from './migrate.ts';
import { BEHIND, behind, deleteParked, insertParked, listParked, parkedKeys, parkingOf, readRetries, requestRetry, type Parking } from './parked.ts';
import { createPool, transaction, type Pool } from './pool.ts';

let database: FreshDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL']);
  await migrate(database.url, migrations);
  pool = createPool({ databaseUrl: database.url, name: 'spec', onError: () => undefined });
}, 60_000);
beforeEach(() => pool.query('truncate log.parked'));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
}, 60_000);

const AT = { consumer: 'c', topic: 't', partition: 0 };
const record = (offset: number, key: string): LogRecord => ({ offset, key, timestamp: 1_000 + offset, value: Buffer.from(`value ${offset}`), headers: { type: Buffer.from('T'), meta: Buffer.from([0, 255]) } });
const park = (parkings: readonly Parking[], at = AT) => transaction(pool, (client) => insertParked(client, at, parkings));
const bad = (offset: number, key: string) => parkingOf(record(offset, key), invalidMessage('X.BAD', `offset ${offset} is bad`));
const offsets = async (limit?: number) => (await readRetries(pool, AT, limit)).map(({ record: { offset } }) => offset);

describe('parked records', () => {
  it('are listed with why, oldest first', async () => {
    await park([bad(5, 'a'), behind(record(6, 'a'))]);
    await park([parkingOf(record(3, 'b'), new TypeError('cannot read jane@example.org'))], { ...AT, consumer: 'd' });
    expect(await listParked(pool)).toMatchObject([
      { ...AT, offset: 5, key: 'a', code: 'X.BAD', detail: 'offset 5 is bad', retryAt: null },
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
    expect(await readRetries(pool, AT)).toEqual([]);
    expect(await requestRetry(pool, { consumer: 'c', key: 'a' })).toBe(3);
    const retries = await readRetries(pool, AT);
    expect(retries.map(({ record: { offset } }) => offset)).toEqual([9, 10, 12]);
    expect(retries[0]).toMatchObject({ key: 'a', code: 'X.BAD', record: record(9, 'a') });
    expect(await readRetries(pool, { ...AT, partition: 1 })).toEqual([]);
  });
  it('takes along what was parked after it was asked for', async () => {
    await park([bad(1, 'a')]);
    await requestRetry(pool, { consumer: 'c', key: 'a' });
    await park([behind(record(2, 'a'))]);
    expect(await offsets()).toEqual([1, 2]);
  });
  it('gives whole keys: none of a key\'s records can be overtaken by a later one', async () => {
    await park([...[1, 4, 7, 10].map((offset) => bad(offset, 'a')), ...[2, 5].map((offset) => bad(offset, 'b')), ...[3, 6].map((offset) => bad(offset, 'c'))]);
    await requestRetry(pool, { consumer: 'c' });
    expect(await offsets(1)).toEqual([1, 4, 7, 10]);
    expect(await offsets(4)).toEqual([1, 4, 7, 10]);
    expect(await offsets(5)).toEqual([1, 2, 4, 5, 7, 10]);
    expect(await offsets(7)).toEqual([1, 2, 3, 4, 5, 6, 7, 10]);
  });
  it('that succeeds leaves nothing; one that fails again is not tried again by itself', async () => {
    await park([bad(1, 'a'), bad(2, 'b')]);
    await requestRetry(pool, { consumer: 'c' });
    const retries = await readRetries(pool, AT);
    await transaction(pool, async (client) => {
      await deleteParked(client, retries.map(({ id }) => id));
      await insertParked(client, AT, [bad(2, 'b')]);
    });
    expect(await readRetries(pool, AT)).toEqual([]);
    expect([...(await parkedKeys(pool, AT))]).toEqual(['b']);
  });
});
