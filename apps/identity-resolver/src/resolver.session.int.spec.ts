import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeMeta, encodeMeta } from '@touchpoint/contracts';
import { silentLog } from '@touchpoint/host';
import { transient, type Meta, type SourceKey } from '@touchpoint/kernel';
import { decodeOrigin, dropRepeats, META, ORIGIN, originName, TRACEPARENT, TYPE, type Appender, type LogReader, type LogRecord, type OutRecord } from '@touchpoint/log';
import { EventDays, claimCheckpoint, listParked, parkedKeys, requestRetry, sendAs, type Pool } from '@touchpoint/store';
import { specPool } from '@touchpoint/testing';
import { migrations } from './identity.migrations.ts';
import { ResolverSession } from './resolver.session.ts';

let pool: Pool;
/** What was received, and what lies on the one partition of the timeline. */
let received: LogRecord[] = [];
let timeline: OutRecord[] = [];
/** The next append is written, and its acknowledgement lost. */
let loseAnswer = false;
specPool(migrations, (its) => (pool = its));
beforeEach(async () => {
  [received, timeline, loseAnswer] = [[], [], false];
  await pool.query('truncate log.checkpoint, log.pending, log.parked, identity.customer, identity.link, identity.event_id');
});

const AT = Date.parse('2026-01-01T00:00:00Z');
const CONSUMER = 'identity-resolver';
const appender: Appender = {
  pendingBytes: 0,
  append: (records) => {
    // As the appender does: what a getter makes is made now.
    timeline.push(...records.map(({ topic, partition, key, value, headers }) => ({ topic, partition, key, value, headers })));
    if (!loseAnswer) return Promise.resolve();
    loseAnswer = false;
    return Promise.reject(transient('LOG.UNAVAILABLE', 'the answer was lost'));
  },
  close: () => Promise.resolve(),
};
const logReader: LogReader = { read: (_topic, _partition, offsets) => Promise.resolve(received.filter(({ offset }) => offsets.includes(offset))), close: () => Promise.resolve() };
const open = async (version = 1, incarnation = 1) => {
  const origin = originName(CONSUMER, version, 'received', 0, incarnation);
  const checkpoint = await sendAs(pool, await claimCheckpoint(pool, { consumer: CONSUMER, topic: 'received', partition: 0 }), origin);
  const days = new EventDays(pool, 7);
  const session = new ResolverSession({
    pool, appender, logReader, writer: { write: (type) => Buffer.from(type) }, reader: { prepare: () => Promise.resolve(), read: () => { throw new Error('nothing of this is read'); } }, received: 'received', timeline: { topic: 'timeline', partitions: 1 },
    parkable: { table: 'identity.link', partitions: 1, excused: ['IDENTITY.CONFLICT'], log: silentLog }, ensureDays: (of, options) => days.ensure(of, options), onResolved: () => undefined,
  }, checkpoint, await parkedKeys(pool, checkpoint), origin);
  await session.sendPending();
  return session;
};
const source = (n: number) => n.toString(16).padStart(32, '0') as SourceKey;
const event = (id: string, n: number, { digest = '1'.repeat(32), bytes = 1, readable = true } = {}): LogRecord => {
  const meta: Meta = { messageId: id, publisher: 'shop', occurredAt: AT, receivedAt: AT, historical: false, sources: [{ kind: 'user', key: source(n), label: null }], link: 'none', digest, correlationId: null, causationId: null };
  return { offset: 0, key: source(n), timestamp: AT, value: Buffer.alloc(bytes), headers: { [META]: readable ? encodeMeta(meta) : Buffer.of(9, 9), [TYPE]: Buffer.from('Tracked') } };
};
const receive = (...records: readonly LogRecord[]): readonly LogRecord[] => {
  const numbered = records.map((record, i) => ({ ...record, offset: received.length + i }));
  received.push(...numbered);
  return numbered;
};
/** What a reader of the timeline takes. @throws where its order has a gap */
const taken = () => dropRepeats(new Map(), timeline.map(({ key, value, headers }, offset) => ({ offset, key, timestamp: AT, value, headers }))).taken.filter(({ headers }) => headers[TYPE]!.toString() === 'Tracked');
const ids = () => taken().map(({ headers }) => decodeMeta(headers[META]!).messageId);
const tick = (session: ResolverSession) => session.tick({ end: received.length, at: AT });

describe('a fact', () => {
  it('is on the trace of the event that it follows from', async () => {
    const [one, two] = [event('a', 1), event('b', 2)];
    await (await open()).process(receive({ ...one, headers: { ...one.headers, [TRACEPARENT]: Buffer.from('00-trace') } }, two));
    expect(timeline.map(({ headers }) => [headers[TYPE]!.toString(), headers[TRACEPARENT]?.toString()])).toEqual([['IdentitiesLinked', '00-trace'], ['Tracked', '00-trace'], ['IdentitiesLinked', undefined], ['Tracked', undefined]]);
  });
});

