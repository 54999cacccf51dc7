import type { JourneysPublished, TimelineEvent, TimerFired } from '@touchpoint/contracts';
import { CONTROL_KEY, type CustomerId, type Instant } from '@touchpoint/kernel';
import { anchorOf, dropRepeats, headerOf, packRecords, readTimelineRecord, TRACEPARENT, TYPE, unpackRecords, type Appender, type LogRecord, type MessageReader, type PartitionSession } from '@touchpoint/log';
import { concerns, decide, emptyState, NOTHING_PUBLISHED, type CustomerState, type Decided, type Input, type Published } from '@touchpoint/orchestration';
import {
  advanceCheckpoint, behind, deleteParked, deletePending, insertPending, park, parkingOf, readPending, readRetries, transaction,
  type Advance, type Checkpoint, type Parkable, type Parking, type Pool,
} from '@touchpoint/store';
import { Emitted, type Topics, type Writers } from './emitted.ts';
import { LogClock } from './log-clock.ts';
import { compiledSet, loadStates, saveInForce, saveStates } from './state-store.ts';
import { dropTimers, dueTimers, setTimers, type TimerRow } from './timer-store.ts';

export type OrchestratorPorts = Readonly<{
  pool: Pool;
  appender: Appender;
  reader: MessageReader;
  topics: Topics;
  writers: Writers;
  parkable: Parkable;
  /** Up to when everything received has been resolved and is on the timeline. */
  resolvedUpTo: () => Promise<Instant | undefined>;
  onDecided: (count: { records: number; inputs: number; repeats: number; parked: number; seconds: number }, decided: readonly Decided[]) => void;
  onTimers: (lateMs: readonly number[]) => void;
}>;

type Read = Readonly<{ record: LogRecord; input?: Input; error?: unknown; control?: JourneysPublished['data'] }>;

const MOST_TIMERS = 500;
/** Inputs that are decoded at a time. */
const PIECE = 500;

/** Decides on one partition of the timeline: states, timers, facts and commands in one transaction with the checkpoint; facts and commands are sent behind it. */
export class OrchestratorSession implements PartitionSession {
  readonly #ports: OrchestratorPorts;
  readonly #parked: Set<string>;
  readonly #origin: string;
  readonly #clock = new LogClock();
  #checkpoint: Checkpoint;
  #published: Published;

  constructor(ports: OrchestratorPorts, checkpoint: Checkpoint, parked: Set<string>, published: Published | undefined, origin: string) {
    this.#ports = ports;
    this.#checkpoint = checkpoint;
    this.#parked = parked;
    this.#published = published ?? NOTHING_PUBLISHED;
    this.#origin = origin;
  }

  get next(): number {
    return this.#checkpoint.next;
  }

