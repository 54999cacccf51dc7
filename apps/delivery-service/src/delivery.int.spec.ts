import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeMeta, type JsonText } from '@touchpoint/contracts';
import { systemClock, tableApiKeys } from '@touchpoint/host';
import { routeAccess } from '@touchpoint/host/testing';
import { partitionOf } from '@touchpoint/kernel';
import { createMessageWriter, createRegistry, META, packRecords, TOPICS, TRACEPARENT, TYPE } from '@touchpoint/log';
import { insertParked, listParked, transaction } from '@touchpoint/store';
import { eventually } from '@touchpoint/testing';
import { commandId, contact, createDelivery, customer, metaOf, NOW, optIn } from './delivery.fixture.ts';

type Delivery = Awaited<ReturnType<typeof createDelivery>>;
let delivery: Delivery;
let system: Delivery['system'];
let { known, send, outcome, row, sandboxed, behave, http, leaveLost } = {} as Delivery;
const unsubscribed = ['Unsubscribed', { channel: 'email' }] as const;

beforeAll(async () => {
  delivery = await createDelivery();
  ({ system, known, send, outcome, row, sandboxed, behave, http, leaveLost } = delivery);
  await delivery.startOne();
  await delivery.startOne();
});
afterAll(() => delivery.end());

describe('a command', () => {
  it('is carried once, however often it comes, and its outcome is a touchpoint', async () => {
    await known(1, optIn);
    await system.appender.append([send(1, 'c1'), send(1, 'c1'), send(1, 'c1')]);
    expect((await outcome(1)).map(({ type }) => type)).toEqual(['MessageSent']);
    expect(await sandboxed(1)).toMatchObject([{ commandId: commandId(1, 'c1'), to: 'person1@example.com', calls: 1, parts: { subject: 'Hello Ada', html: '<p>Ada</p>' } }]);
  });
  it('is held when consent was withdrawn since it was decided', async () => {
    await known(2, optIn, unsubscribed);
    await system.appender.append([send(2, 'c1')]);
    expect(await outcome(2)).toMatchObject([{ type: 'MessageHeld', data: { reason: 'withdrawn' } }]);
    expect(await sandboxed(2)).toEqual([]);
  });
  it('is looked at for itself, also among many that come at once', async () => {
    const all = Array.from({ length: 1_000 }, (_, i) => 200 + i).filter((n) => partitionOf(customer(n), system.partitions) === 0).slice(0, 12);
    const [unreadable, ...others] = all as [number, ...number[]];
    const held = others.filter((_, i) => i % 3 === 1);
    for (const n of others) await known(n, optIn, ...(held.includes(n) ? [unsubscribed] : []));
    await system.pool.query('insert into orchestration.customer values ($1, $2)', [customer(unreadable), '{"v":99}']);
    await system.appender.append(all.map((n) => send(n, 'c1')));
    for (const n of others) expect(await outcome(n)).toMatchObject([{ type: held.includes(n) ? 'MessageHeld' : 'MessageSent' }]);
    for (const n of others) expect((await sandboxed(n)).map(({ to }) => to)).toEqual(held.includes(n) ? [] : [`person${n}@example.com`]);
    expect(await row(unreadable)).toMatchObject({ reason: 'could not look at consent: DEFECT', settled_at: null });
  });
  it('that is too old is recorded, not sent', async () => {
    await known(3, optIn);
    await system.appender.append([send(3, 'c1', { notAfter: NOW - 1 })]);
    expect(await outcome(3)).toMatchObject([{ type: 'MessageHeld', data: { reason: 'expired' } }]);
  });
  it('that is so large that the log would not take its outcome is parked, alone, and its partition goes on', async () => {
    await known(80, optIn);
    await system.appender.append([send(80, 'c1', { journeyId: 'j'.repeat(890_000) }), send(80, 'c2')]);
    await eventually('the other one', async () => (await row(80, 'c2'))?.state === 'sent');
    expect([(await listParked(system.pool)).map(({ code, key }) => [code, key]), await row(80, 'c1')]).toEqual([[['LOG.TOO_LARGE', customer(80)]], undefined]);
    await system.pool.query('delete from log.parked');
  });
  it('that says nothing of itself is parked for that', async () => {
    await known(81, optIn);
    await system.appender.append([{ ...send(81, 'c1'), headers: { [TYPE]: Buffer.from('SendMessage') } }, send(81, 'c2')]);
    await eventually('the other one', async () => (await row(81, 'c2'))?.state === 'sent');
    expect((await listParked(system.pool)).map(({ code, key }) => [code, key])).toEqual([['LOG.NO_META', customer(81)]]);
    await system.pool.query('delete from log.parked');
  });
  it('without one of its variables fails, and says so', async () => {
    await known(4, optIn);
    await system.appender.append([send(4, 'c1', { variables: '{}' as JsonText })]);
    expect(await outcome(4)).toMatchObject([{ type: 'MessageFailed', data: { reason: 'MESSAGING.TEMPLATE_FAILED' } }]);
  });
  it('waits while the orchestrator has not read as far as it was decided, and loses no attempt by it', async () => {
    await known(5, optIn);
    await system.appender.append([send(5, 'c1', { decidedOffset: 5_000 })]);
    const versions = new Set<string>();
    await eventually('three looks', async () => {
      const seen = await row(5);
      return seen?.state === 'retry' && versions.add(seen.version).size >= 3;
    });
    expect((await row(5))?.reason).toBe('could not look at consent: DELIVERY.BEHIND');
    expect(await sandboxed(5)).toEqual([]);
    await system.pool.query("update log.checkpoint set next_offset = 6000 where consumer = 'channel-orchestrator'");
    expect(await outcome(5)).toMatchObject([{ type: 'MessageSent', data: { attempt: 1 } }]);
  });
  it('for a customer whose events are parked at the orchestrator is held if it is marketing: an opt-out may be among them', async () => {
    const parkedAt = async (n: number, offset: number) => {
      const record = { offset, key: customer(n), timestamp: NOW, value: Buffer.alloc(0), headers: {} };
      await transaction(system.pool, (client) => insertParked(client, { consumer: 'channel-orchestrator', topic: TOPICS.timeline, partition: partitionOf(customer(n), system.partitions) }, [{ record, key: record.key, code: 'DEFECT', detail: 'spec' }]));
    };
    await known(11, optIn);
    await parkedAt(11, 1);
    await system.appender.append([send(11, 'c1')]);
    expect(await outcome(11)).toMatchObject([{ type: 'MessageHeld', data: { reason: 'events parked' } }]);
    await known(12);
    await parkedAt(12, 2);
    await system.appender.append([send(12, 'c1', { messageClass: 'transactional', purpose: 'orders' })]);
    expect(await outcome(12)).toMatchObject([{ type: 'MessageSent' }]);
    // Of a merged customer, the events of every member count.
    const handed = { from: customer(14), over: JSON.stringify({ via: customer(14), hops: 1, joinedAt: NOW, parts: { [customer(14)]: { measures: { 'orders.count': 1 }, consents: {}, suppressions: {}, contacts: {} } }, pending: [], journeys: {}, resting: {} }) };
    await known(13, optIn, ['CustomerHandedOver', { fromCustomerId: handed.from, toCustomerId: customer(13), stateVersion: 1, state: handed.over, causeOffset: 1 }], optIn);
    await parkedAt(14, 3);
    await system.appender.append([send(13, 'c1')]);
    expect(await outcome(13)).toMatchObject([{ type: 'MessageHeld', data: { reason: 'events parked' } }]);
  });
  it('for a customer who was absorbed is held when the survivor knows better, along the chain', async () => {
    await known(15, ['CustomerAbsorbed', { customerId: customer(15), survivorId: customer(16), by: 'alias' }]);
    await known(16, ['CustomerAbsorbed', { customerId: customer(16), survivorId: customer(17), by: 'alias' }]);
    await known(17, ['MessageBounced', { message: { channel: 'email', contactPoint: contact(15) }, permanent: true }]);
    await system.appender.append([send(15, 'c1', { messageClass: 'transactional', purpose: 'orders' })]);
    expect(await outcome(15)).toMatchObject([{ type: 'MessageHeld', data: { reason: 'suppressed' } }]);
  });
});

