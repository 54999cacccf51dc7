import { describe, expect, it } from '@jest/globals';
import { decodeOrigin, MAX_RECEIVED_BYTES, MAX_RECORD_BYTES, ORIGIN, originName, recordBytes, type LogRecord } from '../record.ts';
import { TOPICS } from '../topics.ts';
import { NOTHING, packOutcome, unpackOutcome, type Outcome } from './outcome.ts';
import { passedOn, sendsOf } from './sends.ts';

const WHO = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
const TIMELINE = { topic: 'customers.timeline', partitions: 1 };
const origin = originName('identity-resolver', 1, TOPICS.received, 11, 1);
const received = (offset: number, bytes = 10): LogRecord => ({ offset, key: 'f'.repeat(32), timestamp: 0, value: Buffer.alloc(bytes), headers: { meta: Buffer.alloc(3), type: Buffer.from('Tracked') } });
const fact = { topic: TIMELINE.topic, partition: 0, key: WHO[0]!, value: Buffer.from('fact'), headers: { type: Buffer.from('IdentitiesLinked') } };
const outcome: Outcome = { origin, first: 5, customerIds: WHO, customers: Int32Array.of(0, NOTHING, 1), facts: [{ before: 2, record: fact }], sentBefore: { 'customers.timeline/0': 3 } };
const sent = (one: Outcome, records: readonly (LogRecord | undefined)[]) =>
  sendsOf(one, records, TIMELINE).sends.map(({ key, value, headers }) => ({ key, value: Buffer.from(value), origin: decodeOrigin(headers[ORIGIN]) }));

describe('a batch that is sent', () => {
  const first = sent(outcome, [5, 6, 7].map((offset) => received(offset)));
  it('numbers its records behind those before, facts where they belong', () => {
    expect(first.map(({ key, origin: from }) => [key, from!.seq])).toEqual([[WHO[0], 4], [WHO[0], 5], [WHO[1], 6]]);
  });
  it('is the same when it is sent from its row, by whatever release: under the origin that it had', () => {
    expect(sent(unpackOutcome(packOutcome(outcome)), [5, 6, 7].map((offset) => received(offset)))).toEqual(first);
    expect(new Set(first.map(({ origin: from }) => from!.name))).toEqual(new Set([origin]));
  });
  it('needs nothing of what is not sent', () => expect(sent(outcome, [received(5), undefined, received(7)])).toEqual(first));
  it('stops loudly where a record that it must send has left the log', () => {
    expect(() => sent(outcome, [received(5), received(6), undefined])).toThrow(expect.objectContaining({ kind: 'LogMismatch', code: 'LOG.RETENTION_GAP', message: expect.stringMatching(/offset 7 .*touchpoint restore/) }));
  });
});

describe('the largest record that may be received', () => {
  const most = received(5, MAX_RECEIVED_BYTES - recordBytes(received(5, 0)));
  it('fits on the timeline, also when it was parked and is redriven', () => {
    expect(recordBytes(most)).toBe(MAX_RECEIVED_BYTES);
    const [passed] = sendsOf({ ...outcome, customers: Int32Array.of(0), facts: [] }, [most], TIMELINE).sends;
    expect(recordBytes(passed!)).toBeLessThanOrEqual(MAX_RECORD_BYTES);
    const whole = { topic: TIMELINE.topic, partition: 0, key: WHO[0]!, value: most.value, headers: passedOn(most.headers) };
    const [redriven] = sendsOf({ ...outcome, customers: Int32Array.of(NOTHING), facts: [{ before: 0, record: whole }] }, [], TIMELINE).sends;
    expect(recordBytes(redriven!)).toBeLessThanOrEqual(MAX_RECORD_BYTES);
  });
});
