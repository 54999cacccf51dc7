import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeMeta, type AnyMessage } from '@touchpoint/contracts';
import { silentLog } from '@touchpoint/host';
import { DAY, transient, type CustomerId, type Meta } from '@touchpoint/kernel';
import { createSequencer, dropRepeats, encodeOrigin, MAX_RECORD_BYTES, META, ORIGIN, originName, TYPE, type Appender, type LogRecord, type MessageReader, type OutRecord } from '@touchpoint/log';
import { publishedOf, type Published } from '@touchpoint/orchestration';
import { claimCheckpoint, listParked, parkedKeys, sendAs, type Pool } from '@touchpoint/store';
import { specPool } from '@touchpoint/testing';
import { migrations } from './orchestration.migrations.ts';
import { OrchestratorSession } from './orchestrator.session.ts';

let pool: Pool;
let emitted: OutRecord[] = [];
let loseAnswer = false;
/** Up to when everything received is resolved. */
let resolved: number | undefined;
/** What the writer makes of a message; may throw. */
let write: (type: string) => Buffer;
let offset = 0;
let sequencer = createSequencer(new Map());
specPool(migrations, (its) => (pool = its));
beforeEach(async () => {
  [emitted, loseAnswer, resolved, offset, sequencer, write] = [[], false, undefined, 0, createSequencer(new Map()), (type) => Buffer.from(type)];
  await pool.query('truncate log.checkpoint, log.pending, log.parked, orchestration.customer, orchestration.timer');
});

