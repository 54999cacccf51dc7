import { describe, expect, it } from '@jest/globals';
import type { CustomerId, Meta } from '@touchpoint/kernel';
import { decodeOrigin, MAX_RECORD_BYTES, ORIGIN, recordBytes, type MessageWriter } from '@touchpoint/log';
import type { CommandOut, Decided, Fact } from '@touchpoint/orchestration';
import { Emitted } from './emitted.ts';

const WHO = '00000000-0000-4000-8000-000000000001' as CustomerId;
const THREAD = { correlationId: null, historical: false, traceparent: undefined };
const CAUSE: Meta = { messageId: 'cause', publisher: 'shop', occurredAt: 0, receivedAt: 0, historical: false, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null };
const TOPICS = { timeline: 'timeline', commands: 'commands', urgentCommands: 'urgent', partitionsOf: () => 1 };
/** Writes a message as so many bytes as its data says, and throws at one that says none. */
const writer: MessageWriter = {
  write: (_, data) => {
    const { bytes } = data as unknown as { bytes: number };
    if (bytes === 0) throw new Error('cannot be written');
    return Buffer.alloc(bytes);
  },
};
const fact = (bytes: number, messageId = 'f') => ({ messageId, customerId: WHO, message: { type: 'JourneysMoved', data: { bytes } }, occurredAt: 0, causationId: 'cause' }) as unknown as Fact;
const command = (bytes: number) => ({ message: { type: 'SendMessage', data: { bytes, customerId: WHO, commandId: 'c' } }, urgent: true }) as unknown as CommandOut;
const decided = (facts: readonly Fact[], commands: readonly CommandOut[] = []) => ({ facts, commands }) as Decided;
const emitting = () => new Emitted(new Map([['timeline/0', 7]]), 'o.1/t/0/1', TOPICS, { timeline: writer, commands: writer });
const seqs = (emitted: Emitted, found?: ReadonlySet<string>) => emitted.records(found).map(({ topic, headers }) => `${topic} ${decodeOrigin(headers[ORIGIN])!.seq}`);

describe('what one input comes to', () => {
  it('is numbered in order, per target', () => {
    const emitted = emitting();
    emitted.decided(decided([fact(1), fact(1)], [command(1)]), CAUSE, THREAD);
    expect([seqs(emitted), [...emitted.sent]]).toEqual([['timeline 8', 'timeline 9', 'urgent 1'], [['timeline/0', 9], ['urgent/0', 1]]]);
  });
  it.each([
    ['a fact that cannot be written', decided([fact(1), fact(0)])],
    ['a command that cannot be written', decided([fact(1)], [command(0)])],
    ['a fact that the log would not take', decided([fact(1), fact(MAX_RECORD_BYTES)])],
    ['a command that the log would not take', decided([fact(1)], [command(MAX_RECORD_BYTES)])],
  ])('is emitted whole or not at all: %s', (_, one) => {
    const emitted = emitting();
    emitted.decided(decided([fact(1)]), CAUSE, THREAD);
    expect(() => emitted.decided(one, CAUSE, THREAD)).toThrow();
    emitted.decided(decided([fact(1)]), CAUSE, THREAD);
    expect([seqs(emitted), [...emitted.sent]]).toEqual([['timeline 8', 'timeline 9'], [['timeline/0', 9]]]);
  });
  it('is left out where a restore found it on the log: no number is missing then', () => {
    const emitted = emitting();
    emitted.decided(decided([fact(1, 'f1'), fact(1, 'f2')], [command(1)]), CAUSE, THREAD);
    expect(emitted.ids).toEqual(['f1', 'f2', 'c']);
    expect([seqs(emitted, new Set(['f1', 'c'])), [...emitted.sent]]).toEqual([['timeline 8'], [['timeline/0', 8]]]);
  });
  it('is refused by what the appender goes by, to the byte', () => {
    const emitted = emitting();
    const most = MAX_RECORD_BYTES - (recordBytes(one(1)) - 1);
    function one(bytes: number) {
      const probe = emitting();
      probe.decided(decided([fact(bytes)]), CAUSE, THREAD);
      return probe.records()[0]!;
    }
    emitted.decided(decided([fact(most)]), CAUSE, THREAD);
    expect(recordBytes(emitted.records()[0]!)).toBe(MAX_RECORD_BYTES);
    expect(() => emitted.decided(decided([fact(most + 1)]), CAUSE, THREAD)).toThrow(expect.objectContaining({ kind: 'InvalidMessage', code: 'LOG.TOO_LARGE' }));
  });
});
