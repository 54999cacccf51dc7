import { decodeMeta, decodeMetaIdentity, encodeMeta } from '@touchpoint/contracts';
import { eventSources, type Fact, type ResolvableEvent } from '@touchpoint/identity';
import { invalidMessage, partitionOf, type CustomerId, type Meta } from '@touchpoint/kernel';
import { anchorOf, headerOf, META, recordBytes, TRACEPARENT, TYPE, MAX_RECEIVED_BYTES, typeOf, type Appender, type LogReader, type LogRecord, type MessageWriter, type OutRecord, type PartitionSession } from '@touchpoint/log';
import { advanceCheckpoint, behind, deleteParked, deletePending, insertPending, park, parkingOf, readPending, readRetries, transaction, type Advance, type Checkpoint, type Client, type Parkable, type Parking, type Pool } from '@touchpoint/store';
import { eventIdOf, insertEventIds, knownEventIds, type EventDays, type EventId } from './event-ids.ts';
import { loadBook, saveBook } from './link-store.ts';
import { NOTHING, packOutcome, unpackOutcome, type Outcome } from './outcome.ts';
import { passedOn, sendsOf, type Target } from './sends.ts';

export type ResolverPorts = Readonly<{
  pool: Pool;
  appender: Appender;
  logReader: LogReader;
  writer: MessageWriter;
  /** The received topic's full name, for reading a batch again. */
  received: string;
  timeline: Target;
  parkable: Parkable;
  ensureDays: EventDays['ensure'];
  onResolved: (count: { records: number; repeats: number; conflicts: number; parked: number; facts: number; seconds: number }) => void;
}>;

type Resolved = Readonly<{ pending: number; outcome: Outcome; sends: readonly OutRecord[]; parkings: readonly Parking[]; repeats: number; checkpoint: Checkpoint }>;
/** A record with what is kept of its meta while a batch of many thousands is resolved; without an event, why there is none. */
type Candidate = Readonly<{ record: LogRecord; event: ResolvableEvent; id: EventId; error?: undefined } | { record: LogRecord; event?: undefined; id?: undefined; error: unknown }>;

export const CONFLICT = 'IDENTITY.CONFLICT';

/**
 * Resolves one partition of what was received: whose event is it, was it here before, what does it link. In one transaction: links, event ids, what
 * became of each event, the checkpoint; then the events go onto the timeline; then the row is deleted (design §3).
 */
export class ResolverSession implements PartitionSession {
  readonly #ports: ResolverPorts;
  readonly #origin: string;
  readonly #parked: Set<string>;
  #checkpoint: Checkpoint;
  /** The log was resolved and sent on up to this time; written with the next transaction, or at a tick. */
  #sentTo: number | null;

  constructor(ports: ResolverPorts, checkpoint: Checkpoint, parked: Set<string>, origin: string) {
    this.#ports = ports;
    this.#checkpoint = checkpoint;
    this.#parked = parked;
    this.#origin = origin;
    this.#sentTo = checkpoint.resolvedTo;
  }

  get next(): number {
    return this.#checkpoint.next;
  }

