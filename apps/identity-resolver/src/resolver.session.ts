import type { SplitRequested } from '@touchpoint/contracts';
import type { LinkChanges } from '@touchpoint/identity';
import { Failure } from '@touchpoint/kernel';
import {
  anchorOf, NOTHING, packOutcome, resolvedSends, sendsOf, unpackOutcome,
  type Appender, type LogReader, type LogRecord, type MessageReader, type MessageWriter, type OutRecord, type Outcome, type PartitionSession, type Target,
} from '@touchpoint/log';
import {
  acknowledged, advanceCheckpoint, advanceWith, arrayOf, behind, deleteAcknowledged, deleteParked, deletePending, findingPoison, forgetDropped, foundIds, insertEventIds, insertPending, knownEventIds, park, parkingOf, readPending, readRetries,
  transaction,
  type Advance, type Checkpoint, type Client, type EventDays, type EventId, type Parkable, type Parking, type Pool, type Queryable,
} from '@touchpoint/store';
import { candidatesOf, daysOf, SPLIT, stepOf, type Candidate } from './candidate.ts';
import { eraseCustomer } from './erasure-store.ts';
import { factRecord, redrivenRecord } from './fact-record.ts';
import { loadBook, RACED, saveBook, ties, type Loaded } from './link-store.ts';
import { resolveSplit } from './split-request.ts';

export type ResolverPorts = Readonly<{
  pool: Pool;
  appender: Appender;
  logReader: LogReader;
  writer: MessageWriter;
  /** For what an operator asks for; no other body is decoded. */
  reader: MessageReader;
  /** The received topic's full name, for reading a batch again. */
  received: string;
  timeline: Target;
  parkable: Parkable;
  ensureDays: EventDays['ensure'];
  onResolved: (count: { records: number; repeats: number; conflicts: number; parked: number; facts: number; seconds: number }) => void;
}>;

/** What a batch comes to, before it is saved. */
type Resolved = Readonly<{ pending: number; outcome: Outcome; sends: readonly OutRecord[]; sent: Checkpoint['sent']; parkings: readonly Parking[]; repeats: number; fresh: readonly EventId[]; loaded: Loaded; changes: LinkChanges }>;
/** So many event ids are written faster in the statement that moves the checkpoint than copied in a transaction. */
const FEW = 100;

/** Parked records that are taken up in one go. */
const RETRIES_AT_ONCE = 1_000;

/** Races lost one after another, behind which the partition rests a moment. */
const MOST_RACES = 5;

const NO_FACTS: readonly never[] = [];
/** The split that a step of one asks for. */
type Asked = SplitRequested['data'] | undefined;

export const CONFLICT = 'IDENTITY.CONFLICT';

