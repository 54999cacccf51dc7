import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { silentLog } from '@touchpoint/host';
import { createAppender, type AppenderOptions } from './appender.ts';
import { FakeBroker, never, record, refuseAll, takeAll, takeAndBreak, takeNothing, takeSome, until, type Act } from './broker.fixture.ts';
import { dropRepeats } from './origins.ts';
import { MAX_RECORD_BYTES, ORIGIN, encodeOrigin } from './record.ts';

const setUp = (options: Partial<AppenderOptions> = {}) => {
  const broker = new FakeBroker();
  const failures: unknown[] = [];
  const log = { ...silentLog, warn: ({ error }: { error?: unknown }) => void failures.push(error) };
  return { broker, failures, appender: createAppender(broker.producers, { log, backoffMs: [1], sendTimeoutMs: 30, ...options }) };
};
const values = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i));
const distinct = (log: readonly string[]) => [...new Set(log)];
const UNAVAILABLE = { kind: 'Transient', code: 'LOG.UNAVAILABLE' };

describe('Acknowledged is kept: an append', () => {
  it('resolves once every partition was acknowledged', async () => {
    const { broker, appender } = setUp();
    await appender.append([record(0, 'a'), record(1, 'b'), record(0, 'c')]);
    expect([broker.log(0), broker.log(1), broker.sends.length, appender.pendingBytes]).toEqual([['a', 'c'], ['b'], 1, 0]);
  });
  it('of nothing sends nothing', async () => {
    const { broker, appender } = setUp();
    await appender.append([]);
    expect(broker.sends).toEqual([]);
  });
  it.each<[string, Act]>([
    ['names fewer partitions than were sent', takeSome(0)],
    ['names none', takeSome()],
    ['names an error for each', refuseAll(6)],
    ['names an error for one', async (batches, broker) => [...(await takeSome(0)(batches, broker)), { topic: 't', partition: 1, errorCode: 7 }]],
    ['names another topic', async () => [{ topic: 'u', partition: 0, errorCode: 0 }, { topic: 'u', partition: 1, errorCode: 0 }]],
    ['never comes', never],
    ['is lost though all landed', takeAndBreak],
    ['is lost and nothing landed', takeNothing],
  ])('is sent again, by another producer, when the answer %s', async (_, act) => {
    const { broker, appender } = setUp();
    broker.acts.push(act);
    await appender.append([record(0, 'a'), record(1, 'b')]);
    expect(broker.sends).toHaveLength(2);
    expect(broker.sends[1]).toEqual(broker.sends[0]);
    expect([distinct(broker.log(0)), distinct(broker.log(1)), broker.made, broker.disconnected]).toEqual([['a'], ['b'], 2, 1]);
  });
  it('is sent again when no producer can be made at first', async () => {
    const { broker, appender } = setUp();
    broker.connecting = Promise.reject(new Error('ECONNREFUSED'));
    broker.connecting.catch(() => (broker.connecting = Promise.resolve()));
    await appender.append([record(0, 'a')]);
    expect(broker.log(0)).toEqual(['a']);
  });
  it('is not sent by a producer that came after its time', async () => {
    const { broker, appender, failures } = setUp();
    let connect = () => undefined as void;
    broker.connecting = new Promise((resolve) => (connect = resolve));
    const appended = appender.append([record(0, 'a')]);
    await until('the first producer', () => broker.asked === 1);
    broker.connecting = Promise.resolve();
    await until('the time limit', () => failures.length === 1);
    await appended;
    connect();
    await until('the late producer', () => broker.disconnected === 1);
    expect([broker.log(0), broker.made]).toEqual([['a'], 2]);
    await appender.close();
    expect(broker.disconnected).toBe(2);
  });
});

