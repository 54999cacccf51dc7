import { Inject, Injectable } from '@nestjs/common';
import { LOG_TOPICS, TOPICS, type LogTopics } from '@touchpoint/log';
import { merge, readModels, type MessageRow } from '@touchpoint/profile';
import { POOL, type Pool } from '@touchpoint/store';
import { encodeCursor } from './cursor.ts';
import { MAX_MEMBERS, MEMBERS, SET, SET_COLUMNS, type SetRow } from './customer-set.query.ts';
import type { Found } from './customer.query.ts';
import type { MessagesBody } from './http/answers.schema.ts';
import { showMessage } from './message-view.ts';
import { oneRow, rowsFrom, rowsSql } from './model-rows.ts';

/** Where the page before ended. */
export type MessagesCursor = readonly [at: number, commandId: string];
export type MessagesPage = Readonly<{ limit: number; before: MessagesCursor | null }>;

/** A command's rows lie on every timeline that something of it was said on. By when it was decided; by its first outcome while the decision was not read. */
const PAGE = `${SET}, command as materialized (
    select m.command_id, coalesce(max(m.stated_at), min(least(m.sent_at, m.delivered_at, m.opened_at, m.clicked_at, m.bounced_at, m.complained_at, m.failed_at, m.held_at, m.unknown_at))) as at
    from profile.messages m where m.customer_id = any(${MEMBERS}) group by m.command_id
  ), page as materialized (
    select command_id, at from command where $2::float8 is null or (at, command_id) < (to_timestamp($2 / 1000), $3::uuid) order by at desc, command_id desc limit $4
  )
  select ${SET_COLUMNS},
    (select coalesce(json_agg(json_build_object('commandId', command_id, 'at', (extract(epoch from at) * 1000)::float8) order by at desc, command_id desc), '[]') from page) as page,
    ${rowsSql(readModels.messages, MEMBERS, { join: 'join page using (command_id)', limit: 10_000 })} as rows`;

type PageRow = SetRow & Readonly<{ page: readonly Readonly<{ commandId: string; at: number }>[]; rows: readonly Readonly<Record<string, unknown>>[] }>;

/** Messages to a customer: decided, and what became of them. */
@Injectable()
export class MessagesQuery {
  readonly #pool: Pool;
  readonly #partitions: number;

  constructor(@Inject(POOL) pool: Pool, @Inject(LOG_TOPICS) topics: LogTopics) {
    [this.#pool, this.#partitions] = [pool, topics.partitionsOf(TOPICS.timeline)];
  }

  async page(id: string, { limit, before }: MessagesPage): Promise<Found<MessagesBody>> {
    const { customerId, members: all, known, parked, page, rows: raw } = await oneRow<PageRow>(this.#pool, 'messages', PAGE, [id, before?.[0] ?? null, before?.[1] ?? null, limit + 1]);
    const members = all.slice(0, MAX_MEMBERS);
    if (!known) return { body: undefined, members, parked };
    const rows = rowsFrom<MessageRow>(readModels.messages, raw);
    const merged = new Map(merge(readModels.messages, rows as readonly MessageRow[]).map((row) => [row.commandId, row]));
    const shown = page.slice(0, limit).flatMap(({ commandId }) => {
      const row = merged.get(commandId);
      const decided = rows.find((part) => part.commandId === commandId && part.statedAt !== null && part.statedAt === row?.statedAt);
      return row ? [showMessage(row, decided?.customerId, this.#partitions)] : [];
    });
    const last = page[limit - 1];
    const next = last && page.length > limit ? encodeCursor([last.at, last.commandId]) : null;
    return { body: { customerId, requested: { customerId: id, absorbed: id !== customerId }, members: [...members].sort(), messages: shown, next }, members, parked };
  }
}