describe('an outcome', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const traced = (n: number) => {
    const { headers, ...record } = send(n, 'c1');
    return { ...record, headers: { ...headers, [META]: encodeMeta({ ...metaOf(commandId(n, 'c1'), 'channel-orchestrator'), correlationId: 'corr-12345678' }), [TRACEPARENT]: Buffer.from(traceparent) } };
  };
  it('bears the correlation id and the trace of the event behind it, whichever attempt it is of', async () => {
    await known(19, optIn);
    await known(20, optIn);
    await behave({ rules: [{ customerId: customer(20), mode: 'busy', times: 1 }] });
    await system.appender.append([traced(19), traced(20)]);
    for (const [n, attempt] of [[19, 1], [20, 2]] as const) expect(await outcome(n)).toMatchObject([{ type: 'MessageSent', data: { attempt }, correlationId: 'corr-12345678', traceparent }]);
  });
  it('has none where its command had none', async () => expect(await outcome(1)).toMatchObject([{ correlationId: null, traceparent: undefined }]));
});

describe('a provider', () => {
  it('that refuses for the moment gets it again, and one that refuses for good does not', async () => {
    await known(6, optIn);
    await known(7, optIn);
    await behave({ rules: [{ customerId: customer(6), mode: 'busy', times: 2 }, { customerId: customer(7), mode: 'refuse', times: 1 }] });
    await system.appender.append([send(6, 'c1'), send(7, 'c1')]);
    expect(await outcome(6)).toMatchObject([{ type: 'MessageSent', data: { attempt: 3 } }]);
    expect(await outcome(7)).toMatchObject([{ type: 'MessageFailed', data: { reason: 'sandbox: refused' } }]);
  });
  it('whose answer was lost gets it again under the same id: carried once', async () => {
    await known(8, optIn);
    await behave({ rules: [{ customerId: customer(8), mode: 'silent', times: 1 }] });
    await system.appender.append([send(8, 'c1')]);
    expect(await outcome(8)).toMatchObject([{ type: 'MessageSent' }]);
    expect(await sandboxed(8)).toMatchObject([{ calls: 2 }]);
    expect(await row(8)).toMatchObject({ state: 'sent', lost_attempt: null });
  });
  it('that never answers leaves it unknown in the end, for it may have carried it', async () => {
    await known(18, optIn);
    await behave({ rules: [{ customerId: customer(18), mode: 'silent' }] });
    await system.appender.append([send(18, 'c1')]);
    expect(await outcome(18)).toMatchObject([{ type: 'MessageUnknown', data: { attempt: 5 } }]);
    await behave({});
  });
});

