import { CONTROL_KEY, type Message } from '@touchpoint/kernel';
import { anchorOf, dropRepeats, readTimelineRecord, typeOf, type LogRecord, type MessageReader, type PartitionSession } from '@touchpoint/log';
import {
  advanceCheckpoint, behind, deleteParked, FoldedRows, park, parkingOf, readRetries, touchesOf, transaction,
  type Advance, type Checkpoint, type Parkable, type Parking, type Pool, type ProjectionTable,
} from '@touchpoint/store';

export type ProjectorPorts = Readonly<{
  pool: Pool;
  reader: MessageReader;
  tables: readonly ProjectionTable[];
  /** Types whose bodies a projection folds; the others are not decoded. */
  subscribed: ReadonlySet<string>;
  parkable: Parkable;
  onFolded: (count: { records: number; repeats: number; parked: number; rows: number; seconds: number }) => void;
}>;

type Prepared = Readonly<{ record: LogRecord; key: string; touches: ReturnType<typeof touchesOf>; error: unknown }>;

/** Records that are decoded at a time. */
const PIECE = 500;

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
    const { taken, seen, dropped } = dropRepeats(this.#checkpoint.seen, records);
    const last = records.at(-1)!;
    await this.#fold(taken, { next: last.offset + 1, anchor: anchorOf(last), seen }, { repeats: dropped });
  }

  /** Redrives the customers whose retry was asked for: their parked records, in order, between two batches. */
  async tick(): Promise<void> {
    if (this.#parked.size === 0) return;
    const { records, remaining } = await readRetries(this.#ports.pool, this.#checkpoint);
    if (records.length === 0) return;
    for (const { key } of records) this.#parked.delete(key);
    await this.#fold(records.map(({ record }) => record), {}, { redriven: records.map(({ id }) => id) });
    for (const key of remaining) this.#parked.add(key);
  }

  async #fold(records: readonly LogRecord[], advance: Advance, { repeats = 0, redriven = [] }: { repeats?: number; redriven?: readonly number[] }): Promise<void> {
    const started = performance.now();
    const { pool, tables, onFolded } = this.#ports;
    const rows = new FoldedRows(tables);
    const parkings: Parking[] = [];
    const newlyParked = new Set<string>();
    let count = 0;
    // Piece by piece: of a batch of many thousands only the rows are kept, not what they were folded from.
    for (let from = 0; from < records.length; from += PIECE) {
      const prepared = await this.#prepare(records.slice(from, from + PIECE));
      count += prepared.length;
      const missing = rows.missing(prepared);
      if (missing.some(({ length }) => length > 0)) await Promise.all(tables.map(async (table, i) => rows.loaded(i, missing[i]!, await table.load(pool, missing[i]!))));
      for (const { record, key, touches, error } of prepared) {
        try {
          if (this.#parked.has(key) || newlyParked.has(key)) parkings.push(behind(record));
          else if (error) throw error;
          else rows.apply(touches);
        } catch (cause) {
          parkings.push(parkingOf(record, cause));
          newlyParked.add(key);
        }
      }
    }
    let saved = 0;
    this.#checkpoint = await transaction(pool, async (client) => {
      const moved = await advanceCheckpoint(client, this.#checkpoint, advance);
      if (redriven.length > 0) await deleteParked(client, redriven);
      saved = await rows.save(client);
      await park(client, this.#checkpoint, parkings, this.#ports.parkable);
      return moved;
    });
    for (const key of newlyParked) this.#parked.add(key);
    onFolded({ records: count, repeats, parked: parkings.length, rows: saved, seconds: (performance.now() - started) / 1000 });
  }

  /** Decodes and finds the touched rows. What fails here is told apart later, in its turn: a customer's earlier records still count. */
  async #prepare(records: readonly LogRecord[]): Promise<readonly Prepared[]> {
    const { reader, subscribed, tables } = this.#ports;
    const values = records.map((record) => (subscribed.has(typeOf(record) ?? '') ? record.value : undefined));
    await reader.prepare(values.filter((value) => value !== undefined));
    const prepared: Prepared[] = [];
    for (const [i, record] of records.entries()) {
      const { key } = record;
      if (key === CONTROL_KEY) continue;
      try {
        const { type, recorded } = readTimelineRecord(record, this.#checkpoint.partition);
        const value = values[i];
        const event: Message | undefined = value && reader.read(type, value);
        prepared.push({ record, key, touches: touchesOf(tables, { recorded, type, event }), error: undefined });
      } catch (error) {
        prepared.push({ record, key, touches: [], error });
      }
    }
    return prepared;
  }
}
