import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeMeta, encodeMeta } from '@touchpoint/contracts';
import { silentLog } from '@touchpoint/host';
import { customerSourceKey } from '@touchpoint/identity';
import { customerIdOf, transient, type CustomerId, type Link, type Meta, type SourceKey, type SourceKind } from '@touchpoint/kernel';
import { dropRepeats, META, originName, TYPE, type Appender, type LogReader, type LogRecord, type OutRecord } from '@touchpoint/log';
import { EventDays, claimCheckpoint, parkedKeys, requestRetry, sendAs, type Pool } from '@touchpoint/store';
import { specPool } from '@touchpoint/testing';
import { migrations as vaultMigrations } from '@touchpoint/vault';
import { migrations } from './identity.migrations.ts';
import { ResolverSession } from './resolver.session.ts';

let pool: Pool;
let received: LogRecord[] = [];
let timeline: OutRecord[] = [];
let loseAnswer = false;
specPool([...vaultMigrations, ...migrations], (its) => (pool = its));
beforeEach(async () => {
  [received, timeline, loseAnswer] = [[], [], false];
  await pool.query('truncate log.checkpoint, log.pending, log.parked, identity.customer, identity.link, identity.stray, identity.event_id, vault.data_key');
});

const AT = Date.parse('2026-01-01T00:00:00Z');
const appender: Appender = {
  pendingBytes: 0,
  append: (records) => {
    if (loseAnswer) return Promise.reject(transient('LOG.UNAVAILABLE', 'killed before it was sent'));
    timeline.push(...records.map(({ topic, partition, key, value, headers }) => ({ topic, partition, key, value, headers })));
    return Promise.resolve();
  },
  close: () => Promise.resolve(),
};
const logReader: LogReader = { read: (_topic, _partition, offsets) => Promise.resolve(received.filter(({ offset }) => offsets.includes(offset))), close: () => Promise.resolve() };
const open = async (partition = 0) => {
  const origin = originName('identity-resolver', 1, 'received', partition, 1);
  const checkpoint = await sendAs(pool, await claimCheckpoint(pool, { consumer: 'identity-resolver', topic: 'received', partition }), origin);
  const days = new EventDays(pool, 7);
  const session = new ResolverSession({
    pool, appender, logReader, writer: { write: (type) => Buffer.from(type) }, reader: { prepare: () => Promise.resolve(), read: () => { throw new Error('nothing of this is read'); } }, received: 'received', timeline: { topic: 'timeline', partitions: 1 },
    parkable: { table: 'identity.link', partitions: 1, excused: ['IDENTITY.CONFLICT'], log: silentLog }, ensureDays: (of, options) => days.ensure(of, options), onResolved: () => undefined,
  }, checkpoint, await parkedKeys(pool, checkpoint), origin);
  await session.sendPending();
  return session;
};
const key = (name: string): SourceKey => Buffer.from(name).toString('hex').padEnd(32, '0') as SourceKey;
const source = (id: string): Meta['sources'][number] => ({ kind: id.split(':')[0] as SourceKind, key: key(id), label: null });
const record = (messageId: string, type: string, sources: Meta['sources'], link: Link = 'none', readable = true): LogRecord => {
  const meta: Meta = { messageId, publisher: 'shop', occurredAt: AT, receivedAt: AT, historical: false, sources, link, digest: '1'.repeat(32), correlationId: null, causationId: null };
  return { offset: 0, key: sources[0]!.key, timestamp: AT, value: Buffer.alloc(1), headers: { [META]: readable ? encodeMeta(meta) : Buffer.of(9, 9), [TYPE]: Buffer.from(type) } };
};
const said = (messageId: string, ids: readonly string[], link: Link = 'none') => record(messageId, 'Tracked', ids.map(source), link);
const erasure = (messageId: string, of: CustomerId) => record(messageId, 'ErasureRequested', [{ kind: 'customer', key: customerSourceKey(of), label: null }]);
const customer = (id: string) => customerIdOf(key(id));

/** Takes what was received to its end, as the worker does: asked again with what a session left. */
const processAll = async (session: ResolverSession, ...records: readonly LogRecord[]) => {
  const first = received.length;
  received.push(...records.map((one, i) => ({ ...one, offset: first + i })));
  for (let next = Math.max(session.next, 0); next < received.length; next = session.next) await session.process(received.slice(next));
};
const seen = () => dropRepeats(new Map(), timeline.map(({ key: of, value, headers }, offset) => ({ offset, key: of, timestamp: AT, value, headers }))).taken.map(({ key: of, headers }) => [headers[TYPE]!.toString(), of, decodeMeta(headers[META]!).messageId]);
const erasedFacts = () => seen().filter(([type]) => type === 'CustomerErased').map(([, of]) => of);
const keys = async () => (await pool.query('select source_key, wrapped is null as gone from vault.data_key order by 1')).rows.map((row: { source_key: string; gone: boolean }) => [row.source_key.replaceAll('-', ''), row.gone]);
const giveKeys = (...of: readonly SourceKey[]) => pool.query("insert into vault.data_key (source_key, wrapped, master_id) select k, 'x', 'm' from unnest($1::uuid[]) k", [of]);
/** The survivor first: of two that are equally old the one with the lesser id. */
const set = [customer('anonymous:x'), customer('user:1')].sort() as [CustomerId, CustomerId];
const people = [said('a', ['anonymous:x']), said('b', ['user:1']), said('c', ['user:1', 'anonymous:x', 'email:e'], 'identify'), said('d', ['user:2', 'email:f'], 'identify')];