  /** Sends what an earlier owner committed and may not have sent. Called between the claim and the first fetch. */
  async sendPending(): Promise<void> {
    const { pool, logReader, received, timeline } = this.#ports;
    for (const { id, payload } of await readPending(pool, this.#checkpoint)) {
      const outcome = unpackOutcome(payload);
      const offsets = Array.from(outcome.customers, (_, i) => outcome.first + i);
      const held = new Map((await logReader.read(received, this.#checkpoint.partition, offsets.filter((_, i) => outcome.customers[i] !== NOTHING))).map((record) => [record.offset, record]));
      await this.#send(id, sendsOf(outcome, offsets.map((offset) => held.get(offset)), timeline).sends);
    }
  }

  async process(records: readonly LogRecord[]): Promise<void> {
    const last = records.at(-1)!;
    await this.#take(records, { next: last.offset + 1, anchor: anchorOf(last) });
    this.#sentTo = last.timestamp - 1;
  }

  /** Redrives what was asked for; and at the end of the log, the time of the look is resolved too: this is the clock that timers go by. */
  async tick({ end, at }: { end: number; at: number }): Promise<void> {
    await this.#redrive();
    if (this.next >= end) this.#sentTo = Math.max(this.#sentTo ?? 0, at - 1);
    if (this.#sentTo === this.#checkpoint.resolvedTo) return;
    const resolvedTo = this.#sentTo;
    this.#checkpoint = await transaction(this.#ports.pool, (client) => advanceCheckpoint(client, this.#checkpoint, { resolvedTo }));
  }

  /** Asked at every tick: what is parked alone holds no key back, so nothing here tells of it. */
  async #redrive(): Promise<void> {
    const { records, remaining } = await readRetries(this.#ports.pool, this.#checkpoint);
    if (records.length === 0) return;
    for (const { key } of records) this.#parked.delete(key);
    await this.#take(records.map(({ record }) => record), {}, records.map(({ id }) => id));
    for (const key of remaining) this.#parked.add(key);
  }

  async #take(records: readonly LogRecord[], advance: Advance, redriven: readonly number[] = []): Promise<void> {
    const started = performance.now();
    const candidates = records.map(candidateOf);
    await this.#ports.ensureDays(daysOf(candidates), { again: redriven.length > 0 });
    const { pending, outcome, sends, parkings, repeats, checkpoint } = await transaction(this.#ports.pool, (client) => this.#resolve(client, candidates, advance, redriven));
    this.#checkpoint = checkpoint;
    for (const { key, alone } of parkings) if (!alone) this.#parked.add(key);
    await this.#send(pending, sends);
    const conflicts = parkings.filter(({ alone }) => alone).length;
    this.#ports.onResolved({ records: records.length, repeats, conflicts, parked: parkings.length - conflicts, facts: outcome.facts.length, seconds: (performance.now() - started) / 1000 });
  }

  async #resolve(client: Client, candidates: readonly Candidate[], advance: Advance, redriven: readonly number[]): Promise<Resolved> {
    const parkings: Parking[] = [];
    const fresh: EventId[] = [];
    let repeats = 0;
    const taken = await knownEventIds(client, candidates);
    const blocked = new Set(this.#parked);

    /** Whether an event goes on; if not, it was counted or parked. */
    const goesOn = ({ record, id, error }: Candidate): boolean => {
      if (blocked.size > 0 && blocked.has(record.key)) parkings.push(behind(record));
      else if (!id) {
        parkings.push(parkingOf(record, error));
        blocked.add(record.key);
      } else if (taken.get(id.id) === id.digest) repeats += 1;
      else if (taken.has(id.id)) parkings.push({ record, key: record.key, code: CONFLICT, detail: 'another event of this publisher and source has the same message id', alone: true });
      else {
        taken.set(id.id, id.digest);
        fresh.push(id);
        return true;
      }
      return false;
    };
    const events = candidates.map((candidate) => (goesOn(candidate) ? candidate.event : undefined));

    const loaded = await loadBook(client, events.filter((event) => event !== undefined));
    const customerIds = new Map<string, number>();
    const facts: Outcome['facts'][number][] = [];
    const customers = Int32Array.from(events, (event, i) => {
      if (!event) return NOTHING;
      const { record } = candidates[i]!;
      const resolution = loaded.book.resolve(event);
      for (const fact of resolution.facts) facts.push({ before: i, record: this.#factRecord(fact, record) });
      const index = customerIds.get(resolution.customerId) ?? customerIds.size;
      if (index === customerIds.size) customerIds.set(resolution.customerId, index);
      if (redriven.length === 0) return index;
      facts.push({ before: i, record: this.#redrivenRecord(resolution.customerId, record) });
      return NOTHING;
    });

    const { offset: first } = candidates[0]!.record;
    const pending = redriven[0] === undefined ? first : -redriven[0];
    const outcome: Outcome = { origin: this.#origin, first, customerIds: [...customerIds.keys()], customers, facts, sentBefore: Object.fromEntries(this.#checkpoint.sent) };
    const { sends, sent } = sendsOf(outcome, candidates.map(({ record }) => record), this.#ports.timeline);
    await saveBook(client, loaded);
    await insertEventIds(client, fresh);
    if (redriven.length > 0) await deleteParked(client, redriven);
    await park(client, this.#checkpoint, parkings, this.#ports.parkable);
    await insertPending(client, this.#checkpoint, { id: pending, payload: packOutcome(outcome) });
    const checkpoint = await advanceCheckpoint(client, this.#checkpoint, { ...advance, sent, resolvedTo: this.#sentTo });
    return { pending, outcome, sends, parkings, repeats, checkpoint };
  }

  async #send(id: number, sends: readonly OutRecord[]): Promise<void> {
    await this.#ports.appender.append(sends);
    await deletePending(this.#ports.pool, this.#checkpoint, [id]);
  }

  #redrivenRecord(customerId: CustomerId, { value, headers }: LogRecord): OutRecord {
    const { topic, partitions } = this.#ports.timeline;
    return { topic, partition: partitionOf(customerId, partitions), key: customerId, value, headers: passedOn(headers) };
  }

  #factRecord({ id, timeline, type, data }: Fact, { headers: { [META]: causeMeta, [TRACEPARENT]: traceparent } }: LogRecord): OutRecord {
    const cause = decodeMeta(causeMeta!);
    const meta: Meta = { ...cause, messageId: id, publisher: 'identity-resolver', link: 'none', digest: '0'.repeat(32), causationId: cause.messageId };
    const { topic, partitions } = this.#ports.timeline;
    return { topic, partition: partitionOf(timeline, partitions), key: timeline, value: this.#ports.writer.write(type, data as never), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type), ...(traceparent && { [TRACEPARENT]: traceparent }) } };
  }
}

const daysOf = (candidates: readonly Candidate[]): ReadonlySet<string> => {
  const days = new Set<string>();
  for (const { id } of candidates) if (id) days.add(id.day);
  return days;
};

/** A record that could not go onto the timeline is found before anything is decided on it. */
const candidateOf = (record: LogRecord): Candidate => {
  try {
    const bytes = headerOf(record, META);
    if (!bytes || !typeOf(record)) throw invalidMessage('LOG.NO_META', `offset ${record.offset} has no meta or no type header`);
    const meta = decodeMetaIdentity(bytes);
    if (!meta.sources[0]) throw invalidMessage('IDENTITY.NO_SOURCE', 'the event has no source');
    if (recordBytes(record) > MAX_RECEIVED_BYTES) throw invalidMessage('LOG.TOO_LARGE', 'the record is larger than the timeline takes');
    const { publisher, messageId, link, occurredAt } = meta;
    return { record, event: { publisher, messageId, link, occurredAt, sources: eventSources(meta.sources) }, id: eventIdOf(meta) };
  } catch (error) {
    return { record, error };
  }
};
