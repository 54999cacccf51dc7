import type { CustomerId, Instant } from '@touchpoint/kernel';
import { dropRepeats, readableEvents, type LogRecord, type LogScanner, type MessageReader } from '@touchpoint/log';
import { askedSince, concernsHistory, foldHistories, keptOf, type Asked, type Filled } from '@touchpoint/orchestration';
import { StagedRows, type Client, type Pool } from '@touchpoint/store';
import type { Emitted } from './emitted.ts';
import { compiledSet, loadSet, setOffset, type Filling } from './in-force.ts';

/** Records that are folded at one go, between batches of what comes live. */
const RECORDS = 5_000;
/** Customers that are told at one go. */
const CUSTOMERS = 500;

export type FillPorts = Readonly<{ pool: Pool; log: LogScanner; reader: MessageReader; /** Of the timeline, with its prefix. */ topic: string; partitions: number }>;
/** What is kept since one set: asked of the records before where that took effect, but for those it had passed by, which are folded later or never. */
type Group = Readonly<{ asked: Asked; until: number; passed: ReadonlySet<number> }>;
/** What a step comes to: what is emitted, what the same transaction writes, and how far history is then; null: all is told. */
export type FillStep = Readonly<{ filling: Filling | null; emit: (emitted: Emitted) => void; write: (client: Client) => Promise<void> }>;

const STAGED = new StagedRows<Filled>('orchestration.filling', 'partition');
const nothing = (): void => undefined;

/**
 * Folds the log up to where a set took effect, once more, for the measures that are new in it: a part of it at each step, into rows beside the live states; then tells each
 * customer's share on the timeline, where the decider takes it like any other input; at last, that the set's segments count.
 */
export class HistoryFill {
  readonly #ports: FillPorts;
  readonly #partition: number;
  #groups: Readonly<{ key: string; groups: readonly Group[] }> | undefined;

  constructor(ports: FillPorts, partition: number) {
    [this.#ports, this.#partition] = [ports, partition];
  }

  /** @param live the set whose segments count already: what it keeps is there @param now the time that what is told bears */
  async step(filling: Filling, live: number, now: Instant): Promise<FillStep> {
    const groups = await this.#groupsOf(filling.set, live);
    const end = Math.max(0, ...groups.map(({ until }) => until));
    if (filling.next < end) return this.#read(filling, end, groups);
    const rows = await STAGED.first(this.#ports.pool, this.#partition, CUSTOMERS);
    if (rows.length === 0) return { filling: null, emit: (emitted) => emitted.segmentsLive(this.#partition, filling.set, now), write: () => Promise.resolve() };
    return {
      filling,
      emit: (emitted) => {
        for (const [customerId, history] of rows) emitted.historyFilled(customerId as CustomerId, { setNumber: filling.set, filled: JSON.stringify(history) }, now);
      },
      write: (client) => STAGED.drop(client, this.#partition, rows.map(([customerId]) => customerId)),
    };
  }

  async #groupsOf(set: number, live: number): Promise<readonly Group[]> {
    const key = `${set}/${live}`;
    if (this.#groups?.key === key) return this.#groups.groups;
    const { pool } = this.#ports;
    const record = await loadSet(pool, set);
    const groups: Group[] = [];
    for (const number of new Set(Object.values(keptOf(record.measures)).filter((one) => one > live)))
      groups.push({ asked: askedSince(record, compiledSet(record), number), ...(await setOffset(pool, this.#partition, number)) });
    this.#groups = { key, groups };
    return groups;
  }

  async #read({ set, next, seen }: Filling, end: number, groups: readonly Group[]): Promise<FillStep> {
    const { log, topic } = this.#ports;
    let [at, known]: [number, ReadonlyMap<string, number>] = [next, new Map(Object.entries(seen))];
    const taken: LogRecord[] = [];
    for await (const records of log.scan(topic, this.#partition, next, end)) {
      const fresh = dropRepeats(known, records);
      taken.push(...fresh.taken);
      [at, known] = [records.at(-1)!.offset + 1, fresh.seen];
      if (at - next >= RECORDS) break;
    }
    // The end of a log may be markers that no reader is given.
    if (taken.length === 0 && at === next) at = end;
    const changed = await this.#fold(taken, groups);
    return { filling: { set, next: at, seen: Object.fromEntries(known) }, emit: nothing, write: (client) => STAGED.save(client, this.#partition, changed) };
  }

  async #fold(records: readonly LogRecord[], groups: readonly Group[]): Promise<ReadonlyMap<CustomerId, Filled>> {
    const { pool, reader, partitions } = this.#ports;
    const inputs = await readableEvents(records, this.#partition, (type, { offset }) => groups.some(({ asked, until }) => offset < until && concernsHistory(asked, type)), { reader, partitions });
    const histories = await STAGED.load(pool, this.#partition, [...new Set(inputs.map(({ recorded }) => recorded.customerId))]);
    return foldHistories(histories, inputs, ({ recorded: { position: { offset } } }) => groups.filter(({ until, passed }) => offset < until && !passed.has(offset)).map(({ asked }) => asked));
  }
}
