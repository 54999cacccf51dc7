import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { createSourceKeys } from '@touchpoint/vault';
import { afterReady } from '../after-ready.ts';
import { repositoryRoot } from '../system/places.ts';
import { startSystem, type System } from '../system/index.ts';

/** The invoice lines of a real shop. */
const FILE = resolve(repositoryRoot, '../shared/data/online-retail/online-retail.csv.br');
const there = existsSync(FILE);
if (!there) console.warn(`online-retail.e2e.spec.ts is skipped: there is no ${FILE}`);

const READY_MS = 180_000;
const IMPORT_MS = 600_000;

let dir: string;
let database: FreshDatabase;
let system: System;
/** Everything of it that the read models say, as one text to compare. */
const TABLES = ['profile.orders_v1', 'profile.order_reversals_v1', 'profile.activity_v1', 'identity.link', 'identity.event_id'];

/** `touchpoint import`, as it is typed. */
const importAgain = (...args: readonly string[]) => touchpoint('import', FILE, '--map', 'online-retail', '--rejects', join(dir, 'rejects.ndjson'), ...args);
const touchpoint = (...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((done) => {
    const child = spawn(process.execPath, [join(repositoryRoot, 'apps/touchpoint-cli/src/main.ts'), ...args, '--dir', dir], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (piece: Buffer) => { out += piece.toString(); });
    child.stderr.on('data', (piece: Buffer) => { err += piece.toString(); });
    child.on('close', (code) => done({ code, out, err }));
  });

const one = async (sql: string, ...values: readonly unknown[]): Promise<Record<string, unknown>> => (await database.pool.query(sql, [...values])).rows[0] as Record<string, unknown>;
/** A digest of each table's rows, in whatever order they lie. */
const contents = async (): Promise<Record<string, unknown>> =>
  Object.fromEntries(await Promise.all(TABLES.map(async (table) => [table, await one(`select count(*)::int as rows, md5(string_agg(row, '|' order by row)) as digest from (select t::text as row from ${table} t) rows`)] as const)));

/** A decimal without the zeros at its end. */
const plainly = (decimal: unknown): string => String(decimal).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');

/** What each order, cancellation and adjustment adds to the sales. */
const SALES = `
  select customer_id, 'completed' as kind, lines, gross as net from profile.orders_v1
  union all
  select customer_id, kind, lines, case kind when 'adjusted' then amount else -amount end from profile.order_reversals_v1`;

beforeAll(async () => {
  if (!there) return;
  dir = await mkdtemp(join(tmpdir(), 'touchpoint-online-retail-'));
  database = await freshDatabase(process.env['DATABASE_URL']);
  system = await startSystem({ dir, databaseUrl: database.url, topicPrefix: `retail${randomBytes(4).toString('hex')}.`, partitions: 4, apps: ['ingest-api', 'identity-resolver', 'profile-projector', 'channel-orchestrator', 'operations-api'], afterReady });
}, READY_MS);
afterAll(async () => {
  await system?.stop();
  await database?.drop();
  if (dir) await rm(dir, { recursive: true, force: true });
}, READY_MS);

(there ? describe : describe.skip)('Online Retail, imported through the running system', () => {
  let first: Record<string, unknown>;

  it('is taken whole', async () => {
    const { code, out, err } = await importAgain();
    expect({ code, out, err: code === 0 ? '' : err }).toEqual({ code: 0, out: expect.stringMatching(/rows +541,909\n +events +25,900 .*\n +rejected +0/), err: '' });
    await system.untilIdle(IMPORT_MS);
    first = await contents();
  }, IMPORT_MS);

  it('has each invoice and each line', async () => {
    expect(await one(`select count(*)::int as invoices, sum(lines)::int as lines, count(*) filter (where kind = 'cancelled')::int as cancelled, count(*) filter (where kind = 'adjusted')::int as adjusted from (${SALES}) sales`)).toEqual({
      invoices: 25_900, lines: 541_909, cancelled: 3_836, adjusted: 3,
    });
    expect(await one('select count(*)::int as parked from log.parked')).toEqual({ parked: 0 });
    expect(await one(`select place, currency, count(*)::int as orders from profile.orders_v1 group by 1, 2`)).toEqual({ place: 'web', currency: 'GBP', orders: 22_061 });
  });

  it('has each customer, and a stranger for each invoice without one', async () =>
    expect(await one(`select count(*) filter (where kind = 'user')::int as known, count(*) filter (where kind = 'anonymous')::int as strangers from identity.link`)).toEqual({ known: 4_372, strangers: 3_710 }));

  it('agrees with the file to the penny', async () => {
    const known = `customer_id in (select customer_id from identity.link where kind = 'user')`;
    const sums = await one(`select sum(net)::text as net, (sum(net) filter (where ${known}))::text as known, (sum(net) filter (where kind = 'cancelled'))::text as cancelled from (${SALES}) sales`);
    expect(Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, plainly(sum)]))).toEqual({ net: '9747747.934', known: '8300065.814', cancelled: '-896812.49' });
    const best = await one(`select source_key, sum(net)::text as net from identity.link join (${SALES}) sales using (customer_id) where link.kind = 'user' group by 1 order by sum(net) desc limit 1`);
    const keyOf = createSourceKeys(Buffer.from(system.secrets.SOURCE_KEY_SECRET, 'base64')).keyOf('user', '14646');
    expect([String(best['source_key']).replaceAll('-', ''), plainly(best['net'])]).toEqual([keyOf, '279489.02']);
  });

  it.each([
    ['with two orders or more', { did: { event: 'OrderCompleted' }, atLeast: 2 }, 2_845],
    ['of 1,000.00 or more in 180 days, cancellations deducted', { did: { event: 'OrderCompleted', sum: 'amount', less: [{ event: 'OrderCancelled', sum: 'amount' }], within: 'P180D' }, atLeast: '1000.00' }, 1_098],
  ])('has the members of a segment that asks of history what nothing asked before: known customers %s', async (_, condition, members) => {
    const file = join(dir, 'asked.json');
    await writeFile(file, JSON.stringify({ id: 'asked', version: 1, name: 'Asked', when: { all: [{ measure: 'identity.knownAt', exists: true }, condition] } }));
    const { code, out } = await touchpoint('segments', 'preview', file, '--at', '2011-12-09T12:50:00Z', '--json');
    expect(code).toBe(0);
    // All but three strangers, of whom nothing but an entry of the accounts is known.
    expect((JSON.parse(out) as { outcome: { figures: object } }).outcome.figures).toMatchObject({ members, customers: 8_079 });
  });

  it('takes the earliest time of an invoice that has two', async () =>
    expect(await one(`select placed_at from profile.orders_v1 where order_id = '536591'`)).toEqual({ placed_at: new Date('2010-12-01T16:57:00Z') }));

  it('imported again changes nothing', async () => {
    expect(await importAgain()).toMatchObject({ code: 0, out: expect.stringContaining('imported before') });
    // Sent again, all of it: the system itself drops what it has.
    expect(await importAgain('--again')).toMatchObject({ code: 0, out: expect.stringMatching(/events +25,900/) });
    await system.untilIdle(IMPORT_MS);
    expect(await contents()).toEqual(first);
    expect(await one('select count(*)::int as parked from log.parked')).toEqual({ parked: 0 });
  }, IMPORT_MS);
});
