import { encodeMeta, type TimerFired } from '@touchpoint/contracts';
import { derivedId, partitionOf, type CustomerId, type Instant, type Meta } from '@touchpoint/kernel';
import { createSequencer, encodeOrigin, META, ORIGIN, TRACEPARENT, TYPE, type MessageWriter, type OutRecord } from '@touchpoint/log';
import type { CommandOut, Fact } from '@touchpoint/orchestration';

export type Topics = Readonly<{ timeline: string; commands: string; urgentCommands: string; partitionsOf: (topic: string) => number }>;
export type Writers = Readonly<{ timeline: MessageWriter; commands: MessageWriter }>;
/** What is passed from the cause to all that follows from it. */
export type Thread = Readonly<{ correlationId: string | null; historical: boolean; traceparent: Buffer | undefined }>;

export const PUBLISHER = 'channel-orchestrator';
const NO_DIGEST = '0'.repeat(32);

/** Gathers what a transaction emits, numbered in order per target partition. */
export class Emitted {
  readonly records: OutRecord[] = [];
  readonly #sequencer: ReturnType<typeof createSequencer>;
  readonly #origin: string;
  readonly #topics: Topics;
  readonly #writers: Writers;

  constructor(sent: ReadonlyMap<string, number>, origin: string, topics: Topics, writers: Writers) {
    this.#sequencer = createSequencer(sent);
    this.#origin = origin;
    this.#topics = topics;
    this.#writers = writers;
  }

  /** The counters behind what was emitted: they belong into the checkpoint. */
  get sent(): ReadonlyMap<string, number> {
    return this.#sequencer.counters;
  }

  fact({ messageId, customerId, message, occurredAt, causationId }: Fact, thread: Thread): void {
    const meta = this.#meta(messageId, occurredAt, occurredAt, causationId, thread);
    this.#add(this.#topics.timeline, customerId, message.type, this.#writers.timeline.write(message.type, message.data as never), meta, thread);
  }

  command({ message, urgent }: CommandOut, cause: Meta, thread: Thread): void {
    const { data, type } = message;
    const meta = this.#meta(data.commandId, cause.receivedAt, cause.receivedAt, cause.messageId, thread);
    this.#add(urgent ? this.#topics.urgentCommands : this.#topics.commands, data.customerId, type, this.#writers.commands.write(type, data), meta, thread);
  }

  timerFired(customerId: CustomerId, data: TimerFired['data'], now: Instant): void {
    const thread = { correlationId: null, historical: false, traceparent: undefined };
    const meta = this.#meta(derivedId('timer-fired', data.timerId), data.dueAt, now, null, thread);
    this.#add(this.#topics.timeline, customerId, 'TimerFired', this.#writers.timeline.write('TimerFired', data), meta, thread);
  }

  #meta(messageId: string, occurredAt: Instant, receivedAt: Instant, causationId: string | null, { correlationId, historical }: Thread): Meta {
    return { messageId, publisher: PUBLISHER, occurredAt, receivedAt, historical, sources: [], link: 'none', digest: NO_DIGEST, correlationId, causationId };
  }

  #add(topic: string, key: CustomerId, type: string, value: Buffer, meta: Meta, { traceparent }: Thread): void {
    const partition = partitionOf(key, this.#topics.partitionsOf(topic));
    const headers: Record<string, Buffer> = { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type), [ORIGIN]: encodeOrigin(this.#origin, this.#sequencer.next(topic, partition)) };
    if (traceparent) headers[TRACEPARENT] = traceparent;
    this.records.push({ topic, partition, key, value, headers });
  }
}