/**
 * Resolves one partition of what was received: whose event is it, was it here before, what does it link. In one transaction: links, event ids, what
 * became of each event, the checkpoint; then the events go onto the timeline; with the next batch the row is deleted (design §3).
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
      await this.#ports.appender.append(await resolvedSends(unpackOutcome(payload), { logReader, received, partition: this.#checkpoint.partition, timeline }));
      await deletePending(pool, this.#checkpoint, [id]);
    }
  }

  async leave(): Promise<void> {
    this.#checkpoint = await deleteAcknowledged(this.#ports.pool, this.#checkpoint);
  }

  /** Takes no more than a step, and is asked again with the rest. */
  async process(records: readonly LogRecord[]): Promise<void> {
    await findingPoison(records.length, () => this.#checkpoint, async (some, poison) => {
      const candidates = stepOf(candidatesOf(some < records.length ? records.slice(0, some) : records, poison));
      const last = candidates.at(-1)!.record;
      await this.#take(candidates, { next: last.offset + 1, anchor: anchorOf(last) });
      this.#sentTo = last.timestamp - 1;
    });
  }

  /** Redrives what was asked for; and at the end of the log, the time of the look is resolved too: this is the clock that timers go by. */
  async tick({ end, at }: { end: number; at: number }): Promise<void> {
    await findingPoison(RETRIES_AT_ONCE, () => this.#checkpoint, (some, poison) => this.#redrive(some, poison));
    if (this.next >= end) this.#sentTo = Math.max(this.#sentTo ?? 0, at - 1);
    if (this.#sentTo === this.#checkpoint.resolvedTo && this.#checkpoint.acknowledged.length === 0) return;
    this.#checkpoint = await advanceCheckpoint(this.#ports.pool, this.#checkpoint, { resolvedTo: this.#sentTo });
  }

  /** Asked at every tick: what is parked alone holds no key back, so nothing here tells of it. */
  async #redrive(most: number, poison: unknown): Promise<void> {
    const { records, dropped, keys, remaining } = await readRetries(this.#ports.pool, this.#checkpoint, { records: most });
    this.#checkpoint = await forgetDropped(this.#ports.pool, this.#checkpoint, dropped);
    const held = [...keys].filter((key) => this.#parked.delete(key));
    const candidates = candidatesOf(records.map(({ record }) => record), poison);
    try {
      for (let from = 0; from < candidates.length; ) {
        const step = stepOf(candidates.slice(from));
        await this.#take(step, {}, records.slice(from, from + step.length).map(({ id }) => id));
        from += step.length;
      }
    } catch (error) {
      for (const key of held) this.#parked.add(key);
      throw error;
    }
    for (const key of remaining) this.#parked.add(key);
  }

  async #take(step: readonly Candidate[], advance: Advance, redriven: readonly number[] = []): Promise<void> {
    const started = performance.now();
    const { candidates, asked } = await this.#read(step);
    await this.#ports.ensureDays(daysOf(candidates), { again: redriven.length > 0 });
    const { pending, outcome, sends, parkings, repeats } = await this.#resolveOnceMore(candidates, asked, advance, redriven);
    for (const { key, alone } of parkings) if (!alone) this.#parked.add(key);
    await this.#ports.appender.append(sends);
    this.#checkpoint = acknowledged(this.#checkpoint, [pending]);
    const conflicts = parkings.filter(({ code }) => code === CONFLICT).length;
    this.#ports.onResolved({ records: candidates.length, repeats, conflicts, parked: parkings.length - conflicts, facts: outcome.facts.length, seconds: (performance.now() - started) / 1000 });
  }

  /** Reads what an operator asks for. */
  async #read(candidates: readonly Candidate[]): Promise<Readonly<{ candidates: readonly Candidate[]; asked: Asked }>> {
    const [only] = candidates;
    if (only?.splits === undefined) return { candidates, asked: undefined };
    const { record } = only;
    await this.#ports.reader.prepare([record.value]);
    try {
      return { candidates, asked: this.#ports.reader.read(SPLIT, record.value).data as SplitRequested['data'] };
    } catch (error) {
      return { candidates: [{ record, error }], asked: undefined };
    }
  }

  /** Meeting another partition's batch over a new source is ordinary work: what was written is rolled back, and the next look sees what the other one wrote. */
  async #resolveOnceMore(candidates: readonly Candidate[], asked: Asked, advance: Advance, redriven: readonly number[]): Promise<Resolved> {
    for (let left = MOST_RACES; ; left -= 1) {
      try {
        return await this.#resolveAndSave(candidates, asked, advance, redriven);
      } catch (error) {
        if (left === 0 || !(error instanceof Failure) || error.code !== RACED) throw error;
      }
    }
  }

  /** Only what ties its sources, and what erases or splits, must be read inside the transaction that writes. */
  async #resolveAndSave(candidates: readonly Candidate[], asked: Asked, advance: Advance, redriven: readonly number[]): Promise<Resolved> {
    const { pool } = this.#ports;
    if (asked || candidates.some(({ event, erases }) => event && (erases !== undefined || ties(event)))) {
      const { resolved, checkpoint } = await transaction(pool, async (client) => {
        const tied = await this.#resolve(client, candidates, asked, redriven, client);
        return { resolved: tied, checkpoint: await this.#save(client, tied, advance, redriven) };
      });
      this.#checkpoint = checkpoint;
      return resolved;
    }
    const resolved = await this.#resolve(pool, candidates, asked, redriven);
    const { changes, parkings, fresh } = resolved;
    const plain = changes.links.length + changes.customers.length + changes.strays.length + parkings.length + redriven.length === 0 && fresh.length <= FEW;
    this.#checkpoint = await (plain ? this.#savePlain(resolved, advance) : transaction(pool, (client) => this.#save(client, resolved, advance, redriven)));
    return resolved;
  }

  /** @param client where it is resolved inside a transaction: what erases is */
  async #resolve(on: Queryable, candidates: readonly Candidate[], asked: Asked, redriven: readonly number[], client?: Client): Promise<Resolved> {
    const parkings: Parking[] = [];
    const fresh: EventId[] = [];
    let repeats = 0;
    const taken = await knownEventIds(on, candidates);
    const blocked = new Set(this.#parked);

    /** Whether an event goes on; if not, it was counted or parked. */
    const goesOn = ({ record, id, error }: Candidate): boolean => {
      if (blocked.size > 0 && blocked.has(record.key)) parkings.push(behind(record));
      else if (!id) {
        const parking = parkingOf(record, error);
        parkings.push(parking);
        if (!parking.alone) blocked.add(record.key);
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

    const [only] = candidates;
    const erasure = client && only?.erases !== undefined && events[0] ? await eraseCustomer(client, { ...only.event, customerId: only.erases }) : undefined;
    // Keys that an older database brought back go once more, though the log says already that they are gone.
    const told = erasure && fresh[0] ? await foundIds(on, [fresh[0].id]) : undefined;
    const splitting = asked && events[0] ? await resolveSplit(on, events[0], asked) : undefined;
    const loaded = splitting?.loaded ?? (await loadBook(on, events.filter((event) => event !== undefined)));
    const customerIds = new Map<string, number>();
    const facts: Outcome['facts'][number][] = [];
    const customers = Int32Array.from(events, (event, i) => {
      if (!event) return NOTHING;
      const { record } = candidates[i]!;
      const resolution = splitting ?? loaded.book.resolve(event);
      for (const fact of [...resolution.facts, ...(erasure?.facts ?? NO_FACTS)]) facts.push({ before: i, record: factRecord(fact, record, this.#ports.writer, this.#ports.timeline) });
      const index = customerIds.get(resolution.customerId) ?? customerIds.size;
      if (index === customerIds.size) customerIds.set(resolution.customerId, index);
      if (told && told.size > 0) return NOTHING;
      if (redriven.length === 0) return index;
      facts.push({ before: i, record: redrivenRecord(resolution.customerId, record, this.#ports.timeline) });
      return NOTHING;
    });

    const { offset: first } = candidates[0]!.record;
    const pending = redriven[0] === undefined ? first : -redriven[0];
    const outcome: Outcome = { origin: this.#origin, first, customerIds: [...customerIds.keys()], customers, facts, sentBefore: Object.fromEntries(this.#checkpoint.sent) };
    const { sends, sent } = sendsOf(outcome, candidates.map(({ record }) => record), this.#ports.timeline);
    return { pending, outcome, sends, sent, parkings, repeats, fresh, loaded, changes: splitting?.changes ?? loaded.book.takeChanges() };
  }

  async #save(client: Client, { pending, outcome, sent, parkings, fresh, loaded, changes }: Resolved, advance: Advance, redriven: readonly number[]): Promise<Checkpoint> {
    await saveBook(client, changes, loaded);
    await insertEventIds(client, fresh);
    if (redriven.length > 0) await deleteParked(client, redriven);
    await park(client, this.#checkpoint, parkings, this.#ports.parkable);
    await insertPending(client, this.#checkpoint, { id: pending, payload: packOutcome(outcome) });
    return advanceCheckpoint(client, this.#checkpoint, { ...advance, sent, resolvedTo: this.#sentTo });
  }

  /** A few events that are new and whose customers are known, in one statement: what comes in one by one is mostly that. */
  async #savePlain({ pending, outcome, sent, fresh }: Resolved, advance: Advance): Promise<Checkpoint> {
    const { checkpoint } = await advanceWith(this.#ports.pool, this.#checkpoint, { ...advance, sent, resolvedTo: this.#sentTo }, {
      name: 'resolved',
      parts: [
        'event_ids as (insert into identity.event_id (id, digest, day) select i.* from moved, unnest($11::uuid[], $12::uuid[], $13::date[]) i)',
        'pending as (insert into log.pending (consumer, topic, partition, id, payload) select $1, $2, $3, $14, $15 from moved)',
      ],
      values: [arrayOf(fresh.map(({ id }) => id), 'uuid'), arrayOf(fresh.map(({ digest }) => digest), 'uuid'), arrayOf(fresh.map(({ day }) => day), 'day'), pending, packOutcome(outcome)],
    });
    return checkpoint;
  }
}
