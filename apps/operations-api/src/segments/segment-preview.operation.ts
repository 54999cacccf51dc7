import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import type { JourneysPublished } from '@touchpoint/contracts';
import { CLOCK, type Clock } from '@touchpoint/host';
import { holds } from '@touchpoint/conditions';
import { invalidMessage, toIso, type Instant } from '@touchpoint/kernel';
import { dropRepeats, readableEvents, TOPICS, type LogRecord } from '@touchpoint/log';
import {
  askedSince, concernsHistory, foldHistories, MEASURE_KINDS, outlookOf, parseState, publicationAs, publishedOf, withHistory, type Asked, type CustomerState, type Filled, type Published,
} from '@touchpoint/orchestration';
import { inOrder, segmentChecker, type PublishedSegment, type SegmentDocument } from '@touchpoint/segments';
import { passedOffsets, query, StagedRows } from '@touchpoint/store';
import type { Operation, Outcome, ResultRow, Running } from '../operation.ts';
import { FOLD_PORTS } from '../rebuild/fold-ports.ts';
import type { FoldPorts } from '../rebuild/partition-fold.ts';

const Whom = z.strictObject({
  segment: z.record(z.string(), z.unknown()).describe('The segment, as its file has it'),
  at: z.iso.datetime({ offset: true }).optional().describe('The instant that windows and ages count back from: now, where none is given'),
});
type Whom = z.infer<typeof Whom>;

/** Before every customer id. */
const FIRST = '00000000-0000-0000-0000-000000000000';
/** Up to whom everybody was looked at, by which set and as of when. */
type Cursor = Readonly<{ set: number; at: Instant; after: string; looked: number; members: number }>;
/** Customers that are looked at at one go. */
const CUSTOMERS = 1_000;
/** Of whom it is said by name that they are in it. */
const NAMED = 100_000;
/** Whose states are looked at, and what of the log they rest on. */
const DECIDER = 'channel-orchestrator';
const STAGED = new StagedRows<Filled>('operations.preview', 'run_id');
const checkSegment = segmentChecker();

/**
 * Says who would be in a segment, before it is published: by the states that decisions rest on, with what the segment asks for beyond folded from the log. Changes nothing.
 */
@Injectable()
export class SegmentPreview implements Operation<Whom> {
  readonly name = 'segment-preview';
  readonly says = 'who would be in a segment, before it is published';
  readonly arguments = Whom;
  readonly #ports: FoldPorts;
  readonly #clock: Clock;

