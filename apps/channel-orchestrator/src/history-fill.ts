import { decodeMetaLate, type TimelineEvent } from '@touchpoint/contracts';
import { CONTROL_KEY, type CustomerId, type Instant } from '@touchpoint/kernel';
import { dropRepeats, headerOf, readTimelineRecord, TYPE, type LogRecord, type LogScanner, type MessageReader } from '@touchpoint/log';
import { concernsHistory, foldHistory, keptOf, NO_HISTORY, shareText, TRAIT, type Asked, type History, type Share } from '@touchpoint/orchestration';
import { query, type Client, type Pool } from '@touchpoint/store';
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
    const rows = await query<{ customer_id: CustomerId; history: string }>(this.#ports.pool, 'select customer_id, history from orchestration.filling where partition = $1 order by customer_id limit $2', [this.#partition, CUSTOMERS]);
    if (rows.length === 0) return { filling: null, emit: (emitted) => emitted.segmentsLive(this.#partition, filling.set, now), write: () => Promise.resolve() };
    return {
      filling,
      emit: (emitted) => {
        for (const { customer_id, history } of rows) for (const [part, share] of partsOf(JSON.parse(history) as History).entries()) emitted.historyFilled(customer_id, part, { setNumber: filling.set, ...share }, now);
      },
      write: async (client) => {
        await client.query('delete from orchestration.filling where partition = $1 and customer_id = any($2::uuid[])', [this.#partition, rows.map(({ customer_id }) => customer_id)]);
      },
    };
  }

  async #groupsOf(set: number, live: number): Promise<readonly Group[]> {
    const key = `${set}/${live}`;
    if (this.#groups?.key === key) return this.#groups.groups;
    const { pool } = this.#ports;
    const record = await loadSet(pool, set);
    const { trackers } = compiledSet(record);
    const since = keptOf(record.measures);
    const groups: Group[] = [];
    for (const number of new Set(Object.values(since).filter((one) => one > live))) {
      const own = [...trackers].map(([event, some]) => [event, some.filter((tracker) => tracker.key.endsWith(`.${number}`))] as const).filter(([, some]) => some.length > 0);
      const traits = Object.keys(since).filter((name) => name.startsWith(TRAIT) && since[name] === number).map((name) => name.slice(TRAIT.length));
      groups.push({ asked: { trackers: new Map(own), traits }, ...(await setOffset(pool, this.#partition, number)) });
    }
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
    return { filling: { set, next: at, seen: Object.fromEntries(known) }, emit: nothing, write: (client) => this.#save(client, changed) };
  }

  async #fold(records: readonly LogRecord[], groups: readonly Group[]): Promise<ReadonlyMap<CustomerId, History>> {
    const { pool, reader, partitions } = this.#ports;
    const concerned = records.filter((record) => {
      const type = headerOf(record, TYPE)?.toString('latin1');
      return type !== undefined && record.key !== CONTROL_KEY && groups.some(({ asked, until }) => record.offset < until && concernsHistory(asked, type));
    });
    await reader.prepare(concerned.map(({ value }) => value));
    const histories = new Map<CustomerId, History>();
    const rows = await query<{ customer_id: CustomerId; history: string }>(pool, 'select customer_id, history from orchestration.filling where partition = $1 and customer_id = any($2::uuid[])', [this.#partition, [...new Set(concerned.map(({ key }) => key))].filter((key) => UUID.test(key))]);
    for (const { customer_id, history } of rows) histories.set(customer_id, JSON.parse(history) as History);
    const changed = new Map<CustomerId, History>();
    for (const record of concerned) {
      let input;
      try {
        const { type, recorded } = readTimelineRecord(record, this.#partition, decodeMetaLate, partitions);
        input = { message: reader.read(type, record.value) as TimelineEvent, recorded };
      } catch {
        // What cannot be read was parked when it came.
        continue;
      }
      const { customerId } = input.recorded;
      const before = histories.get(customerId) ?? NO_HISTORY;
      let history = before;
      for (const { asked, until, passed } of groups) if (record.offset < until && !passed.has(record.offset)) history = foldHistory(history, input, asked);
      if (history === before) continue;
      histories.set(customerId, history);
      changed.set(customerId, history);
    }
    return changed;
  }

  async #save(client: Client, changed: ReadonlyMap<CustomerId, History>): Promise<void> {
    if (changed.size === 0) return;
    await client.query('insert into orchestration.filling (partition, customer_id, history) select $1, r.* from unnest($2::uuid[], $3::text[]) r on conflict (partition, customer_id) do update set history = excluded.history',
      [this.#partition, [...changed.keys()], [...changed.values()].map((history) => JSON.stringify(history))]);
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

type Told = Readonly<{ filled: string; handOn: string | null }>;
const EMPTY: Share = NO_HISTORY;
/** A customer's history in parts that each fit into a record: of its own timeline, and of each member's. */
const partsOf = ({ own, members, before }: History): readonly Told[] => {
  const told = (share: Share, theirs: Share | undefined): readonly Told[] => {
    const filled = shareText(share);
    return filled === null ? [] : [{ filled, handOn: theirs ? shareText(theirs) : null }];
  };
  return [
    ...told({ ...EMPTY, own }, before && { ...EMPTY, own: before.own }),
    ...Object.entries(members).flatMap(([id, member]) => told({ ...EMPTY, members: { [id]: member } }, before && { ...EMPTY, members: before.members[id] ? { [id]: before.members[id] } : {} })),
  ];
};
