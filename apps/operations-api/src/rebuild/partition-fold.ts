import { decodeMetaLate } from '@touchpoint/contracts';
import { CONTROL_KEY, invalidMessage } from '@touchpoint/kernel';
import { anchorOf, checkAnchor, dropRepeats, readTimelineRecord, TOPICS, typeOf, type LogReader, type LogRecord, type LogScanner, type MessageReader } from '@touchpoint/log';
import {
  advanceCheckpoint, behind, claimCheckpoint, foldingInto, insertParked, MergedRows, parkedKeys, parkingOf, query, subscribedTypes, transaction,
  type Checkpoint, type Client, type Folding, type Parking, type Pool, type ProjectionTable,
} from '@touchpoint/store';

export type FoldPorts = Readonly<{ pool: Pool; log: LogReader & LogScanner; reader: MessageReader; /** With its prefix. */ topic: string; partitions: number }>;
/** What is merged in memory before it is written: enough that a row is mostly written once. */
const MOST_ROWS = 120_000;
/** Customers that are folded anew at once. */
export const MOST_CUSTOMERS = 1_000;

type CustomersTask = Readonly<{ partition: number; to: number; customers: readonly string[]; without: readonly number[] }>;

/** Folds partitions of the timeline into tables beside the live ones, or customers of one anew. As the projector does, in large pieces, and with nothing but tables and log at hand. */
export class PartitionFold {
  readonly #ports: FoldPorts;
  readonly #consumer: string;
  readonly #tables: readonly ProjectionTable[];
  readonly #folding: Folding;
  readonly #subscribed: ReadonlySet<string>;

