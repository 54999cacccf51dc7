import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseKey } from './access-key.ts';
import { migrations } from './access.migrations.ts';
import { tableApiKeys, type ApiKeys } from './api-keys.ts';
import { freshDatabase, type FreshDatabase } from './testing/fresh-database.ts';
import { manualClock } from './testing/manual-clock.ts';

let database: FreshDatabase;
let keys: ApiKeys;
const clock = manualClock(Date.UTC(2024, 0, 15));

beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL'], [...migrations, ...migrations]);
  keys = tableApiKeys(database.pool, clock);
});
afterAll(() => database?.drop());

describe('a key in the table', () => {
  it('is given once, and kept as the hash of its secret only', async () => {
    const { key, apiKey } = await keys.create({ name: 'shop', scopes: ['events:write', 'events:write', 'events:import'], limits: { maxEventBytes: 5_000_000 } });
    const { id, secret } = parseKey(key)!;
    expect(apiKey).toEqual({ id, name: 'shop', scopes: ['events:write', 'events:import'], limits: { maxEventBytes: 5_000_000, maxBatchBytes: null }, createdAt: clock.now(), revokedAt: null });
    expect(await keys.list()).toEqual([apiKey]);
    const { rows } = await database.pool.query('select k::text as row from access.api_key k');
    expect(rows).toHaveLength(1);
    expect(rows[0].row).toContain(id);
    expect(rows[0].row).not.toContain(secret);
  });
  it('lets its bearer in, in every process, until it is revoked', async () => {
    const { key } = await keys.create({ name: 'query', scopes: ['customers:read'] });
    const presented = parseKey(key)!;
    const elsewhere = tableApiKeys(database.pool, clock);
    for (const process of [keys, elsewhere]) expect(await process.verify(presented)).toMatchObject({ keyId: presented.id, name: 'query', scopes: ['customers:read'] });
    expect(await keys.revoke(presented.id)).toBe(true);
    expect(await keys.verify(presented)).toBeNull();
    clock.advance(30_000);
    expect(await elsewhere.verify(presented)).toBeNull();
    expect((await keys.list()).find(({ id }) => id === presented.id)).toMatchObject({ revokedAt: clock.now() - 30_000 });
  });
  it('is revoked once', async () => {
    const { apiKey } = await keys.create({ name: 'once', scopes: ['operate'] });
    expect(await keys.revoke(apiKey.id)).toBe(true);
    expect(await keys.revoke(apiKey.id)).toBe(false);
    expect(await keys.revoke('0000000000000000')).toBe(false);
  });
  it('of a bad form is made nowhere', async () => {
    const before = (await keys.list()).length;
    await expect(keys.create({ name: 'Not A Name', scopes: [] })).rejects.toMatchObject({ kind: 'InvalidMessage', code: 'ACCESS.NEW_KEY' });
    expect(await keys.list()).toHaveLength(before);
  });
});