describe('a release with another version, or another incarnation', () => {
  it.each([[2, 1], [1, 2]])('sends what is pending as what it was, and numbers its own from 1 (version %i, incarnation %i)', async (version, incarnation) => {
    const old = await open();
    await old.process(receive(event('a', 1), event('b', 2)));
    loseAnswer = true;
    await expect(old.process(receive(event('c', 1)))).rejects.toMatchObject({ code: 'LOG.UNAVAILABLE' });
    const raised = await open(version, incarnation);
    await raised.process(receive(event('d', 1)));
    expect(ids()).toEqual(['a', 'b', 'c', 'd']);
    expect(taken().map(({ headers }) => decodeOrigin(headers[ORIGIN])!.name)).toEqual([...Array.from({ length: 3 }, () => originName(CONSUMER, 1, 'received', 0, 1)), originName(CONSUMER, version, 'received', 0, incarnation)]);
  });
  it('may be taken back: what it sends then is no repeat', async () => {
    await (await open(1)).process(receive(event('a', 1), event('b', 2)));
    await (await open(2)).process(receive(event('c', 1)));
    await (await open(1)).process(receive(event('d', 1)));
    expect(ids()).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('what was sent', () => {
  it.each<[string, (session: ResolverSession) => Promise<void>]>([
    ['with the next batch', (session) => session.process(receive(event('b', 1)))],
    ['with the next batch, of new customers', (session) => session.process(receive(event('b', 2)))],
    ['at a tick', tick],
    ['when the partition is given up', (session) => session.leave()],
  ])('is no longer pending %s', async (_, then) => {
    const pending = async () => (await pool.query<{ id: string }>('select id from log.pending')).rows.map(({ id }) => id);
    const session = await open();
    await session.process(receive(event('a', 1)));
    expect(await pending()).toEqual(['0']);
    await then(session);
    expect(await pending()).not.toContain('0');
    await open();
    expect([await pending(), new Set(ids()).size]).toEqual([[], ids().length]);
  });
});

describe('a batch that meets another partition over a new source', () => {
  /** As if somebody else had inserted the customer so many times, right before us: no row of ours is written then. A sequence is not rolled back. */
  const racing = (times: number) => pool.query(`create sequence races;
    create function lose() returns trigger language plpgsql as $$ begin if nextval('races') <= ${times} then return null; end if; return new; end $$;
    create trigger lose before insert on identity.customer for each row execute function lose()`);
  afterEach(() => pool.query('drop trigger lose on identity.customer; drop function lose; drop sequence races'));

  it('is resolved again', async () => {
    await racing(3);
    const session = await open();
    await session.process(receive(event('a', 1)));
    expect([ids(), (await pool.query('select from identity.customer')).rowCount]).toEqual([['a'], 1]);
  });
  it('rests a moment when that happens again and again', async () => {
    await racing(100);
    const session = await open();
    await expect(session.process(receive(event('a', 1)))).rejects.toMatchObject({ kind: 'Transient', code: 'IDENTITY.RACED' });
    expect([ids(), (await pool.query('select from identity.event_id')).rowCount]).toEqual([[], 0]);
  });
});

describe('a batch that was resolved and not sent', () => {
  it('stops the process when its records have left the log, and says what to do', async () => {
    const session = await open();
    loseAnswer = true;
    await expect(session.process(receive(event('a', 1)))).rejects.toMatchObject({ code: 'LOG.UNAVAILABLE' });
    received = [];
    await expect(open()).rejects.toMatchObject({ kind: 'LogMismatch', code: 'LOG.RETENTION_GAP', message: expect.stringMatching(/offset 0 .*touchpoint restore/) });
  });
});

describe('a retry', () => {
  it('of what was parked alone is one: it stays while its id is taken, and goes on once it is free', async () => {
    const session = await open();
    await session.process(receive(event('a', 1), event('a', 1, { digest: '2'.repeat(32) })));
    const [before] = await listParked(pool);
    expect(before).toMatchObject({ code: 'IDENTITY.CONFLICT' });
    await requestRetry(pool, { consumer: CONSUMER });
    await tick(session);
    expect(await listParked(pool)).toEqual([expect.objectContaining({ code: 'IDENTITY.CONFLICT', offset: 1, state: 'parked' })]);
    await pool.query('truncate identity.event_id');
    await requestRetry(pool, { consumer: CONSUMER });
    await tick(session);
    expect([await listParked(pool), ids()]).toEqual([[], ['a', 'a']]);
  });
  it('of many large records goes piece by piece; meanwhile later ones of the source stay behind them', async () => {
    const session = await open();
    const bad = event('bad', 1, { readable: false });
    await session.process(receive(bad, ...Array.from({ length: 7 }, (_, i) => event(`n${i}`, 1, { bytes: 800_000 }))));
    await pool.query('delete from log.parked where "offset" = 0');
    await requestRetry(pool, { consumer: CONSUMER });
    await tick(session);
    expect(ids()).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
    await session.process(receive(event('later', 1), event('other', 2)));
    expect(ids().at(-1)).toBe('other');
    await tick(session);
    expect(ids().filter((id) => id !== 'other')).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'later']);
    await session.process(receive(event('last', 1)));
    expect([await listParked(pool), ids().at(-1)]).toEqual([[], 'last']);
  });
  it('reaches the timeline though the day of the events was dropped since', async () => {
    const session = await open();
    await session.process(receive(event('a', 2), event('bad', 1, { readable: false }), event('b', 1)));
    await pool.query('delete from log.parked where "offset" = 1');
    await pool.query('drop table identity.event_id_20260101');
    await requestRetry(pool, { consumer: CONSUMER });
    await tick(session);
    expect(ids()).toEqual(['a', 'b']);
  });
});