describe('a claim that a crash left behind', () => {
  it('is handed over again when its deadline has passed', async () => {
    await known(9, optIn);
    await leaveLost(9);
    expect(await outcome(9)).toMatchObject([{ type: 'MessageSent', data: { attempt: 2 } }]);
  });
  it('by an owner that settled after we had taken its partition, and died before it had sent, is published by us', async () => {
    const [key, partition] = [contact(10), partitionOf(customer(10), system.partitions)];
    const data = { message: { channel: 'email' as const, commandId: commandId(10, 'c1') }, attempt: 1 };
    const outcomeWriter = await createMessageWriter(createRegistry(system.env['SCHEMA_REGISTRY_URL']!), system.prefix, TOPICS.received);
    const meta = metaOf(`${commandId(10, 'c1')}/MessageSent`, 'delivery-service', [{ kind: 'customer', key, label: null }]);
    const left = packRecords([{ topic: system.prefix + TOPICS.received, partition: partitionOf(key, system.partitions), key, value: outcomeWriter.write('MessageSent', data), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from('MessageSent') } }]);
    await system.pool.query("insert into log.pending (consumer, topic, partition, id, payload) values ('delivery-service', $1, $2, nextval('delivery.outcome_number'), $3)", [TOPICS.commands, partition, left]);
    expect(await outcome(10)).toMatchObject([{ type: 'MessageSent', data: { message: { commandId: commandId(10, 'c1') } } }]);
    await eventually('nothing left to send', async () => (await system.pool.query('select from log.pending')).rowCount === 0);
  });
});

describe('the sandbox over HTTP', () => {
  it('refuses every route without a key and with a key of another scope', async () => {
    const routes = await routeAccess(delivery.apps[0]!, tableApiKeys(system.pool, systemClock));
    expect(routes.flatMap(({ problems }) => problems)).toEqual([]);
    expect(routes.filter(({ access }) => access === 'open').map(({ route }) => route).filter((route) => !/\/(health|metrics)/.test(route))).toEqual([]);
  });
  it('shows a page of what would have been sent, escaped', async () => {
    const { status, text } = await http('/sandbox');
    expect(status).toBe(200);
    expect(text).toContain('person1@example.com');
    expect(text).not.toContain('<p>Ada</p>');
  });
  it('leaves out nothing between two pages, however close together the messages were sent', async () => {
    await system.pool.query(`insert into delivery.sandbox_message (command_id, customer_id, channel, content, sent_at)
      select gen_random_uuid(), $1, channel, content, timestamptz '2026-01-01 00:00:00.123Z' + i * interval '1 microsecond' from delivery.sandbox_message, generate_series(1, 3) i where command_id = $2`, [customer(21), commandId(1, 'c1')]);
    const found: string[] = [];
    for (let before = ''; ; ) {
      const [message] = (await http(`/v1/sandbox/messages?customerId=${customer(21)}&limit=1${before}`)).body.messages;
      if (!message) break;
      found.push(message.sentAt);
      before = `&before=${message.sentAt}`;
    }
    expect(found).toEqual([3, 2, 1].map((i) => `2026-01-01T00:00:00.12300${i}Z`));
  });
  it('says what is wrong with a request', async () => expect((await http('/v1/sandbox/behaviour', { method: 'PUT', body: '{"rules":[{"mode":"explode"}]}' })).status).toBe(400));
});
