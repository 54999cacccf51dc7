import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { CLOCK, type Clock } from '@touchpoint/host';
import type { CustomerId } from '@touchpoint/kernel';
import { APPENDER, LOG_BOUNDS, LOG_READER, LOG_TOPICS, MESSAGE_READER, TOPICS, type Appender, type LogBounds, type LogReader, type LogScanner, type LogTopics, type MessageReader, type MessageWriter } from '@touchpoint/log';
import { POOL, query, transaction, type Pool } from '@touchpoint/store';
import { raiseKeyIds } from '@touchpoint/vault';
import type { Operation, Outcome, Running } from '../operation.ts';
import { RECEIVED_WRITER, TIMELINE_WRITER } from '../tokens.ts';
import { claimCommands, holdMessages, makeUnknown, settleFound } from './commands.ts';
import { lastKeyId, lostValues } from './lost-values.ts';
import { eraseAgain, settleUsers, takeOver, takePlace } from './taking-over.ts';
import { TimelineTail, type TailPorts } from './timeline-tail.ts';
import { completeHalves, LastSet, raiseIncarnation, sendPending, type WritePorts } from './written.ts';

const Asked = z.strictObject({
  /** Commits were lost, though the timeline does not show it: claims and outcomes of messages leave nothing there. */
  anyway: z.boolean().default(false),
});
type Asked = z.infer<typeof Asked>;
const WHY = 'this database went back to an earlier state, and is being brought level with the log';
/** More than a worker raises a version in the time that a database may have forgotten. */
const VERSIONS = 2 ** 32;

/**
 * Brings a database that went back (a backup, a failover that lost commits) level with the log (design §8, ADR 0021): what the log says already is not said again, what
 * it does not is said, and what may have been sent without an outcome is unknown. Workers wait from the first step to the last. Killed anywhere, it is begun again from
 * the beginning: each of its steps, done twice, is done once.
 */
@Injectable()
export class Restore implements Operation<Asked> {
  readonly name = 'restore';
  readonly says = 'bring a database that went back to an earlier state level with the log';
  readonly arguments = Asked;
  readonly exclusive = 'restore';
  readonly #ports: TailPorts & WritePorts;
  readonly #received: MessageWriter;
  readonly #clock: Clock;