  /** Sends what an earlier owner committed and may not have sent. Called between the claim and the first fetch. */
  async sendPending(): Promise<void> {
    for (const { id, payload } of await readPending(this.#ports.pool, this.#checkpoint)) {
      await this.#ports.appender.append(unpackRecords(payload));
      await deletePending(this.#ports.pool, this.#checkpoint, [id]);
    }
  }

  async process(records: readonly LogRecord[]): Promise<void> {
    const { taken, seen, dropped } = dropRepeats(this.#checkpoint.seen, records);
    const last = records.at(-1)!;
    await this.#decide(taken, { next: last.offset + 1, anchor: anchorOf(last), seen }, dropped);
    this.#clock.read(this.next);
  }

  /** Fires what is due by the log's own clock, and redrives the customers whose retry was asked for. */
  async tick({ end }: { end: number }): Promise<void> {
    this.#clock.look({ end, next: this.next, resolvedUpTo: await this.#ports.resolvedUpTo() });
    if (this.#clock.now !== undefined) await this.#fire(this.#clock.now);
    if (this.#parked.size === 0) return;
    const { records, remaining } = await readRetries(this.#ports.pool, this.#checkpoint);
    if (records.length === 0) return;
    for (const { key } of records) this.#parked.delete(key);
    await this.#decide(records.map(({ record }) => record), {}, 0, records.map(({ id }) => id));
    for (const key of remaining) this.#parked.add(key);
  }

  async #fire(now: Instant): Promise<void> {
    for (;;) {
      const due = await dueTimers(this.#ports.pool, this.#checkpoint.partition, now, MOST_TIMERS);
      if (due.length === 0) return;
      const emitted = this.#emitted();
      for (const { customerId, timer } of due) emitted.timerFired(customerId, JSON.parse(timer) as TimerFired['data'], now);
      await this.#commit({}, emitted, (client) => dropTimers(client, this.#checkpoint.partition, due.map(({ timerId }) => timerId)));
      this.#ports.onTimers(due.map(({ dueAt }) => now - dueAt));
      if (due.length < MOST_TIMERS) return;
    }
  }

  async #decide(records: readonly LogRecord[], advance: Advance, repeats: number, redriven: readonly number[] = []): Promise<void> {
    const started = performance.now();
    const { pool } = this.#ports;
    const relevant = this.#relevant(records);
    const loaded = new Map<CustomerId, CustomerState>();
    const states = new Map<CustomerId, CustomerState>();
    const timers = new Map<string, TimerRow>();
    const dropped = new Set<string>();
    const emitted = this.#emitted();
    const parkings: Parking[] = [];
    const newlyParked = new Set<string>();
    const decisions: Decided[] = [];
    let inputs = 0;
    let published = this.#published;
    let control: Readonly<{ record: JourneysPublished['data']; offset: number }> | undefined;

    for (let from = 0; from < relevant.length; from += PIECE) {
      const read = await this.#read(relevant.slice(from, from + PIECE), published);
      const unknown = new Set(read.flatMap(({ input }) => (input && !loaded.has(input.recorded.customerId) ? [input.recorded.customerId] : [])));
      for (const [id, state] of await loadStates(pool, [...unknown])) loaded.set(id, state);
      for (const { record, input, error, control: set } of read) {
        const { key } = record;
        if (set) {
          published = compiledSet(set);
          control = { record: set, offset: record.offset };
        } else if (this.#parked.has(key) || newlyParked.has(key)) parkings.push(behind(record));
        else
          try {
            if (error) throw error;
            if (!input) continue;
            const { customerId, meta } = input.recorded;
            const before = states.get(customerId) ?? loaded.get(customerId) ?? emptyState;
            const decided = decide(before, input, published);
            const thread = { correlationId: meta.correlationId, historical: meta.historical, traceparent: headerOf(record, TRACEPARENT) };
            // May throw; nothing of this input was kept by then.
            emitted.decided(decided, meta, thread);
            if (decided.state !== before) states.set(customerId, decided.state);
            for (const timerId of decided.timers.cancelled) {
              timers.delete(timerId);
              dropped.add(timerId);
            }
            for (const timer of decided.timers.set) {
              dropped.delete(timer.timerId);
              timers.set(timer.timerId, { timerId: timer.timerId, customerId, dueAt: timer.dueAt, timer: JSON.stringify(timer) });
            }
            inputs += 1;
            if (decided.facts.length > 0) decisions.push(decided);
          } catch (cause) {
            parkings.push(parkingOf(record, cause));
            newlyParked.add(key);
          }
      }
    }

    const { partition } = this.#checkpoint;
    await this.#commit(advance, emitted, async (client) => {
      await saveStates(client, states);
      await dropTimers(client, partition, [...dropped]);
      await setTimers(client, partition, [...timers.values()]);
      if (control) await saveInForce(client, partition, control.record, control.offset);
      if (redriven.length > 0) await deleteParked(client, redriven);
      await park(client, this.#checkpoint, parkings, this.#ports.parkable);
    });
    this.#published = published;
    for (const key of newlyParked) this.#parked.add(key);
    this.#ports.onDecided({ records: records.length, inputs, repeats, parked: parkings.length, seconds: (performance.now() - started) / 1000 }, decisions);
  }

  /**
   * The records that something may be decided on, told by their type alone: most events concern no journey. A control record may bring another set, so in a batch
   * that holds one every record is looked at in its turn.
   */
  #relevant(records: readonly LogRecord[]): readonly LogRecord[] {
    const types = new Map<string, boolean>();
    const relevant: LogRecord[] = [];
    for (const record of records) {
      const type = headerOf(record, TYPE)?.toString('latin1');
      if (type === 'JourneysPublished') return records;
      let concerned = type === undefined || types.get(type);
      if (concerned === undefined) types.set(type!, (concerned = concerns(this.#published, type!)));
      if (concerned) relevant.push(record);
    }
    return relevant;
  }

  /** Reads what concerns decisions; of all else not even the body is decoded. */
  async #read(records: readonly LogRecord[], before: Published): Promise<readonly Read[]> {
    const { reader } = this.#ports;
    await reader.prepare(records.map(({ value }) => value));
    let published = before;
    return records.map((record): Read => {
      try {
        const { type, recorded } = readTimelineRecord(record, this.#checkpoint.partition);
        if (record.key === CONTROL_KEY) {
          if (type !== 'JourneysPublished') return { record };
          const control = reader.read(type, record.value).data as JourneysPublished['data'];
          published = compiledSet(control);
          return { record, control };
        }
        return concerns(published, type) ? { record, input: { message: reader.read(type, record.value) as TimelineEvent, recorded } } : { record };
      } catch (error) {
        return { record, error };
      }
    });
  }

  #emitted(): Emitted {
    return new Emitted(this.#checkpoint.sent, this.#origin, this.#ports.topics, this.#ports.writers);
  }

  /** One transaction: effects, what is to be sent, the checkpoint; then the sends; then the row is deleted. */
  async #commit(advance: Advance, emitted: Emitted, effects: (client: Parameters<Parameters<typeof transaction>[1]>[0]) => Promise<void>): Promise<void> {
    const { pool, appender } = this.#ports;
    const id = Number(this.#checkpoint.version);
    this.#checkpoint = await transaction(pool, async (client) => {
      const moved = await advanceCheckpoint(client, this.#checkpoint, { ...advance, sent: emitted.sent });
      await effects(client);
      if (emitted.records.length > 0) await insertPending(client, this.#checkpoint, { id, payload: packRecords(emitted.records) });
      return moved;
    });
    if (emitted.records.length === 0) return;
    await appender.append(emitted.records);
    await deletePending(pool, this.#checkpoint, [id]);
  }
}
