import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeMeta, type AnyMessage } from '@touchpoint/contracts';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { transient, type CustomerId, type Meta } from '@touchpoint/kernel';
import { createSequencer, dropRepeats, encodeOrigin, MAX_RECORD_BYTES, META, ORIGIN, originName, TYPE, type Appender, type LogRecord, type MessageReader, type OutRecord } from '@touchpoint/log';
import { claimCheckpoint, createPool, listParked, migrate, migrations as logMigrations, parkedKeys, sendAs, type Pool } from '@touchpoint/store';
import { migrations } from './orchestration.migrations.ts';
import { OrchestratorSession } from './orchestrator.session.ts';

let database: FreshDatabase;
let pool: Pool;
let emitted: OutRecord[] = [];
let loseAnswer = false;
/** What the writer makes of a message; may throw. */
let write: (type: string) => Buffer;
let offset = 0;
let sequencer = createSequencer(new Map());
beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL']);
  await migrate(database.url, [...logMigrations, ...migrations]);
  pool = createPool({ databaseUrl: database.url, name: 'spec', onError: () => undefined });
}, 60_000);
beforeEach(async () => {
  [emitted, loseAnswer, offset, sequencer, write] = [[], false, 0, createSequencer(new Map()), (type) => Buffer.from(type)];
  await pool.query('truncate log.checkpoint, log.pending, log.parked, orchestration.customer, orchestration.timer');
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
}, 60_000);

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
const open = async (version = 1) => {
  const origin = originName(CONSUMER, version, 'timeline', 0, 1);
  const checkpoint = await sendAs(pool, await claimCheckpoint(pool, { consumer: CONSUMER, topic: 'timeline', partition: 0 }), origin);
  const session = new OrchestratorSession({
    pool, appender, reader, topics: { timeline: 'timeline', commands: 'commands', urgentCommands: 'urgent', partitionsOf: () => 1 }, writers: { timeline: writer, commands: writer },
    parkable: { table: 'orchestration.customer', partitions: 1 }, resolvedUpTo: () => Promise.resolve(undefined), onDecided: () => undefined, onTimers: () => undefined,
  }, checkpoint, await parkedKeys(pool, checkpoint), undefined, origin);
  await session.sendPending();
  return session;
};
const who = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` as CustomerId;
const record = (n: number, type: string, data: object): LogRecord => {
  const meta: Meta = { messageId: `m${offset}`, publisher: 'shop', occurredAt: AT, receivedAt: AT, historical: false, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null };
  return { offset: offset++, key: who(n), timestamp: AT, value: Buffer.from(JSON.stringify(data)), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type), [ORIGIN]: encodeOrigin('spec.1/x/0/1', sequencer.next('timeline', 0)) } };
};
const order = (n: number) => record(n, 'OrderCompleted', { orderId: `o${offset}`, lines: [] });
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
