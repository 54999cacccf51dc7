import type { TimerFired } from '@touchpoint/contracts';
import type { Instant } from '@touchpoint/kernel';
import { anchorOf, dropRepeats, headerOf, TRACEPARENT, unpackRecords, type Appender, type LogRecord, type LogScanner, type MessageReader, type OutRecord, type PartitionSession } from '@touchpoint/log';
import { NOTHING_PUBLISHED, type Decided, type Published } from '@touchpoint/orchestration';
import {
  acknowledged, behind, deleteAcknowledged, deleteParked, deletePending, findingPoison, forgetDropped, foundIds, park, parkingOf, readPending, readRetries, transaction,
  type Advance, type Checkpoint, type Client, type Parkable, type Parking, type Pool,
} from '@touchpoint/store';
import { NO_EFFECTS, saveBatch, type BatchEffects } from './batch-store.ts';
import { DecidedBatch } from './decided-batch.ts';
import { Emitted, type Topics, type Writers } from './emitted.ts';
import { Following, type Followed } from './following.ts';
import { FIRST, saveInForce, saveLive, type InForce } from './in-force.ts';
import { LogClock } from './log-clock.ts';
import { inForceBy, readInputs, relevantRecords, type Control } from './read-inputs.ts';
import { loadStates } from './state-store.ts';
import { dueTimers, nextDue } from './timer-store.ts';

export type OrchestratorPorts = Readonly<{
  pool: Pool;
  appender: Appender;
  reader: MessageReader;
  log: LogScanner;
  topics: Topics;
  writers: Writers;
  parkable: Parkable;
  /** Up to when everything received has been resolved and is on the timeline, as it was after `at`; asked again with the same `at`, it may say the same. */
  resolvedUpTo: (at: Instant) => Promise<Instant | undefined>;
  onDecided: (count: { records: number; inputs: number; repeats: number; parked: number; seconds: number }, decided: readonly Decided[]) => void;
  onTimers: (lateMs: readonly number[]) => void;
  /** Records that none of our writers wrote: they are dropped. */
  onStrangers: (partition: number, records: readonly LogRecord[]) => void;
}>;


const MOST_TIMERS = 500;
/** Parked records that are taken up in one go. */
const RETRIES_AT_ONCE = 1_000;
/** Inputs that are decoded at a time. */
const PIECE = 500;

/** Decides on one partition of the timeline: states, timers, facts and commands in one transaction with the checkpoint; facts and commands are sent behind it. */
export class OrchestratorSession implements PartitionSession {
  readonly #ports: OrchestratorPorts;
  readonly #parked: Set<string>;
  readonly #origin: string;
  readonly #clock = new LogClock();
  /** Where this session stands. What it has passed by without an effect is committed with the next effect, or at a tick. */
  #checkpoint: Checkpoint;
  #passedBy = false;
  #published: Published;
  #followed: Followed;
  readonly #following: Following;
  /** No timer is due before; undefined: that is not known. */
  #nextDue: Instant | undefined;

  /** Up to where the last restore read this partition. */
  readonly #restoredUntil: number | undefined;

