import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, notFound, type Clock } from '@touchpoint/host';
import { toIso, type Sealed } from '@touchpoint/kernel';
import { decodeMeta, isMessageName, jsonOr, showEvent } from '@touchpoint/contracts';
import { META, MESSAGE_READER, typeOf, unpackRecords, type MessageReader } from '@touchpoint/log';
import { POOL, query, type Pool } from '@touchpoint/store';
import type { Vault } from '@touchpoint/vault';
import { decodeCursor } from '../cursor.ts';
import { CustomerQuery } from '../customer.query.ts';
import { SET, SET_COLUMNS, type SetRow } from '../customer-set.query.ts';
import { MessagesQuery, type MessagesCursor } from '../messages.query.ts';
import { oneRow } from '../model-rows.ts';
import { PersonalValues } from '../personal-values.ts';
import { TimelineQuery, type TimelineCursor } from '../timeline.query.ts';
import { VAULT } from '../tokens.ts';
import { EXPORTED, rowsOf } from './export-rows.ts';
import { openedIn } from './sealed-texts.ts';

type Json = Readonly<Record<string, unknown>>;
type Part = readonly [name: string, values: AsyncIterable<unknown> | Json | string | boolean | readonly string[] | null];

const PAGE = 100;

/**
 * All that is stored about a person, as one JSON text, piece by piece: never more than a page of it is in memory. Its last member is `complete`: an answer that ends
 * without it was cut off. What the person's keys do not open any more is null, and its JSON pointer stands in `redacted` beside it.
 */
@Injectable()
export class ExportQuery {
  readonly #pool: Pool;
  readonly #vault: Vault;
  readonly #reader: MessageReader;
  readonly #customers: CustomerQuery;
  readonly #timeline: TimelineQuery;
  readonly #messages: MessagesQuery;
  readonly #clock: Clock;