describe('One order per customer: calls', () => {
  it('made in one turn share a send, and keep their order', async () => {
    const { broker, appender } = setUp();
    await Promise.all([appender.append([record(0, 'a'), record(0, 'b')]), appender.append([record(0, 'c')]), appender.append([record(1, 'd')])]);
    expect([broker.sends.length, broker.log(0), broker.log(1)]).toEqual([1, ['a', 'b', 'c'], ['d']]);
  });
  it('made while a send is under way wait for it: one is in flight at a time', async () => {
    const { broker, appender } = setUp({ sendTimeoutMs: 5_000 });
    let answer = () => undefined as void;
    broker.acts.push((batches) => new Promise((resolve) => (answer = () => resolve(broker.land(batches)))));
    const first = appender.append([record(0, 'a')]);
    await new Promise((resolve) => setImmediate(resolve));
    const others = [appender.append([record(0, 'b')]), appender.append([record(0, 'c')])];
    expect(broker.sends).toHaveLength(1);
    answer();
    await Promise.all([first, ...others]);
    expect([broker.sends.length, broker.log(0), broker.mostInFlight]).toEqual([2, ['a', 'b', 'c'], 1]);
  });
  it('are split where a partition is full: by count, by bytes, and in all, in order', async () => {
    const { broker, appender } = setUp({ perPartition: { records: 3, bytes: 1_000 } });
    await appender.append([...values(0, 7).map((value) => record(0, value)), record(1, 'after')]);
    expect(broker.sends.map((send) => send.map(({ records }) => records.length))).toEqual([[3], [3], [1, 1]]);
    expect(broker.log(0)).toEqual(values(0, 7));
    const large = values(0, 3).map((value) => record(2, value + 'x'.repeat(600)));
    await appender.append(large);
    expect(broker.sends.slice(3).map((send) => send[0]!.records.length)).toEqual([1, 1, 1]);
  });
  it('keep to what one request may hold, however many partitions there are', async () => {
    const { broker, appender } = setUp();
    const mega = Buffer.alloc(690_000);
    await appender.append(Array.from({ length: 40 }, (_, partition) => record(partition, mega)));
    for (const send of broker.sends) expect(send.length).toBeLessThanOrEqual(24);
    expect(broker.sends.flat()).toHaveLength(40);
  });
  it('keep 1,000 records and 700 KB a partition by default', async () => {
    const { broker, appender } = setUp();
    await appender.append([...values(0, 2_500).map((value) => record(0, value)), record(1, Buffer.alloc(400_000)), record(1, Buffer.alloc(400_000))]);
    expect(broker.sends.map((send) => send.map(({ records }) => records.length))).toEqual([[1_000], [1_000], [500, 1], [1]]);
  });

  it('land in order without a gap, whatever becomes of the answers', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom<Act>(takeAll, takeNothing, takeAndBreak, takeSome(), takeSome(0), takeSome(1, 2), refuseAll(6)), { maxLength: 12 }),
        fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 8 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        async (acts, calls, records) => {
          const { broker, appender } = setUp({ backoffMs: [0], perPartition: { records, bytes: 700_000 } });
          broker.acts.push(...acts);
          const seqs = [0, 0, 0];
          await Promise.all(calls.map((partitions) => appender.append(partitions.map((partition) => ({ ...record(partition, ''), headers: { [ORIGIN]: encodeOrigin('o.1/t/0/1', (seqs[partition]! += 1)) } })))));
          for (const partition of [0, 1, 2]) {
            const { taken, seen } = dropRepeats(new Map(), broker.records(partition));
            expect([taken.length, seen.get('o.1/t/0/1') ?? 0]).toEqual([seqs[partition], seqs[partition]]);
          }
          expect([appender.pendingBytes, broker.mostInFlight <= 1]).toEqual([0, true]);
        },
      ),
    ));
});