  constructor(ports: OrchestratorPorts, checkpoint: Checkpoint, parked: Set<string>, inForce: InForce | undefined, origin: string, restoredUntil?: number) {
    this.#restoredUntil = restoredUntil;
    this.#ports = ports;
    this.#checkpoint = checkpoint;
    this.#parked = parked;
    this.#published = inForce?.published ?? NOTHING_PUBLISHED;
    this.#followed = inForce ?? { told: 0, filling: null, sweep: null };
    const { pool, log, reader, topics, parkable } = ports;
    this.#following = new Following({ pool, log, reader, topic: topics.timeline, partitions: parkable.partitions }, checkpoint.partition);
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
    await findingPoison(records.length, () => this.#checkpoint, (some, poison) => this.#process(some < records.length ? records.slice(0, some) : records, poison));
    this.#clock.read(this.next);
  }

  async #process(records: readonly LogRecord[], poison: unknown): Promise<void> {
    const { taken, seen, dropped, strangers } = dropRepeats(this.#checkpoint.seen, records);
    const last = records.at(-1)!;
    await this.#decide(taken, { next: last.offset + 1, anchor: anchorOf(last), seen }, { repeats: dropped, poison });
    if (strangers.length > 0) this.#ports.onStrangers(this.#checkpoint.partition, strangers);
  }

  /** Fires what is due by the log's own clock, and redrives the customers whose retry was asked for. */
  async tick({ end, at }: { end: number; at: Instant }): Promise<void> {
    this.#clock.look({ end, next: this.next, resolvedUpTo: await this.#ports.resolvedUpTo(at) });
    if (this.#clock.now !== undefined) {
      await this.#fire(this.#clock.now);
      await this.#follow(this.#clock.now);
    }
    if (this.#parked.size > 0) await findingPoison(RETRIES_AT_ONCE, () => this.#checkpoint, (some, poison) => this.#redrive(some, poison));
    if (this.#passedBy || this.#checkpoint.acknowledged.length > 0) await this.#commit({}, NO_EFFECTS);
  }

  async leave(): Promise<void> {
    this.#checkpoint = await deleteAcknowledged(this.#ports.pool, this.#checkpoint);
  }

  async #redrive(most: number, poison: unknown): Promise<void> {
    const { records, dropped, keys, remaining } = await readRetries(this.#ports.pool, this.#checkpoint, { records: most });
    this.#checkpoint = await forgetDropped(this.#ports.pool, this.#checkpoint, dropped);
    for (const key of keys) this.#parked.delete(key);
    try {
      if (records.length > 0) await this.#decide(records.map(({ record }) => record), {}, { redriven: records.map(({ id }) => id), poison });
    } catch (error) {
      for (const key of keys) this.#parked.add(key);
      throw error;
    }
    for (const key of remaining) this.#parked.add(key);
  }

  async #fire(now: Instant): Promise<void> {
    const { pool, onTimers } = this.#ports;
    const { partition } = this.#checkpoint;
    while (this.#nextDue === undefined || this.#nextDue <= now) {
      const due = await dueTimers(pool, partition, now, MOST_TIMERS);
      if (due.length > 0) {
        const emitted = this.#emitted();
        for (const { customerId, timer } of due) emitted.timerFired(customerId, JSON.parse(timer) as TimerFired['data'], now);
        const records = await this.#unsent(emitted);
        await this.#commit({ sent: emitted.sent }, { ...NO_EFFECTS, dropped: due.map(({ timerId }) => timerId), records });
        onTimers(due.map(({ dueAt }) => now - dueAt));
      }
      if (due.length < MOST_TIMERS) this.#nextDue = await nextDue(pool, partition);
    }
  }

  /** A part of what follows from a set that is new, at each tick, and nothing of it twice. */
  async #follow(now: Instant): Promise<void> {
    const step = await this.#following.next(this.#published, this.#followed, now);
    if (!step) return;
    const emitted = this.#emitted();
    step.emit(emitted);
    await this.#commit({ sent: emitted.sent }, { ...NO_EFFECTS, set: step.timers, records: await this.#unsent(emitted) }, step.write);
    this.#followed = step.followed;
  }

  /** What is gathered, without what a restore found on the log. */
  async #unsent(emitted: Emitted): Promise<readonly OutRecord[]> {
    return emitted.records(this.#restoredUntil === undefined ? undefined : await foundIds(this.#ports.pool, emitted.ids));
  }

  async #decide(records: readonly LogRecord[], advance: Advance, { repeats = 0, redriven = [], poison }: { repeats?: number; redriven?: readonly number[]; poison: unknown }): Promise<void> {
    const started = performance.now();
    const { pool, reader, parkable } = this.#ports;
    const relevant = poison === undefined ? relevantRecords(records, this.#published) : records;
    const batch = new DecidedBatch(this.#emitted());
    const parkings: Parking[] = [];
    const newlyParked = new Set<string>();
    let published = this.#published;
    const controls: Readonly<{ control: Control; offset: number }>[] = [];

    for (let from = 0; from < relevant.length; from += PIECE) {
      const read = await readInputs(relevant.slice(from, from + PIECE), published, { reader, partition: this.#checkpoint.partition, partitions: parkable.partitions });
      const missing = batch.missing(read.map(({ input }) => input));
      batch.loaded(missing, await loadStates(pool, missing));
      for (const { record, input, error, control: set } of read) {
        const { key } = record;
        if (set && poison === undefined) {
          published = inForceBy(published, set);
          controls.push({ control: set, offset: record.offset });
        } else if (this.#parked.has(key) || newlyParked.has(key)) parkings.push(behind(record));
        else
          try {
            if (poison !== undefined) throw poison;
            if (error) throw error;
            if (input) batch.decide(input, published, headerOf(record, TRACEPARENT));
          } catch (cause) {
            const parking = parkingOf(record, cause);
            parkings.push(parking);
            if (!parking.alone) newlyParked.add(key);
          }
      }
    }

    const { live } = published;
    // What is gone its members leave with whatever happens next; what is new they are to be looked at for.
    const sweeps = published.segments.some(({ since }) => since > this.#published.live && since <= live);
    const further = controls.length > 0 || redriven.length > 0 || parkings.length > 0;
    if (!further && batch.empty) this.#passBy(advance);
    else {
      const again = records.some(({ offset }) => offset < (this.#restoredUntil ?? 0));
      const effects = batch.effects(again ? await foundIds(pool, batch.ids) : undefined);
      await this.#commit({ ...advance, sent: batch.sent }, effects, further && (async (client) => {
        const { topic, partition } = this.#checkpoint;
        if (redriven.length > 0) await deleteParked(client, redriven);
        await park(client, this.#checkpoint, parkings, this.#ports.parkable);
        // Behind it: a set takes note of what was parked before it.
        for (const { control, offset } of controls) await (control.type === 'JourneysPublished' ? saveInForce(client, topic, partition, control.data, offset) : saveLive(client, partition, control.data.setNumber, sweeps));
      }));
    }
    if (live !== this.#published.live) this.#followed = { ...this.#followed, told: Math.max(this.#followed.told, live), ...(sweeps && { sweep: FIRST }) };
    this.#published = published;
    for (const key of newlyParked) this.#parked.add(key);
    this.#ports.onDecided({ records: records.length, inputs: batch.inputs, repeats, parked: parkings.length, seconds: (performance.now() - started) / 1000 }, batch.decisions);
  }

  #emitted(): Emitted {
    return new Emitted(this.#checkpoint.sent, this.#origin, this.#ports.topics, this.#ports.writers);
  }

  /** What has no effect needs no transaction of its own: a successor that reads it again comes to the same. */
  #passBy(advance: Advance): void {
    this.#checkpoint = { ...this.#checkpoint, ...advance };
    this.#passedBy = true;
  }

  /** One transaction: effects, what is to be sent, the checkpoint; then the sends; with the next one their row goes. `further`: what else the transaction writes. */
  async #commit(advance: Advance, effects: BatchEffects, further: false | ((client: Client) => Promise<void>) = false): Promise<void> {
    const { pool, appender } = this.#ports;
    const from = this.#checkpoint;
    this.#checkpoint = await (further
      ? transaction(pool, async (client) => {
          const moved = await saveBatch(client, from, advance, effects);
          await further(client);
          return moved;
        })
      : saveBatch(pool, from, advance, effects));
    this.#passedBy = false;
    for (const { dueAt } of effects.set) if (this.#nextDue !== undefined && dueAt < this.#nextDue) this.#nextDue = dueAt;
    if (effects.records.length === 0) return;
    await appender.append(effects.records);
    this.#checkpoint = acknowledged(this.#checkpoint, [Number(from.version)]);
  }
}