  constructor(@Inject(FOLD_PORTS) ports: FoldPorts, @Inject(CLOCK) clock: Clock) {
    [this.#ports, this.#clock] = [ports, clock];
  }

  async run({ segment, at }: Whom, running: Running): Promise<Outcome> {
    const { id, signal, resumed } = running;
    const { published, asked, when } = await this.#with(segment as unknown as SegmentDocument);
    try {
      let cursor = resumed as Cursor | undefined;
      if (!cursor) {
        await STAGED.drop(this.#ports.pool, id);
        if (asked) await this.#fold(asked, running);
        cursor = { set: published.setNumber, at: at === undefined ? this.#clock.now() : Date.parse(at), after: FIRST, looked: 0, members: 0 };
      }
      if (cursor.set !== published.setNumber) throw invalidMessage('SEGMENT.SET_CHANGED', 'something else was published meanwhile: ask again');
      const { looked, members, at: instant } = await this.#look(published, when, cursor, running);
      return { summary: `${members.toLocaleString('en')} of ${looked.toLocaleString('en')} customers would be in ${String(segment['id'])} at ${toIso(instant)}`, figures: { members, customers: looked, at: toIso(instant) } };
    } finally {
      // Of a run that ends here; of one whose process is killed, the next one that takes it up.
      if (!signal.aborted) await STAGED.drop(this.#ports.pool, id);
    }
  }

  /** The set in force with this segment in it, and what it asks for that is not kept yet. @throws Failure InvalidMessage that says what is wrong with the segment. */
  async #with(segment: SegmentDocument): Promise<Readonly<{ published: Published; asked: Asked | undefined; when: SegmentDocument['when'] }>> {
    const [row] = await query<{ published: JourneysPublished['data'] }>(this.#ports.pool, 'select published::json as published from orchestration.published_set order by set_number desc limit 1');
    const before = row?.published;
    const others = (JSON.parse(before?.segments ?? '[]') as readonly PublishedSegment[]).filter(({ id }) => id !== segment.id);
    const issues = checkSegment(segment, { measures: MEASURE_KINDS, segments: new Set([...others.map(({ id }) => id), segment.id]) });
    const { circle } = issues.length > 0 ? { circle: [] } : inOrder([...others, segment]);
    const said = [...issues.map(({ path, message }) => `${path} ${message}`), ...(circle.length > 0 ? [`/when looks, over others, at itself: ${circle.join(', ')}`] : [])];
    if (said.length > 0) throw invalidMessage('SEGMENT.INVALID', `the segment cannot be looked at:\n${said.join('\n')}`);
    const setNumber = (before?.setNumber ?? 0) + 1;
    const record = publicationAs(setNumber, { journeys: before?.journeys ?? '[]', templates: before?.templates ?? '[]', segments: JSON.stringify([...others, segment]) }, before);
    const published = publishedOf(record, setNumber);
    const asked = askedSince(record, published, setNumber);
    return { published, asked: asked.trackers.size + asked.traits.length > 0 ? asked : undefined, when: published.segments.find(({ id }) => id === segment.id)!.when };
  }

  async #fold(asked: Asked, { id, signal, tell }: Running): Promise<void> {
    const { pool, log, topic } = this.#ports;
    const stands = await query<{ partition: number; next_offset: string }>(pool, 'select partition, next_offset from log.checkpoint where consumer = $1 and topic = $2 order by partition', [DECIDER, TOPICS.timeline]);
    const total = stands.reduce((sum, { next_offset }) => sum + Number(next_offset), 0);
    let done = 0;
    for (const { partition, next_offset } of stands) {
      const passed = new Set(await passedOffsets(pool, { consumer: DECIDER, topic: TOPICS.timeline, partition }));
      let seen: ReadonlyMap<string, number> = new Map();
      for await (const records of log.scan(topic, partition, 0, Number(next_offset))) {
        signal.throwIfAborted();
        const fresh = dropRepeats(seen, records);
        ({ seen } = fresh);
        await this.#foldPiece(id, partition, fresh.taken.filter(({ offset }) => !passed.has(offset)), asked);
        tell({ doing: 'reading what happened', unit: 'records', done: (done += records.length), total });
      }
    }
  }

  async #foldPiece(runId: string, partition: number, records: readonly LogRecord[], asked: Asked): Promise<void> {
    const inputs = await readableEvents(records, partition, (type) => concernsHistory(asked, type), this.#ports);
    const histories = await STAGED.load(this.#ports.pool, runId, [...new Set(inputs.map(({ recorded }) => recorded.customerId))]);
    await STAGED.save(this.#ports.pool, runId, foldHistories(histories, inputs, () => [asked]));
  }

  /** Everybody, in the order of ids: whoever decisions know, and whoever only the segment asks about. */
  async #look(published: Published, when: SegmentDocument['when'], begin: Cursor, { id, signal, tell, keep }: Running): Promise<Cursor> {
    const { at } = begin;
    for (let cursor = begin; ; ) {
      signal.throwIfAborted();
      const rows = await query<{ customer_id: string; state: string | null }>(this.#ports.pool, `select customer_id, state from orchestration.customer full join (select customer_id from operations.preview where run_id = $1) p using (customer_id)
        where customer_id > $2 order by customer_id limit $3`, [id, cursor.after, CUSTOMERS]);
      const states = rows.map(({ customer_id, state }) => [customer_id, parseState(state)] as const).filter(([, state]) => !state.absorbed && state.erased === null);
      const histories = await STAGED.load(this.#ports.pool, id, states.flatMap(([customer, state]) => [customer, ...Object.keys(state.members)]).filter((one) => one.length === 36));
      const inside = states.filter(([customer, state]) => isIn(withHistory(state, customer, (one) => histories.get(one)), published, when, at)).map(([customer]): ResultRow => ({ customer }));
      const named = inside.slice(0, Math.max(0, NAMED - cursor.members));
      cursor = { ...cursor, after: rows.at(-1)?.customer_id ?? cursor.after, looked: cursor.looked + states.length, members: cursor.members + inside.length };
      await keep(cursor, named);
      tell({ doing: 'looking at customers', unit: 'customers', done: cursor.looked });
      if (rows.length < CUSTOMERS) return cursor;
    }
  }
}

const isIn = (state: CustomerState, published: Published, when: SegmentDocument['when'], at: Instant): boolean => holds(when, outlookOf(state, published).sightAt(at));
