import { encodeMeta, type HistoryFilled, type TimerFired } from '@touchpoint/contracts';
import { CONTROL_KEY, derivedId, invalidMessage, partitionOf, type CustomerId, type Instant, type Meta } from '@touchpoint/kernel';
import { createSequencer, encodeOrigin, MAX_RECORD_BYTES, META, ORIGIN, recordBytes, TRACEPARENT, TYPE, type MessageWriter, type OutRecord } from '@touchpoint/log';
import type { CommandOut, Decided, Fact } from '@touchpoint/orchestration';

export type Topics = Readonly<{ timeline: string; commands: string; urgentCommands: string; partitionsOf: (topic: string) => number }>;
export type Writers = Readonly<{ timeline: MessageWriter; commands: MessageWriter }>;
/** What is passed from the cause to all that follows from it. */
export type Thread = Readonly<{ correlationId: string | null; historical: boolean; traceparent: Buffer | undefined }>;

export const PUBLISHER = 'channel-orchestrator';
const NO_DIGEST = '0'.repeat(32);
const NONE: ReadonlySet<string> = new Set();
/** Of what no touchpoint caused. */
const NO_THREAD: Thread = { correlationId: null, historical: false, traceparent: undefined };
type Unnumbered = Readonly<{ id: string; record: Omit<OutRecord, 'headers'> & { headers: Record<string, Buffer> } }>;

/** Gathers what a transaction emits; at its end, numbered in order per target partition. */
export class Emitted {
  readonly #gathered: Unnumbered[] = [];
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

  get empty(): boolean {
    return this.#gathered.length === 0;
  }

  /** The facts and commands that are gathered. */
  get ids(): readonly string[] {
    return this.#gathered.map(({ id }) => id);
  }

  /** All that is to be sent, numbered. To be asked once. @param found those that a restore found on the log: they were sent by what this database has forgotten */
  records(found: ReadonlySet<string> = NONE): readonly OutRecord[] {
    return this.#gathered.filter(({ id }) => !found.has(id)).map(({ record }) => {
      record.headers[ORIGIN] = encodeOrigin(this.#origin, this.#sequencer.next(record.topic, record.partition));
      return record;
    });
  }

  /** The counters behind what is sent: they belong into the checkpoint. */
  get sent(): ReadonlyMap<string, number> {
    return this.#sequencer.counters;
  }

  /**
   * All that one input comes to, or, where any of it cannot be written, nothing: its customer is parked, and no number is missing.
   * @throws Failure InvalidMessage `LOG.TOO_LARGE` for a record that the log would not take: committed, it would stop the partition for ever.
   */
  decided({ facts, commands }: Decided, cause: Meta, thread: Thread): void {
    const records = [...facts.map((fact) => this.#fact(fact, thread)), ...commands.map((command) => this.#command(command, cause, thread))];
    this.#gathered.push(...records);
  }

  timerFired(customerId: CustomerId, data: TimerFired['data'], now: Instant): void {
    const meta = this.#meta(derivedId('timer-fired', data.timerId), data.dueAt, now, null, NO_THREAD);
    this.#gathered.push(this.#record(this.#topics.timeline, customerId, 'TimerFired', this.#writers.timeline.write('TimerFired', data), meta, NO_THREAD));
  }

  historyFilled(customerId: CustomerId, data: HistoryFilled['data'], now: Instant): void {
    const meta = this.#meta(derivedId('history-filled', customerId, String(data.setNumber)), now, now, null, NO_THREAD);
    this.#gathered.push(this.#record(this.#topics.timeline, customerId, 'HistoryFilled', this.#writers.timeline.write('HistoryFilled', data), meta, NO_THREAD));
  }

  /** A control record on our own partition. */
  segmentsLive(partition: number, setNumber: number, now: Instant): void {
    const meta = this.#meta(derivedId('segments-live', String(setNumber), String(partition)), now, now, null, NO_THREAD);
    this.#gathered.push(this.#record(this.#topics.timeline, CONTROL_KEY, 'SegmentsLive', this.#writers.timeline.write('SegmentsLive', { setNumber }), meta, NO_THREAD, partition));
  }

  #fact({ messageId, customerId, message, occurredAt, causationId }: Fact, thread: Thread): Unnumbered {
    const meta = this.#meta(messageId, occurredAt, occurredAt, causationId, thread);
    return this.#record(this.#topics.timeline, customerId, message.type, this.#writers.timeline.write(message.type, message.data as never), meta, thread);
  }

  #command({ message, urgent }: CommandOut, cause: Meta, thread: Thread): Unnumbered {
    const { data, type } = message;
    const meta = this.#meta(data.commandId, cause.receivedAt, cause.receivedAt, cause.messageId, thread);
    return this.#record(urgent ? this.#topics.urgentCommands : this.#topics.commands, data.customerId, type, this.#writers.commands.write(type, data), meta, thread);
  }

  #meta(messageId: string, occurredAt: Instant, receivedAt: Instant, causationId: string | null, { correlationId, historical }: Thread): Meta {
    return { messageId, publisher: PUBLISHER, occurredAt, receivedAt, historical, sources: [], link: 'none', digest: NO_DIGEST, correlationId, causationId };
  }

  #record(topic: string, key: CustomerId | typeof CONTROL_KEY, type: string, value: Buffer, meta: Meta, { traceparent }: Thread, partition = partitionOf(key, this.#topics.partitionsOf(topic))): Unnumbered {
    // Any number takes as many bytes: the size is known before it is given.
    const headers: Record<string, Buffer> = { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type), [ORIGIN]: encodeOrigin(this.#origin, 0) };
    if (traceparent) headers[TRACEPARENT] = traceparent;
    const record = { topic, partition, key, value, headers };
    const bytes = recordBytes(record);
    if (bytes > MAX_RECORD_BYTES) throw invalidMessage('LOG.TOO_LARGE', `${type} would take ${bytes} bytes; a record holds ${MAX_RECORD_BYTES}`);
    return { id: meta.messageId, record };
  }
}
