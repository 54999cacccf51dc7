import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeMeta } from '@touchpoint/contracts';
import { createLogger, silentLog } from '@touchpoint/host';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { invalidMessage } from '@touchpoint/kernel';
import { META, TYPE } from '@touchpoint/log';
import { migrate, migrations } from './migrate.ts';
import { behind, parkingOf, type Parking } from './parked.ts';
import { listParked } from './parked-list.ts';
import { park, type Parkable } from './parking.policy.ts';
import { createPool, transaction, type Pool } from './pool.ts';

let database: FreshDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL']);
  await migrate(database.url, migrations);
  pool = createPool({ databaseUrl: database.url, name: 'spec', onError: () => undefined });
  await pool.query('create table customer (id integer primary key)');
});
beforeEach(() => pool.query('truncate log.parked, customer'));
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const AT = { consumer: 'c', topic: 't', partition: 0 };
const PARKABLE: Parkable = { table: 'customer', partitions: 4, log: silentLog };
let offset = 0;
const record = (key: string) => ({ offset: (offset += 1), key, timestamp: 1, value: Buffer.alloc(0), headers: {} });
const bad = (key: string, code = 'X.BAD'): Parking => parkingOf(record(key), invalidMessage(code, 'it is bad'));
const customers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => bad(`k${from + i}`));
const parked = (parkings: readonly Parking[], parkable = PARKABLE, at = AT) => transaction(pool, (client) => park(client, at, parkings, parkable));
const count = async () => (await listParked(pool, { limit: 1_000 })).length;

describe('One bad customer stops no other: a partition', () => {
  it('goes on while few of its customers are parked', async () => {
    await parked(customers(19));
    expect(await count()).toBe(19);
  });
  it('stops at twenty for one cause, in one batch or over many; what was parked before stays, the batch in hand does not', async () => {
    await expect(parked(customers(20))).rejects.toMatchObject({ kind: 'Halt', code: 'PARKED.BAD_RELEASE', message: expect.stringContaining('t/0: 20 of about 0 customers would be parked for X.BAD') });
    expect(await count()).toBe(0);
    await parked(customers(19));
    await expect(parked(customers(1, 19))).rejects.toMatchObject({ kind: 'Halt' });
    expect(await count()).toBe(19);
  });
  it('counts customers, not records, and not those behind', async () => {
    await parked(Array.from({ length: 30 }, () => bad('one')));
    await parked(Array.from({ length: 30 }, (_, i) => behind(record(`k${i}`))));
    expect(await count()).toBe(60);
  });
  it('counts each cause for itself, and each partition', async () => {
    await parked([...customers(19), ...Array.from({ length: 19 }, (_, i) => bad(`o${i}`, 'X.OTHER'))]);
    await parked(customers(19), PARKABLE, { ...AT, partition: 1 });
    expect(await count()).toBe(57);
  });
  it('bears more where it has more customers', async () => {
    await pool.query('insert into customer select generate_series(1, 10000)');
    await pool.query('analyze customer');
    await parked(customers(25));
    expect(await count()).toBe(25);
    await expect(parked(customers(1, 25))).rejects.toMatchObject({ message: expect.stringContaining('26 of about 2500 customers') });
  });
  it('is not stopped by what publishers do', async () => {
    await parked(Array.from({ length: 40 }, (_, i) => bad(`k${i}`, 'X.TWICE')), { ...PARKABLE, excused: ['X.TWICE'] });
    expect(await count()).toBe(40);
  });
});

describe('what is parked', () => {
  const told = async (parkings: readonly Parking[], more: Partial<Parkable> = {}): Promise<readonly Record<string, unknown>[]> => {
    const lines: string[] = [];
    await parked(parkings, { ...PARKABLE, ...more, log: createLogger('spec', 'info', { write: (line) => void lines.push(line) }) });
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const event = (key: string) => {
    const meta = encodeMeta({ messageId: `m-${key}`, publisher: 'shop', occurredAt: 1, receivedAt: 1, historical: false, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: 'corr-12345678', causationId: null });
    return { ...record(key), headers: { [META]: meta, [TYPE]: Buffer.from('Tracked') } };
  };
  it('is told once for each cause of a batch, with the first event, its correlation id and where it was thrown', async () => {
    const lines = await told([parkingOf(event('a'), new TypeError('x is undefined')), behind(event('a')), parkingOf(event('b'), new TypeError('x is undefined')), bad('c')]);
    expect(lines).toMatchObject([
      { level: 'error', consumer: 'c', topic: 't', partition: 0, type: 'Tracked', messageId: 'm-a', correlationId: 'corr-12345678', code: 'DEFECT', count: 2, error: { name: 'TypeError', message: 'x is undefined' } },
      { level: 'warn', code: 'X.BAD', count: 1, error: { code: 'X.BAD' } },
    ]);
    expect((lines[0]!['error'] as { frames: string[] }).frames[0]).toContain('parking.policy.int.spec');
    expect(lines[1]).not.toHaveProperty('correlationId');
  });
  it('is no warning where it is a publisher\'s doing', async () => expect(await told([bad('a', 'X.TWICE')], { excused: ['X.TWICE'] })).toMatchObject([{ level: 'info', code: 'X.TWICE' }]));
});