describe('with a deadline', () => {
  it('a call fails when it has passed, though its send is still under way, and the next one goes on', async () => {
    const { broker, appender } = setUp({ deadlineMs: 40, sendTimeoutMs: 200 });
    broker.acts.push(never);
    const first = appender.append([record(0, 'a')]);
    await new Promise((resolve) => setImmediate(resolve));
    const second = appender.append([record(0, 'b')]);
    await expect(first).rejects.toMatchObject(UNAVAILABLE);
    await expect(second).rejects.toMatchObject(UNAVAILABLE);
    // The second was never sent; the first is in the hands of the broker until its send counts as lost.
    expect(broker.sends).toHaveLength(1);
    expect(appender.pendingBytes).toBeGreaterThan(0);
    const third = appender.append([record(0, 'c')]).catch(() => appender.append([record(0, 'd')])).catch(() => undefined);
    await third;
    await until('nothing pending', () => appender.pendingBytes === 0);
    await appender.append([record(0, 'e')]);
    expect(broker.log(0).at(-1)).toBe('e');
    expect(broker.log(0)).not.toContain('b');
  });
  it('a call whose send fails again and again fails too, and leaves nothing behind', async () => {
    const { broker, appender } = setUp({ deadlineMs: 30 });
    broker.acts.push(...Array.from({ length: 10_000 }, () => takeNothing));
    await expect(appender.append([record(0, 'a')])).rejects.toMatchObject(UNAVAILABLE);
    broker.acts.length = 0;
    await appender.append([record(0, 'b')]);
    expect(broker.log(0)).toContain('b');
    expect(appender.pendingBytes).toBe(0);
  });
});

describe('Overload is refused, not absorbed: what is too much to wait', () => {
  it('is refused with nothing sent', async () => {
    const { broker, appender } = setUp({ maxPendingBytes: 1_000, sendTimeoutMs: 5_000 });
    let answer = () => undefined as void;
    broker.acts.push((batches) => new Promise((resolve) => (answer = () => resolve(broker.land(batches)))));
    const first = appender.append([record(0, 'a'.repeat(500))]);
    await expect(appender.append([record(0, 'b'.repeat(500))])).rejects.toMatchObject({ kind: 'Transient', code: 'LOG.OVERLOADED' });
    const small = appender.append([record(0, 'c')]);
    await new Promise((resolve) => setImmediate(resolve));
    answer();
    await Promise.all([first, small]);
    expect(broker.log(0)).toEqual(['a'.repeat(500), 'c']);
  });
  it('is never a single call, however large', async () => {
    const { broker, appender } = setUp({ maxPendingBytes: 1_000 });
    await appender.append([record(0, 'a'.repeat(5_000))]);
    expect(broker.log(0)).toHaveLength(1);
  });
  it('of one record, beyond what the log takes, is refused at once', async () => {
    const { broker, appender } = setUp();
    await expect(appender.append([record(0, 'a'), record(0, Buffer.alloc(MAX_RECORD_BYTES))])).rejects.toThrow('more than the log takes');
    expect([broker.sends.length, appender.pendingBytes]).toEqual([0, 0]);
  });
});

describe('closing', () => {
  it('waits for what is under way', async () => {
    const { broker, appender } = setUp();
    const appended = appender.append([record(0, 'a')]);
    await appender.close();
    await appended;
    expect([broker.log(0), broker.disconnected]).toEqual([['a'], 1]);
    await expect(appender.append([record(0, 'b')])).rejects.toMatchObject(UNAVAILABLE);
  });
  it('ends what is tried again and again, and lets nothing behind it overtake', async () => {
    const { broker, appender, failures } = setUp({ perPartition: { records: 1, bytes: 700_000 }, backoffMs: [10_000] });
    broker.acts.push(takeNothing, takeNothing);
    const outcomes = ['a', 'b', 'c'].map((value) => appender.append([record(0, value)]).then(() => 'landed', (error: unknown) => error));
    await until('the first failure', () => failures.length === 1);
    await appender.close();
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject(UNAVAILABLE);
    expect([broker.log(0), appender.pendingBytes]).toEqual([[], 0]);
  });
  it('of an appender that never sent does nothing', async () => {
    const { broker, appender } = setUp();
    await appender.close();
    expect(broker.made).toBe(0);
  });
});
