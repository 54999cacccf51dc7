import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@touchpoint/host';
import { LOG_READER, LOG_TOPICS, MESSAGE_READER, nearRuns, TOPICS, type LogReader, type LogRecord, type LogTopics, type MessageReader } from '@touchpoint/log';
import { POOL, type Pool } from '@touchpoint/store';
import type { Vault } from '@touchpoint/vault';
import { Admission } from './admission.ts';
import type { QueryConfig } from './config.ts';
import { encodeCursor } from './cursor.ts';
import { MAX_MEMBERS, MEMBERS, SET, SET_COLUMNS, type SetRow } from './customer-set.query.ts';
import type { Found } from './customer.query.ts';
import type { TimelineBody, TimelineEntry } from './http/answers.schema.ts';
import { oneRow } from './model-rows.ts';
import { PersonalValues } from './personal-values.ts';
import { showEntry, type Indexed } from './timeline-entry.ts';
import { VAULT } from './tokens.ts';
import { within } from './within.ts';

/** Where the page before ended. */
export type TimelineCursor = readonly [occurredAt: number, partition: number, offset: number];
export type TimelinePage = Readonly<{ limit: number; before: TimelineCursor | null; types: readonly string[] | null }>;

/** A page ends early once its events take so much of the log. */
const PAGE_BYTES = 2_000_000;
/** Events of one page that are read from the log at once, and fetches of all pages together: each may bring a whole batch of records, up to 1 MB. */
const CHUNK = 10;
const FETCHES = 16;

/** By when it happened, then by where it lies: an order that holds while events arrive, late ones too, so no page repeats an entry or leaves one out that was there. */
const PAGE = `${SET} select ${SET_COLUMNS}, (select coalesce(json_agg(e), '[]') from (
    select t.customer_id as "customerId", t.partition, t."offset"::float8 as "offset", t.type, (extract(epoch from t.occurred_at) * 1000)::float8 as "occurredAt"
    from profile.timeline_index t
    where t.customer_id = any(${MEMBERS}) and ($2::text[] is null or t.type = any($2))
      and ($3::float8 is null or (t.occurred_at, t.partition, t."offset") < (to_timestamp($3 / 1000), $4::integer, $5::bigint))
    order by t.occurred_at desc, t.partition desc, t."offset" desc limit $6) e) as page`;

type PageRow = SetRow & Readonly<{ page: readonly Indexed[] }>;

/** Events of a customer: found by the timeline index, read from the log. */
@Injectable()
export class TimelineQuery {
  readonly #pool: Pool;
  readonly #vault: Vault;
  readonly #log: LogReader;
  readonly #messages: MessageReader;
  readonly #topic: string;
  readonly #limitMs: number;
  /** Who waits here was admitted with its request. */
  readonly #fetches = new Admission(FETCHES, Number.POSITIVE_INFINITY);

  constructor(
    @Inject(POOL) pool: Pool,
    @Inject(VAULT) vault: Vault,
    @Inject(LOG_READER) log: LogReader,
    @Inject(MESSAGE_READER) messages: MessageReader,
    @Inject(LOG_TOPICS) topics: LogTopics,
    @Inject(CONFIG) config: QueryConfig,
  ) {
    [this.#pool, this.#vault, this.#log, this.#messages] = [pool, vault, log, messages];
    [this.#topic, this.#limitMs] = [topics.nameOf(TOPICS.timeline), config.QUERY_LIMIT_MS];
  }

  async page(id: string, { limit, before, types }: TimelinePage): Promise<Found<TimelineBody>> {
    const { customerId, members: all, known, parked, page } = await oneRow<PageRow>(this.#pool, 'timeline', PAGE, [id, types, before?.[0] ?? null, before?.[1] ?? null, before?.[2] ?? null, limit + 1]);
    const members = all.slice(0, MAX_MEMBERS);
    if (!known) return { body: undefined, members, parked };
    const entries = await within(this.#limitMs, 'LOG.SLOW', 'reading from the log', this.#entries(page.slice(0, limit)));
    const last = page[entries.length - 1];
    const next = last && page.length > entries.length ? encodeCursor([last.occurredAt, last.partition, last.offset]) : null;
    return { body: { customerId, requested: { customerId: id, absorbed: id !== customerId }, members: [...members].sort(), entries, next }, members, parked };
  }

  /** As many of these as a page takes, at least one. */
  async #entries(index: readonly Indexed[]): Promise<TimelineEntry[]> {
    const shown: { entry: TimelineEntry; values: PersonalValues }[] = [];
    let bytes = 0;
    for (let from = 0; from < index.length && bytes < PAGE_BYTES; from += CHUNK) {
      const chunk = index.slice(from, from + CHUNK);
      const records = await this.#records(chunk);
      await this.#messages.prepare([...records.values()].map(({ value }) => value));
      for (const indexed of chunk) {
        const record = records.get(`${indexed.partition}/${indexed.offset}`);
        bytes += record?.value.length ?? 0;
        if (shown.length > 0 && bytes > PAGE_BYTES) break;
        const values = new PersonalValues();
        shown.push({ entry: { ...showEntry(indexed, record, this.#messages, values), redacted: values.redacted }, values });
      }
    }
    await PersonalValues.open(this.#vault, ...shown.map(({ values }) => values));
    return shown.map(({ entry }) => entry);
  }

  async #records(chunk: readonly Indexed[]): Promise<ReadonlyMap<string, LogRecord>> {
    const offsets = new Map<number, number[]>();
    for (const { partition, offset } of chunk) offsets.set(partition, [...(offsets.get(partition) ?? []), offset]);
    // Far offsets of one partition would be fetched one after another in one read.
    const reads = [...offsets].flatMap(([partition, all]) => nearRuns(all).map((near) => [partition, near] as const));
    const found = await Promise.all(reads.map(([partition, near]) => this.#fetches.run(async () =>
      (await this.#log.read(this.#topic, partition, near)).map((record) => [`${partition}/${record.offset}`, record] as const))));
    return new Map(found.flat());
  }
}
