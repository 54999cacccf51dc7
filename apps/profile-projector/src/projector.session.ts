import { decodeMetaLate } from '@touchpoint/contracts';
import { CONTROL_KEY } from '@touchpoint/kernel';
import { anchorOf, dropRepeats, readTimelineRecord, typeOf, type LogRecord, type MessageReader, type PartitionSession } from '@touchpoint/log';
import {
  advanceCheckpoint, advanceWith, behind, deleteParked, findingPoison, forgetDropped, MergedRows, park, parkingOf, readRetries, transaction,
  type Advance, type Checkpoint, type Foldable, type Folding, type Parkable, type Parking, type Pool,
} from '@touchpoint/store';

export type ProjectorPorts = Readonly<{
  pool: Pool;
  reader: MessageReader;
  folding: Folding;
  /** Types whose bodies a projection folds; the others are not decoded. */
  subscribed: ReadonlySet<string>;
  parkable: Parkable;
  onFolded: (count: { records: number; repeats: number; parked: number; rows: number; seconds: number }) => void;
  /** Records that none of our writers wrote: they are dropped. */
  onStrangers: (partition: number, records: readonly LogRecord[]) => void;
}>;

/** Parked records that are taken up in one go. */
const RETRIES_AT_ONCE = 1_000;

/**
 * Folds one partition of the timeline into all read models, a batch in one transaction with its checkpoint. A record that cannot be folded is parked with
 * its customer's later ones; the partition goes on.
 */
export class ProjectorSession implements PartitionSession {
  readonly #ports: ProjectorPorts;
  readonly #parked: Set<string>;
  #checkpoint: Checkpoint;

  constructor(ports: ProjectorPorts, checkpoint: Checkpoint, parked: Set<string>) {
    this.#ports = ports;
    this.#checkpoint = checkpoint;
    this.#parked = parked;
  }

  get next(): number {
    return this.#checkpoint.next;
  }

  async process(records: readonly LogRecord[]): Promise<void> {
    await findingPoison(records.length, () => this.#checkpoint, (some, poison) => this.#process(some < records.length ? records.slice(0, some) : records, poison));
  }

  async #process(records: readonly LogRecord[], poison: unknown): Promise<void> {
    const { taken, seen, dropped, strangers } = dropRepeats(this.#checkpoint.seen, records);
    const last = records.at(-1)!;
    await this.#fold(taken, { next: last.offset + 1, anchor: anchorOf(last), seen }, { repeats: dropped, poison });
    if (strangers.length > 0) this.#ports.onStrangers(this.#checkpoint.partition, strangers);
  }

  /** Redrives the customers whose retry was asked for: their parked records, in order, between two batches. */
  async tick(): Promise<void> {
    if (this.#parked.size === 0) return;
    await findingPoison(RETRIES_AT_ONCE, () => this.#checkpoint, (some, poison) => this.#redrive(some, poison));
  }

  async #redrive(most: number, poison: unknown): Promise<void> {
    const { records, dropped, keys, remaining } = await readRetries(this.#ports.pool, this.#checkpoint, { records: most });
    this.#checkpoint = await forgetDropped(this.#ports.pool, this.#checkpoint, dropped);
    for (const key of keys) this.#parked.delete(key);
    try {
      if (records.length > 0) await this.#fold(records.map(({ record }) => record), {}, { redriven: records.map(({ id }) => id), poison });
    } catch (error) {
      for (const key of keys) this.#parked.add(key);
      throw error;
    }
    for (const key of remaining) this.#parked.add(key);
  }

  async #fold(records: readonly LogRecord[], advance: Advance, { repeats = 0, redriven = [], poison }: { repeats?: number; redriven?: readonly number[]; poison: unknown }): Promise<void> {
    const started = performance.now();
    const { pool, folding, onFolded } = this.#ports;
    const rows = new MergedRows(folding);
    const parkings: Parking[] = [];
    const newlyParked = new Set<string>();
    await this.#prepare(records);
    let count = 0;
    for (const record of records) {
      const { key } = record;
      if (key === CONTROL_KEY) continue;
      count += 1;
      try {
        if (this.#parked.has(key) || newlyParked.has(key)) parkings.push(behind(record));
        else if (poison !== undefined) throw poison;
        else rows.add(this.#read(record));
      } catch (cause) {
        const parking = parkingOf(record, cause);
        parkings.push(parking);
        if (!parking.alone) newlyParked.add(key);
      }
    }
    const from = this.#checkpoint;
    this.#checkpoint = await (rows.few && redriven.length + parkings.length === 0
      ? advanceWith(pool, from, advance, rows.effects()).then(({ checkpoint }) => checkpoint)
      : transaction(pool, async (client) => {
          const moved = await advanceCheckpoint(client, from, advance);
          if (redriven.length > 0) await deleteParked(client, redriven);
          await rows.save(client);
          await park(client, from, parkings, this.#ports.parkable);
          return moved;
        }));
    for (const key of newlyParked) this.#parked.add(key);
    onFolded({ records: count, repeats, parked: parkings.length, rows: rows.count, seconds: (performance.now() - started) / 1000 });
  }

  /** Makes sure that all that is to be decoded can be. */
  #prepare(records: readonly LogRecord[]): Promise<void> {
    const values: Buffer[] = [];
    for (const record of records) if (this.#ports.subscribed.has(typeOf(record) ?? '')) values.push(record.value);
    return this.#ports.reader.prepare(values);
  }

  /** @throws what makes the record a poison */
  #read(record: LogRecord): Foldable {
    const { reader, subscribed, parkable } = this.#ports;
    const { type, recorded } = readTimelineRecord(record, this.#checkpoint.partition, decodeMetaLate, parkable.partitions);
    return { type, recorded, event: subscribed.has(type) ? reader.read(type, record.value) : undefined };
  }
}