describe('an erasure', () => {
  it('takes the keys of the whole set, leaves a tombstone for each, and is told on each timeline before the request itself', async () => {
    const session = await open();
    await giveKeys(key('user:1'), key('user:2'));
    await processAll(session, ...people, erasure('e', customer('user:1')), said('late', ['user:1']));
    const [root, absorbed] = set;
    expect(erasedFacts().sort()).toEqual(set);
    expect(seen().slice(-2)).toEqual([['ErasureRequested', root, 'e'], ['Tracked', root, 'late']]);
    const gone = [...['user:1', 'anonymous:x', 'email:e'].map(key), ...[root, absorbed].map(customerSourceKey)];
    expect(await keys()).toEqual([...gone.map((of) => [of, true]), [key('user:2'), false]].sort());
    expect((await pool.query('select customer_id from identity.customer where erased order by 1')).rows).toEqual(set.map((customer_id) => ({ customer_id })));
  });

  it('happens once, killed between its commit and its send, asked for again under its id, or under another one', async () => {
    const session = await open();
    await processAll(session, ...people);
    loseAnswer = true;
    await expect(processAll(session, erasure('e', customer('user:1')))).rejects.toMatchObject({ code: 'LOG.UNAVAILABLE' });
    expect(erasedFacts()).toEqual([]);
    loseAnswer = false;
    const successor = await open();
    await processAll(successor, erasure('e', customer('user:1')), erasure('again', customer('anonymous:x')));
    expect(erasedFacts()).toHaveLength(2);
    expect(seen().filter(([type]) => type === 'ErasureRequested').map(([, , id]) => id)).toEqual(['e', 'again']);
  });

  it('takes with it what comes to the customer later, and what strays; nothing of anybody else', async () => {
    const session = await open();
    await giveKeys(key('device:new'), key('email:f'), key('user:2'));
    await processAll(session, ...people, erasure('e', customer('user:1')), said('late', ['user:1', 'device:new', 'email:f'], 'identify'));
    const after = new Map(await keys() as [string, boolean][]);
    expect([after.get(key('device:new')), after.get(key('email:f')), after.get(key('user:2'))]).toEqual([true, undefined, false]);
    expect((await pool.query('select customer_id from identity.link where source_key = $1', [key('email:f')])).rows).toEqual([{ customer_id: customer('user:2') }]);
  });

  it('of nobody we know is passed on, and changes nothing', async () => {
    await processAll(await open(), erasure('e', customer('user:9')));
    expect([erasedFacts(), await keys(), seen().length]).toEqual([[], [], 1]);
  });

  it('waits behind what is parked of its customer, and is done when that is redriven, each in its turn', async () => {
    const session = await open();
    const of = customer('anonymous:x');
    const outcome = (id: string, readable = true) => record(id, 'MessageSent', [{ kind: 'customer', key: customerSourceKey(of), label: null }], 'none', readable);
    await processAll(session, ...people, outcome('bad', false), erasure('e', of), outcome('behind'));
    expect(erasedFacts()).toEqual([]);
    await pool.query(`update log.parked set record = (select record from log.parked where "offset" = 6) where "offset" = 4`);
    await requestRetry(pool, { consumer: 'identity-resolver', key: customerSourceKey(of) });
    await session.tick({ end: received.length, at: AT });
    expect(erasedFacts()).toHaveLength(2);
    expect(seen().at(-1)).toEqual(['ErasureRequested', set[0], 'e']);
  });

  it('and a source that is tied to the customer by another partition at the same time: none keeps a key', async () => {
    const session = await open();
    await processAll(session, ...people);
    const other = await open(1);
    for (let round = 0; round < 10; round += 1) {
      const ties = { ...said(`t${round}`, ['user:1', `device:${round}`], 'identify'), offset: round };
      const at = received.length;
      await Promise.all([processAll(session, erasure(`e${round}`, customer('user:1'))), other.process([ties])]);
      expect(received.length).toBe(at + 1);
      const { rows } = await pool.query(`select l.source_key from identity.link l join identity.customer c using (customer_id) left join vault.data_key k using (source_key) where c.erased and (k.erased_at is null)`);
      expect(rows).toEqual([]);
      await pool.query('truncate vault.data_key; update identity.customer set erased = false');
    }
  });
});