  constructor(ports: FoldPorts, consumer: string, tables: readonly ProjectionTable[]) {
    [this.#ports, this.#consumer, this.#tables] = [ports, consumer, tables];
    this.#folding = foldingInto(tables);
    this.#subscribed = subscribedTypes(tables.map(({ projection }) => projection));
  }

  /** From the checkpoint up to an offset. What cannot be folded is parked, as it would be live. @throws Failure Fenced when somebody else folds the partition. */
  async fold(partition: number, to: number, onProgress: (next: number) => void): Promise<void> {
    const { pool, log, topic } = this.#ports;
    let checkpoint = await claimCheckpoint(pool, { consumer: this.#consumer, topic: TOPICS.timeline, partition });
    await checkAnchor(log, topic, partition, checkpoint);
    const parked = await parkedKeys(pool, checkpoint);
    let rows = new MergedRows(this.#folding);
    let parkings: Parking[] = [];
    let { seen } = checkpoint;
    let last: LogRecord | undefined;
    const save = async (): Promise<void> => {
      if (!last) return;
      checkpoint = await this.#save(checkpoint, { rows, parkings, seen, last });
      [rows, parkings, last] = [new MergedRows(this.#folding), [], undefined];
    };
    for await (const records of log.scan(topic, partition, checkpoint.next, to)) {
      const fresh = dropRepeats(seen, records);
      ({ seen } = fresh);
      last = records.at(-1)!;
      await this.#prepare(fresh.taken);
      for (const record of fresh.taken) {
        const { key } = record;
        if (key === CONTROL_KEY) continue;
        try {
          if (parked.has(key)) parkings.push(behind(record));
          else this.#add(rows, record, partition);
        } catch (error) {
          const parking = parkingOf(record, error);
          parkings.push(parking);
          if (!parking.alone) parked.add(key);
        }
      }
      onProgress(last.offset + 1);
      if (rows.count >= MOST_ROWS) await save();
    }
    await save();
  }

  /** Customers of a partition, to be folded from the log's beginning, or from an offset on: then what their rows were there is not in what comes of it. */
  customers(partition: number, customers: readonly string[], from: FoldedFrom = BEGINNING): CustomersFold {
    return new CustomersFold(this.#ports, partition, customers, from, { empty: () => new MergedRows(this.#folding), prepare: (records) => this.#prepare(records), add: (rows, record) => this.#add(rows, record, partition) });
  }

  /** Puts rows in the place of all that stands of these customers. */
  async replace(client: Client, customers: readonly string[], rows: MergedRows): Promise<void> {
    for (const { table } of this.#tables) await query(client, `delete from ${table} where customer_id = any($1::uuid[])`, [customers]);
    await rows.copy(client);
  }

  /** Folds customers anew and puts their rows in place. */
  async foldCustomers({ partition, to, customers, without }: CustomersTask): Promise<void> {
    const rows = await this.customers(partition, customers).upTo(to, without);
    await transaction(this.#ports.pool, (client) => this.replace(client, customers, rows));
  }

  #save(from: Checkpoint, { rows, parkings, seen, last }: Readonly<{ rows: MergedRows; parkings: readonly Parking[]; seen: ReadonlyMap<string, number>; last: LogRecord }>): Promise<Checkpoint> {
    return transaction(this.#ports.pool, async (client) => {
      const moved = await advanceCheckpoint(client, from, { next: last.offset + 1, anchor: anchorOf(last), seen });
      // No customer has a row before its partition's first piece is written.
      await (from.next === 0 ? rows.copy(client) : rows.save(client));
      await insertParked(client, from, parkings);
      return moved;
    });
  }

  #prepare(records: readonly LogRecord[]): Promise<void> {
    const values: Buffer[] = [];
    for (const record of records) if (this.#subscribed.has(typeOf(record) ?? '')) values.push(record.value);
    return this.#ports.reader.prepare(values);
  }

  #add(rows: MergedRows, record: LogRecord, partition: number): void {
    const { type, recorded } = readTimelineRecord(record, partition, decodeMetaLate, this.#ports.partitions);
    rows.add({ type, recorded, event: this.#subscribed.has(type) ? this.#ports.reader.read(type, record.value) : undefined });
  }
}

/** `seen`: what a reader had seen of each origin by then. `passed`: what it had passed by before `next`, which may have been tried again since. */
export type FoldedFrom = Readonly<{ next: number; seen: ReadonlyMap<string, number>; passed: readonly number[] }>;
const BEGINNING: FoldedFrom = { next: 0, seen: new Map(), passed: [] };
/** Records that are read one by one, at once. */
const SINGLE_RECORDS = 500;
type Folder = Readonly<{ empty: () => MergedRows; prepare: (records: readonly LogRecord[]) => Promise<void>; add: (rows: MergedRows, record: LogRecord) => void }>;

/** What customers come to, as far as it was read. */
export class CustomersFold {
  readonly #ports: FoldPorts;
  readonly #partition: number;
  readonly #wanted: ReadonlySet<string>;
  readonly #from: FoldedFrom;
  readonly #folder: Folder;
  #rows: MergedRows;
  #seen: ReadonlyMap<string, number>;
  #next: number;
  #passed: readonly number[];
  #leftOut: ReadonlySet<number> = new Set();

  constructor(ports: FoldPorts, partition: number, customers: readonly string[], from: FoldedFrom, folder: Folder) {
    [this.#ports, this.#partition, this.#wanted, this.#from, this.#folder] = [ports, partition, new Set(customers), from, folder];
    [this.#rows, this.#seen, this.#next, this.#passed] = [folder.empty(), from.seen, from.next, from.passed];
  }

  /**
   * Their rows at an offset, without the records at some offsets. Asked again, it goes on from where it was, or begins anew where something that was left out is no longer.
   * @throws Failure InvalidMessage for what cannot be folded and is not left out.
   */
  async upTo(to: number, without: readonly number[]): Promise<MergedRows> {
    const leftOut = new Set(without.filter((offset) => offset < to));
    const before = (some: ReadonlySet<number>): string => [...some].filter((offset) => offset < this.#next).sort((a, b) => a - b).join();
    if (before(leftOut) !== before(this.#leftOut)) [this.#rows, this.#seen, this.#next, this.#passed] = [this.#folder.empty(), this.#from.seen, this.#from.next, this.#from.passed];
    this.#leftOut = leftOut;
    const { log, topic } = this.#ports;
    const triedAgain = this.#passed.filter((offset) => !leftOut.has(offset));
    for (let at = 0; at < triedAgain.length; at += SINGLE_RECORDS) await this.#takeAll(await log.read(topic, this.#partition, triedAgain.slice(at, at + SINGLE_RECORDS)));
    this.#passed = [];
    for await (const records of log.scan(topic, this.#partition, this.#next, to)) {
      const fresh = dropRepeats(this.#seen, records);
      await this.#takeAll(fresh.taken.filter(({ offset }) => !leftOut.has(offset)));
      [this.#seen, this.#next] = [fresh.seen, records.at(-1)!.offset + 1];
    }
    return this.#rows;
  }

  async #takeAll(records: readonly LogRecord[]): Promise<void> {
    const theirs = records.filter(({ key }) => this.#wanted.has(key));
    await this.#folder.prepare(theirs);
    for (const record of theirs) this.#take(record);
  }

  #take(record: LogRecord): void {
    try {
      this.#folder.add(this.#rows, record);
    } catch (error) {
      throw invalidMessage('REBUILD.POISON', `${TOPICS.timeline}/${this.#partition}@${record.offset} (${typeOf(record) ?? 'no type'}) cannot be folded by this release, and is not parked: nothing was replaced`, error);
    }
  }
}
