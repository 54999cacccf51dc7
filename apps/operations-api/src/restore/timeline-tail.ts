import { decodeOrigin, dropRepeats, ORIGIN, RESTORE, TOPICS, type LogBounds, type LogReader, type LogRecord, type LogScanner, type LogTopics, type MessageReader } from '@touchpoint/log';
import { query, restoredUntil, type Pool } from '@touchpoint/store';
import { Findings, findIn, type Known } from './findings.ts';
import { Halves } from './halves.ts';

export type TailPorts = Readonly<{ pool: Pool; log: LogReader & LogScanner; bounds: LogBounds; topics: LogTopics; reader: MessageReader }>;

type SentRow = Readonly<{ origin: string | null; sent: Record<string, number>; set_aside: Record<string, Record<string, number>> }>;
/** What this database knows that it has sent, by origin and target. */
const knownSends = async (pool: Pool): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>> => {
  const rows = await query<SentRow>(pool, 'select origin, sent, set_aside from log.checkpoint where origin is not null');
  return new Map(rows.flatMap(({ origin, sent, set_aside }) => [...Object.entries(set_aside), [origin!, sent] as const]));
};

/** Tells each piece that was read: what is found in it, and the records as readers take them. */
export type OnPiece = (found: Findings, taken: readonly LogRecord[], partition: number) => Promise<void>;

/**
 * The end of the timeline, from where the orchestrator stands: whatever was decided on or resolved since this database's state lies behind that. Read as its readers
 * do, without what they drop.
 */
export class TimelineTail {
  readonly halves = new Halves();
  readonly #ports: TailPorts;
  /** The highest incarnation that a restore has written under. */
  incarnation = 0;

  constructor(ports: TailPorts) {
    this.#ports = ports;
  }

  /** The records that are there by now. */
  async look(onPiece: OnPiece): Promise<void> {
    const { topics, bounds } = this.#ports;
    // What is known is asked behind the ends: a process at work commits before it sends, so all below the ends is known, or was sent by what is forgotten.
    const ends = await bounds.of(topics.nameOf(TOPICS.timeline));
    const known = await knownSends(this.#ports.pool);
    for (const [partition, { high }] of ends) await this.#read(partition, high, known, onPiece);
  }

  /** All up to the record of an origin, which stands on every partition. @returns at which offset, by partition */
  async upTo(origin: string, onPiece: OnPiece): Promise<ReadonlyMap<number, number>> {
    const { topics, bounds } = this.#ports;
    const known = await knownSends(this.#ports.pool);
    const until = new Map<number, number>();
    for (const [partition, { high }] of await bounds.of(topics.nameOf(TOPICS.timeline))) until.set(partition, await this.#read(partition, high, known, onPiece, origin));
    return until;
  }

  async #read(partition: number, to: number, sent: Awaited<ReturnType<typeof knownSends>>, onPiece: OnPiece, until?: string): Promise<number> {
    const { pool, log, topics, reader } = this.#ports;
    const topic = topics.nameOf(TOPICS.timeline);
    const known: Known = (origin, seq) => seq <= (sent.get(origin)?.[`${topic}/${partition}`] ?? 0);
    const read = (type: string, value: Buffer): unknown => reader.read(type, value).data;
    const [row] = await query<{ next_offset: string; seen: Record<string, number> }>(pool, "select next_offset, seen from log.checkpoint where consumer = 'channel-orchestrator' and topic = $1 and partition = $2", [TOPICS.timeline, partition]);
    let seen: ReadonlyMap<string, number> = new Map(Object.entries(row?.seen ?? {}));
    // What an earlier restore took over is in this database, though the orchestrator may not have come to it yet.
    const since = (await restoredUntil(pool, TOPICS.timeline, partition)) ?? -1;
    for await (const records of log.scan(topic, partition, Number(row?.next_offset ?? 0), to)) {
      const fresh = dropRepeats(seen, records);
      ({ seen } = fresh);
      await reader.prepare(fresh.taken.map(({ value }) => value));
      const found = new Findings();
      const end = fresh.taken.findIndex(({ headers }) => decodeOrigin(headers[ORIGIN])!.name === until);
      const taken = end < 0 ? fresh.taken : fresh.taken.slice(0, end);
      for (const record of taken) if (record.offset > since) findIn(record, partition, found, this.halves, { known, read });
      await onPiece(found, taken, partition);
      if (end >= 0) return fresh.taken[end]!.offset;
    }
    for (const name of seen.keys()) if (name.startsWith(`${RESTORE}.`)) this.incarnation = Math.max(this.incarnation, Number(name.split('/').at(-1)));
    if (until !== undefined) throw new Error(`${topic}/${partition} has no record of ${until}, which was acknowledged`);
    return to;
  }
}
