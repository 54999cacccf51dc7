import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { partitionOf } from '@touchpoint/kernel';
import { TOPICS, TYPE, type OutRecord } from '@touchpoint/log';
import { requestRetry } from '@touchpoint/store';
import { eventually } from '@touchpoint/testing';
import { commandId, createDelivery, customer, optIn } from './delivery.fixture.ts';

type Delivery = Awaited<ReturnType<typeof createDelivery>>;
let delivery: Delivery;
beforeEach(async () => {
  delivery = await createDelivery();
});
afterEach(() => delivery.end());

/** Customers whose commands lie on one partition. */
const together = (count: number): readonly number[] => {
  const all = Array.from({ length: 500 }, (_, i) => i + 1);
  return all.filter((n) => partitionOf(customer(n), delivery.system.partitions) === 0).slice(0, count);
};

describe('a new process with nothing on its topics', () => {
  it('carries on with the claims that others left, whatever else they left', async () => {
    const { known, send, leaveLost, outcome, row, startOne, system } = delivery;
    const [unreadable, nobodys, well] = together(3) as [number, number, number];
    for (const n of [unreadable, nobodys, well]) await known(n, optIn);
    await leaveLost(unreadable, { ...send(unreadable, 'c1'), value: Buffer.from('no message') });
    await leaveLost(nobodys, send(nobodys, 'c1', { channel: 'other' }));
    await leaveLost(well);
    await startOne();
    expect(await outcome(well)).toMatchObject([{ type: 'MessageSent', data: { attempt: 2 } }]);
    expect(await outcome(nobodys)).toMatchObject([{ type: 'MessageUnknown', data: { attempt: 1 } }]);
    expect(await row(unreadable)).toMatchObject({ state: 'retry', attempt: 1, lost_attempt: 1, reason: 'unreadable: LOG.NOT_FRAMED' });
    expect((await system.readAll(TOPICS.commands)).length).toBe(0);
  });
});

describe('a batch of more commands than are handed over at once', () => {
  it('is carried out piece by piece, each command with its first attempt', async () => {
    const { known, send, outcome, startOne, behave, system } = delivery;
    const all = together(7);
    for (const n of all) await known(n, optIn);
    await startOne({ CALLS_AT_ONCE: '2', CALL_LIMIT_MS: '30000' });
    await behave({ delayMs: 300 });
    await system.appender.append(all.map((n) => send(n, 'c1')));
    let most = 0;
    await eventually('all sent', async () => {
      const rows = (await system.pool.query<{ state: string }>('select state from delivery.message')).rows;
      most = Math.max(most, rows.filter(({ state }) => state === 'claimed').length);
      return rows.filter(({ state }) => state === 'sent').length === all.length;
    });
    expect(most).toBe(2);
    for (const n of all) expect(await outcome(n)).toMatchObject([{ type: 'MessageSent', data: { attempt: 1 } }]);
  });
});

describe('Unknown is said: a lost answer', () => {
  it('is remembered: a message that is held since is unknown', async () => {
    const { known, send, outcome, row, startOne, behave, system } = delivery;
    await known(1, optIn);
    await startOne({ RETRY_MS: '3600000' });
    await behave({ rules: [{ mode: 'silent' }] });
    await system.appender.append([send(1, 'c1')]);
    await eventually('the lost attempt', async () => (await row(1))?.lost_attempt === 1);
    await known(1, optIn, ['Unsubscribed', { channel: 'email' }]);
    await system.pool.query('update delivery.message set next_attempt_at = now()');
    expect(await outcome(1)).toMatchObject([{ type: 'MessageUnknown', data: { attempt: 1, reason: 'attempt 1 was not answered, then: withdrawn' } }]);
  });
});

describe('a command that was parked', () => {
  it('is carried out when its retry is asked for and it can be read by then, and parked again if not', async () => {
    const { known, send, outcome, row, startOne, system } = delivery;
    const [good, mixed] = together(2) as [number, number];
    await known(good, optIn);
    await known(mixed, optIn);
    const untyped = ({ headers, ...record }: OutRecord): OutRecord => ({ ...record, headers: { ...headers, [TYPE]: Buffer.from('SendMassage') } });
    await startOne({ CALLS_AT_ONCE: '1' });
    await system.appender.append([untyped(send(mixed, 'c1')), untyped(send(good, 'c1')), untyped(send(mixed, 'c3')), send(mixed, 'c2')]);
    const parked = async () => (await system.pool.query<{ id: string; key: string; code: string }>(`select id, key, code from log.parked where consumer = 'delivery-service' and retry_at is null order by "offset"`)).rows;
    const before = await eventually('three parked', async () => { const rows = await parked(); return rows.length === 3 && rows; });
    expect(before.map(({ key, code }) => [key, code])).toEqual([mixed, good, mixed].map((n) => [customer(n), 'DELIVERY.NOT_A_COMMAND']));
    // Later commands of the customer went on.
    expect(await outcome(mixed)).toMatchObject([{ type: 'MessageSent' }]);
    // A release that can read two of them: here, those records are mended.
    const hex = (text: string) => Buffer.from(text).toString('hex');
    for (const id of [commandId(good, 'c1'), commandId(mixed, 'c3')])
      await system.pool.query("update log.parked set record = decode(replace(encode(record, 'hex'), $2, $3), 'hex') where position($1::bytea in record) > 0", [Buffer.from(id), hex('SendMassage'), hex('SendMessage')]);
    expect(await requestRetry(system.pool, { consumer: 'delivery-service' })).toBe(3);
    const after = await eventually('one parked again', async () => { const rows = await parked(); return rows.length === 1 && rows; });
    expect(after).toMatchObject([{ key: customer(mixed) }]);
    expect(after[0]!.id).not.toBe(before[0]!.id);
    expect(await outcome(good)).toMatchObject([{ type: 'MessageSent' }]);
    await eventually('the other one of that customer', async () => (await row(mixed, 'c3'))?.state === 'sent');
  });
});