  constructor(
    @Inject(POOL) pool: Pool, @Inject(VAULT) vault: Vault, @Inject(MESSAGE_READER) reader: MessageReader, @Inject(CustomerQuery) customers: CustomerQuery,
    @Inject(TimelineQuery) timeline: TimelineQuery, @Inject(MessagesQuery) messages: MessagesQuery, @Inject(CLOCK) clock: Clock,
  ) {
    [this.#pool, this.#vault, this.#reader, this.#customers, this.#timeline, this.#messages, this.#clock] = [pool, vault, reader, customers, timeline, messages, clock];
  }

  /** @throws HttpProblem 404 `CUSTOMER.UNKNOWN`, before anything is written */
  async begin(id: string): Promise<AsyncGenerator<string>> {
    const { customerId, members, known } = await oneRow<SetRow>(this.#pool, 'export-set', `${SET} select ${SET_COLUMNS}`, [id]);
    if (!known) throw notFound('CUSTOMER.UNKNOWN', 'There is no such customer');
    return text(this.#parts(id, customerId, [...members].sort()));
  }

  async *#parts(id: string, customerId: string, members: readonly string[]): AsyncGenerator<Part> {
    const [{ erased } = { erased: false }] = await query<{ erased: boolean }>(this.#pool, 'select coalesce(bool_or(erased), false) as erased from identity.customer where customer_id = any($1::uuid[])', [members]);
    yield ['customerId', customerId];
    yield ['requestedId', id];
    yield ['members', members];
    yield ['exportedAt', toIso(this.#clock.now())];
    yield ['erased', erased];
    yield ['customer', (await this.#customers.byId(customerId)).body ?? null];
    for (const model of EXPORTED) yield [`rows of ${model.name}`, this.#each(members, (member) => rowsOf(model, member, this.#pool, this.#vault))];
    yield ['timeline', this.#pages(async (before: TimelineCursor | null) => {
      const { body } = await this.#timeline.page(customerId, { limit: PAGE, before, types: null });
      return { values: body?.entries ?? [], next: body?.next ? (decodeCursor(body.next, ['number', 'number', 'number']) ?? null) : null };
    })];
    yield ['messages', this.#pages(async (before: MessagesCursor | null) => {
      const { body } = await this.#messages.page(customerId, { limit: PAGE, before });
      return { values: body?.messages ?? [], next: body?.next ? (decodeCursor(body.next, ['number', 'uuid']) ?? null) : null };
    })];
    yield ['sandbox', this.#each(members, (member) => this.#sandbox(member))];
    yield ['links', this.#each(members, (member) => this.#links(member))];
    yield ['decisionState', this.#each(members, (member) => this.#states(member))];
    yield ['parked', this.#parked(members)];
    yield ['complete', true];
  }

  async *#each<T>(members: readonly string[], of: (member: string) => AsyncIterable<T>): AsyncGenerator<T> {
    for (const member of members) yield* of(member);
  }

  async *#pages<C, T>(page: (before: C | null) => Promise<Readonly<{ values: readonly T[]; next: C | null }>>): AsyncGenerator<T> {
    for (let before: C | null = null; ; ) {
      const { values, next } = await page(before);
      yield* values;
      if (next === null) return;
      before = next;
    }
  }

  /** What the sandbox keeps of messages that it would have sent. */
  #sandbox(member: string): AsyncGenerator<Json> {
    type Row = Readonly<{ command_id: string; channel: string; content: Buffer; sent_at: Date }>;
    return this.#pages(async (before: string | null) => {
      const rows = await query<Row>(this.#pool, 'select command_id, channel, content, sent_at from delivery.sandbox_message where customer_id = $1 and ($2::uuid is null or command_id > $2) order by command_id limit $3', [member, before, PAGE]);
      const clear = await this.#vault.unseal(rows.map(({ content }) => content as unknown as Sealed));
      return {
        values: rows.map(({ command_id, channel, sent_at }, i) => ({ customerId: member, commandId: command_id, channel, sentAt: sent_at.toISOString(), content: clear[i] === null ? null : jsonOr(clear[i]!), ...(clear[i] === null && { redacted: ['/content'] }) })),
        next: rows.length < PAGE ? null : rows.at(-1)!.command_id,
      };
    });
  }

  async *#links(member: string): AsyncGenerator<Json> {
    yield* (await query<{ row: Json }>(this.#pool, `select json_build_object('customerId', customer_id, 'sourceKey', replace(source_key::text, '-', ''), 'kind', kind, 'since', since, 'by', linked_by) as row
      from identity.link where customer_id = $1 order by source_key`, [member])).map(({ row }) => ({ ...row, since: toIso(Number(row['since'])) }));
    yield* (await query<{ row: Json }>(this.#pool, `select json_build_object('customerId', customer_id, 'sourceKey', replace(source_key::text, '-', ''), 'belongsToAnother', true) as row from identity.stray where customer_id = $1 order by source_key`, [member])).map(({ row }) => row);
  }

  /** What decisions rest on: measures, consent, contact points, journeys under way. */
  async *#states(member: string): AsyncGenerator<Json> {
    for (const { state } of await query<{ state: string }>(this.#pool, 'select state from orchestration.customer where customer_id = $1', [member])) {
      const values = new PersonalValues();
      const opened = openedIn(JSON.parse(state), [], values) as Json;
      await PersonalValues.open(this.#vault, values);
      yield { customerId: member, ...opened, ...(values.redacted.length > 0 && { redacted: values.redacted }) };
    }
  }

  /** Records that could not be processed, of these customers or of their sources. */
  #parked(members: readonly string[]): AsyncGenerator<Json> {
    type Row = Readonly<{ id: string; consumer: string; topic: string; offset: string; code: string; record: Buffer }>;
    return this.#pages(async (before: string | null) => {
      const rows = await query<Row>(this.#pool, `select id, consumer, topic, "offset", code, record from log.parked where id > $2 and (key = any($1::text[]) or key = any(array(select replace(m, '-', '') from unnest($1::text[]) m))
        or key in (select replace(source_key::text, '-', '') from identity.link where customer_id = any($1::uuid[]))) order by id limit $3`, [members, before ?? '0', PAGE]);
      const shown: { values: PersonalValues; row: Record<string, unknown> }[] = [];
      for (const { consumer, topic, offset, code, record: packed } of rows) {
        const values = new PersonalValues();
        const row: Record<string, unknown> = { consumer, topic, offset: Number(offset), code, type: null, messageId: null, data: null };
        shown.push({ values, row });
        for (const record of unpackRecords(packed)) await this.#showParked(record as never, row, values);
      }
      await PersonalValues.open(this.#vault, ...shown.map(({ values }) => values));
      return { values: shown.map(({ row, values: { redacted } }) => ({ ...row, ...(redacted.length > 0 && { redacted }) })), next: rows.length < PAGE ? null : rows.at(-1)!.id };
    });
  }

  /** It may be parked because this is what cannot be read of it: then it is told without. */
  async #showParked(record: Parameters<typeof typeOf>[0], row: Record<string, unknown>, values: PersonalValues): Promise<void> {
    const type = typeOf(record);
    row['type'] = type ?? null;
    try {
      row['messageId'] = decodeMeta(record.headers[META]!).messageId;
      await this.#reader.prepare([record.value]);
      if (type !== undefined && isMessageName(type)) showEvent(type, this.#reader.read(type, record.value).data, values, ['data'], (data) => { row['data'] = data; });
    } catch {
      row['unreadable'] = true;
    }
  }
}

const isIterable = (value: Part[1]): value is AsyncIterable<unknown> => typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/** Members of one JSON object, a piece at a time; what is iterable becomes a list. */
async function* text(parts: AsyncIterable<Part>): AsyncGenerator<string> {
  let first = true;
  for await (const [name, value] of parts) {
    yield `${first ? '{' : ',\n'}${JSON.stringify(name)}:`;
    first = false;
    if (!isIterable(value)) yield JSON.stringify(value);
    else {
      let separator = '[';
      for await (const one of value) {
        yield `${separator}${JSON.stringify(one)}`;
        separator = ',\n';
      }
      yield separator === '[' ? '[]' : ']';
    }
  }
  yield '}\n';
}