  constructor(
    @Inject(POOL) pool: Pool,
    @Inject(APPENDER) appender: Appender,
    @Inject(LOG_READER) log: LogReader & LogScanner,
    @Inject(LOG_BOUNDS) bounds: LogBounds,
    @Inject(LOG_TOPICS) topics: LogTopics,
    @Inject(MESSAGE_READER) reader: MessageReader,
    @Inject(TIMELINE_WRITER) writer: MessageWriter,
    @Inject(RECEIVED_WRITER) received: MessageWriter,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#ports = { pool, appender, log, bounds, topics, reader, writer };
    [this.#received, this.#clock] = [received, clock];
  }

  async run({ anyway }: Asked, running: Running): Promise<Outcome> {
    const { apply, tell, signal } = running;
    const look = new TimelineTail(this.#ports);
    const [last, { reader }] = [await lastKeyId(this.#ports.pool), this.#ports];
    let [records, lost] = [0, 0];
    await look.look((found, taken) => {
      signal.throwIfAborted();
      records += found.records;
      lost += lostValues(taken, last, (type, value) => reader.read(type, value).data);
      tell({ doing: 'looking for what the log knows and the database does not', unit: 'records', done: records });
      return Promise.resolve();
    });
    if (!anyway && records === 0 && !(await this.#marked())) return { summary: 'The timeline says nothing that the database does not know: nothing to restore', figures: { forgotten: 0, incarnation: null } };
    if (!apply) return { summary: `${records} records on the timeline are unknown to the database: they would be taken over, and every command without an outcome become unknown. ${lost} personal values are sealed under keys that are lost`, figures: { forgotten: records, incarnation: null, lostValues: lost } };

    await this.#fence();
    tell({ doing: 'sending what was committed before', unit: 'steps', done: 0 });
    await sendPending(this.#ports);
    const { incarnation, origin } = await raiseIncarnation(this.#ports, look.incarnation, { runId: running.id, at: this.#clock.now() });
    const taken = await this.#takeOver(origin, running);
    tell({ doing: 'settling commands', unit: 'commands', done: 0 });
    const commands = await claimCommands(this.#ports);
    const outcomes = await settleFound(this.#ports);
    const unknown = await makeUnknown(this.#ports, this.#received, this.#clock.now());
    const keys = await eraseAgain(this.#ports.pool, [...taken.erased]);
    await this.#finish(incarnation, taken.until);
    const figures = { forgotten: taken.records, incarnation, completed: taken.completed, commands, outcomes, unknown, erasedCustomers: taken.erased.size, erasedKeys: keys, lostValues: lost };
    return { summary: `${taken.records} records that the database had forgotten were taken over, ${taken.completed} that were never sent were sent; ${commands} commands were found, and ${unknown} have no outcome: they are unknown. ${lost} personal values are sealed under keys that are lost, and read as redacted. Workers go on, as incarnation ${incarnation}`, figures };
  }

  async #marked(): Promise<boolean> {
    return (await query(this.#ports.pool, 'select from log.incarnation where restore_needed is not null')).length > 0;
  }

  /** From here on no worker takes a partition, and whoever has one writes nothing. */
  async #fence(): Promise<void> {
    await transaction(this.#ports.pool, async (client) => {
      await client.query('update log.incarnation set restore_needed = coalesce(restore_needed, $1)', [WHY]);
      await client.query('update log.checkpoint set version = version + $1', [VERSIONS]);
      await holdMessages(client);
    });
  }

  async #takeOver(origin: string, { tell, signal }: Running): Promise<Readonly<{ records: number; completed: number; erased: ReadonlySet<CustomerId>; until: ReadonlyMap<number, number> }>> {
    const { pool, topics } = this.#ports;
    const tail = new TimelineTail(this.#ports);
    const last = new LastSet();
    const erased = new Set<CustomerId>();
    let records = 0;
    const until = await tail.upTo(origin, async (found) => {
      signal.throwIfAborted();
      await takeOver(pool, found);
      for (const set of found.sets) last.add(set);
      for (const customerId of found.erased) erased.add(customerId);
      records += found.records;
      tell({ doing: 'taking over what the log knows', unit: 'records', done: records });
    });
    const { missing, customers } = tail.halves;
    await transaction(pool, async (client) => {
      for (const { place } of missing) await takePlace(client, place);
    });
    await settleUsers(pool, customers);
    const sets = last.missing(topics.partitionsOf(TOPICS.timeline));
    await completeHalves(this.#ports, origin, missing, sets);
    await this.#nextPublication(last);
    return { records, completed: missing.length + sets.length, erased, until };
  }

  /** Publications are numbered: the next one is none that was. */
  async #nextPublication(last: LastSet): Promise<void> {
    const topic = this.#ports.topics.nameOf(TOPICS.timeline);
    const [row] = await query<{ next_offset: string }>(this.#ports.pool, "select next_offset from log.checkpoint where consumer = 'publishing' and topic = $1 and partition = 0", [topic]);
    const next = Number(row?.next_offset ?? 0);
    const number = last.nextNumber(topic, next);
    if (number > next)
      await query(this.#ports.pool, `insert into log.checkpoint (consumer, topic, partition, next_offset) values ('publishing', $1, 0, $2)
        on conflict (consumer, topic, partition) do update set next_offset = greatest(checkpoint.next_offset, excluded.next_offset)`, [topic, number]);
  }

  /** Keys that were made since are lost, but their ids are not given out again: what is sealed under them stays redacted. */
  async #finish(incarnation: number, until: ReadonlyMap<number, number>): Promise<void> {
    await transaction(this.#ports.pool, async (client) => {
      for (const [partition, offset] of until)
        await client.query('insert into log.restored (topic, partition, until) values ($1, $2, $3) on conflict (topic, partition) do update set until = excluded.until', [TOPICS.timeline, partition, offset]);
      await raiseKeyIds(client, incarnation);
      await client.query('update log.incarnation set restore_needed = null');
    });
  }
}