const AT = Date.parse('2026-01-01T00:00:00Z');
const CONSUMER = 'channel-orchestrator';
const appender: Appender = {
  pendingBytes: 0,
  append: (records) => {
    emitted.push(...records);
    if (!loseAnswer) return Promise.resolve();
    loseAnswer = false;
    return Promise.reject(transient('LOG.UNAVAILABLE', 'the answer was lost'));
  },
  close: () => Promise.resolve(),
};
/** Bodies are JSON here. */
const reader: MessageReader = { prepare: () => Promise.resolve(), read: (type, value) => ({ type, data: JSON.parse(value.toString()) }) as unknown as AnyMessage } as MessageReader;
const writer = { write: (type: string) => write(type) };
const open = async (version = 1, published?: Published) => {
  const origin = originName(CONSUMER, version, 'timeline', 0, 1);
  const checkpoint = await sendAs(pool, await claimCheckpoint(pool, { consumer: CONSUMER, topic: 'timeline', partition: 0 }), origin);
  const session = new OrchestratorSession({
    pool, appender, reader, log: { scan: () => { throw new Error('not asked for here'); } }, topics: { timeline: 'timeline', commands: 'commands', urgentCommands: 'urgent', partitionsOf: () => 1 }, writers: { timeline: writer, commands: writer },
    parkable: { table: 'orchestration.customer', partitions: 1, log: silentLog }, resolvedUpTo: () => Promise.resolve(resolved), onDecided: () => undefined, onTimers: () => undefined, onStrangers: () => undefined,
  }, checkpoint, await parkedKeys(pool, checkpoint), published && { published, told: published.setNumber, filling: null, sweep: null }, origin);
  await session.sendPending();
  return session;
};
const who = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` as CustomerId;
const record = (n: number, type: string, data: object, at = AT): LogRecord => {
  const meta: Meta = { messageId: `m${offset}`, publisher: 'shop', occurredAt: at, receivedAt: at, historical: false, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null };
  return { offset: offset++, key: who(n), timestamp: AT, value: Buffer.from(JSON.stringify(data)), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type), [ORIGIN]: encodeOrigin('spec.1/x/0/1', sequencer.next('timeline', 0)) } };
};
const order = (n: number, at = AT) => record(n, 'OrderCompleted', { orderId: `o${offset}`, lines: [] }, at);
/** Of somebody who was absorbed, every touchpoint is handed on: a fact for each. */
const absorbed = (n: number) => record(n, 'CustomerAbsorbed', { customerId: who(n), survivorId: who(99), by: 'alias' });
const types = () => dropRepeats(new Map(), emitted.map(({ key, value, headers }, at) => ({ offset: at, key, timestamp: AT, value, headers }))).taken.map(({ headers }) => headers[TYPE]!.toString());
const states = async () => (await pool.query<{ id: string; state: string }>('select customer_id as id, state from orchestration.customer order by 1')).rows.map(({ id, state }) => [id, ((JSON.parse(state) as { absorbed?: object | null }).absorbed ?? null) !== null]);
const parked = async () => (await listParked(pool)).map(({ key, code }) => [key, code]);

describe('an input whose decision cannot be put on the log', () => {
  it.each<[string, string, (type: string) => Buffer]>([
    ['too large', 'LOG.TOO_LARGE', (type) => Buffer.alloc(type === 'CustomerHandedOver' ? MAX_RECORD_BYTES : 1)],
    ['not to be written', 'DEFECT', (type) => {
      if (type === 'CustomerHandedOver') throw new TypeError('no');
      return Buffer.alloc(1);
    }],
  ])('is parked with nothing of it kept, and the partition goes on (%s)', async (_, code, writing) => {
    const session = await open();
    write = writing;
    await session.process([order(1), absorbed(1), order(1), order(2)]);
    expect([await parked(), await states(), types(), (await pool.query('select from log.pending')).rowCount]).toEqual([[[who(1), code], [who(1), 'PARKED.BEHIND']], [[who(1), false], [who(2), false]], [], 0]);
    write = () => Buffer.alloc(1);
    await session.process([absorbed(2)]);
    await open();
    expect(types()).toEqual(['CustomerHandedOver']);
  });
});

describe('what was sent', () => {
  it.each<[string, (session: OrchestratorSession) => Promise<void>]>([
    ['with the next batch that has an effect', (session) => session.process([absorbed(2)])],
    ['at a tick', (session) => session.tick({ end: offset, at: AT })],
    ['when the partition is given up', (session) => session.leave()],
  ])('is no longer pending %s', async (_, then) => {
    const pending = async () => (await pool.query<{ id: string }>('select id from log.pending')).rows.map(({ id }) => id);
    const session = await open();
    await session.process([order(1), absorbed(1)]);
    const [sent] = await pending();
    await then(session);
    expect([sent, await pending()]).toEqual([expect.any(String), expect.not.arrayContaining([sent])]);
  });
});

describe('a set that takes effect', () => {
  it('knows what was parked before it, in the same batch too: that is folded when it is tried again, and not from history as well', async () => {
    write = (type) => Buffer.alloc(type === 'CustomerHandedOver' ? MAX_RECORD_BYTES : 1);
    const session = await open();
    const [before, bad, behind] = [order(2), absorbed(1), order(1)];
    const set = { ...record(0, 'JourneysPublished', { setNumber: 1, engineVersion: '1', journeys: '[]', templates: '[]', segments: '[]', measures: null }), key: 'control' };
    await session.process([before, bad, behind, set, order(1)]);
    expect((await pool.query('select since_offset, passed from orchestration.set_offset')).rows).toEqual([{ since_offset: String(set.offset), passed: [String(bad.offset), String(behind.offset)] }]);
    await pool.query('truncate orchestration.in_force, orchestration.set_offset, orchestration.published_set');
  });
});

describe('a session that was overtaken', () => {
  it('writes nothing of a batch, and sends nothing', async () => {
    const waiting = { id: 'j', version: 1, name: 'J', goal: 'g', entry: { event: 'OrderCompleted' }, reentry: { rule: 'restart' }, steps: [{ id: 's', type: 'wait', for: 'P10D', next: 'end' }, { id: 'end', type: 'exit' }] };
    const published = publishedOf({ setNumber: 1, engineVersion: '1', journeys: JSON.stringify([waiting]), templates: '[]', segments: '[]', measures: null });
    const owner = await open(1, published);
    await owner.process([order(1)]);
    await owner.leave();
    const rows = async () => (await pool.query(`select (select json_agg(c order by customer_id) from orchestration.customer c) as states, (select json_agg(t) from orchestration.timer t) as timers,
      (select count(*)::int from log.pending) as pending, (select next_offset::int from log.checkpoint) as next`)).rows[0] as object;
    const before = await rows();
    expect(before).toMatchObject({ states: [{ customer_id: who(1) }], timers: [{ customer_id: who(1) }], pending: 0, next: 1 });
    const sent = emitted.length;
    await open(1, published);
    // Would set a timer, drop the one before, change and add a state, and send.
    await expect(owner.process([order(1, AT + 1), order(2)])).rejects.toMatchObject({ code: 'LOG.FENCED' });
    expect([await rows(), emitted.length]).toEqual([before, sent]);
  });
});

describe('a batch that comes to nothing', () => {
  const position = async () => (await pool.query<{ next: number; version: number }>("select next_offset::int as next, version::int from log.checkpoint where consumer = 'channel-orchestrator'")).rows[0]!;
  const nothing = () => record(1, 'ProductViewed', {});
  const tick = { end: 0, at: AT };

  it('is passed by, and committed with the next effect', async () => {
    const session = await open();
    const before = await position();
    await session.process([nothing(), nothing()]);
    await session.process([nothing()]);
    expect([session.next, await position()]).toEqual([3, before]);
    await session.process([order(1)]);
    expect([session.next, await position()]).toEqual([4, { next: 4, version: before.version + 1 }]);
  });
  it('is committed at a tick, once', async () => {
    const session = await open();
    const { version } = await position();
    await session.process([nothing()]);
    await session.tick({ ...tick, end: 1 });
    await session.tick({ ...tick, end: 1, at: AT + 1_000 });
    expect(await position()).toEqual({ next: 1, version: version + 1 });
  });
  it('is read again by a successor, and nothing is lost or doubled by it', async () => {
    const killed = await open();
    const [absorption, first, viewed, second] = [absorbed(1), order(1), nothing(), order(1)];
    await killed.process([absorption, first]);
    await killed.process([viewed]);
    const successor = await open();
    expect(successor.next).toBe(2);
    await successor.process([viewed, second]);
    expect(types()).toEqual(['CustomerHandedOver', 'TouchpointHandedOn', 'TouchpointHandedOn']);
    // Whoever was overtaken meanwhile learns it with its next commit.
    await expect(killed.tick({ ...tick, end: 3 })).rejects.toMatchObject({ code: 'LOG.FENCED' });
  });
});

describe('timers', () => {
  const timer = (id: number, dueAt: number) => ({ timerId: who(id), runId: who(id), journeyId: 'j', stepId: 's', dueAt, historical: false });
  const set = (id: number, dueAt: number) => pool.query('insert into orchestration.timer (partition, timer_id, customer_id, due_at, timer) values (0, $1, $2, $3, $4)', [who(id), who(1), dueAt, JSON.stringify(timer(id, dueAt))]);
  const waiting = { id: 'j', version: 1, name: 'J', goal: 'g', entry: { event: 'OrderCompleted' }, reentry: { rule: 'always' }, steps: [{ id: 's', type: 'wait', for: 'P10D', next: 'end' }, { id: 'end', type: 'exit' }] };
  const published = publishedOf({ setNumber: 1, engineVersion: '1', journeys: JSON.stringify([waiting]), templates: '[]', segments: '[]', measures: null });
  /** The log's clock comes to what was resolved at the second look. */
  const until = async (session: OrchestratorSession, at: number) => {
    resolved = at;
    for (const look of [1, 2]) await session.tick({ end: session.next, at: at + look });
    return types().filter((type) => type === 'TimerFired').length;
  };

  it('fire once when they are due: those that it found, and those that it sets itself and are due before them', async () => {
    await set(1, AT + 9 * DAY);
    await set(2, AT + 11 * DAY);
    const session = await open(1, published);
    expect(await until(session, AT + 9 * DAY - 1)).toBe(0);
    expect(await until(session, AT + 9 * DAY)).toBe(1);
    await session.process([order(5)]);
    expect(await until(session, AT + 10 * DAY - 1)).toBe(1);
    expect(await until(session, AT + 10 * DAY)).toBe(2);
    expect(await until(session, AT + 11 * DAY)).toBe(3);
    expect(await until(session, AT + 99 * DAY)).toBe(3);
    expect((await pool.query('select from orchestration.timer')).rowCount).toBe(0);
  });
});

describe('an engine of another version', () => {
  it('sends what is pending as what it was, and numbers its own from 1; the older one may come back', async () => {
    const old = await open(1);
    await old.process([absorbed(1), order(1)]);
    loseAnswer = true;
    await expect(old.process([order(1)])).rejects.toMatchObject({ code: 'LOG.UNAVAILABLE' });
    const raised = await open(2);
    await raised.process([order(1)]);
    await (await open(1)).process([order(1)]);
    expect(types()).toEqual(['CustomerHandedOver', ...Array.from({ length: 4 }, () => 'TouchpointHandedOn')]);
  });
});
