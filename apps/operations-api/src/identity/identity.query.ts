import { Inject, Injectable } from '@nestjs/common';
import type { MessageName } from '@touchpoint/contracts';
import { decodeMeta } from '@touchpoint/contracts';
import { toIso, type CustomerId, type SourceKey } from '@touchpoint/kernel';
import { LOG_READER, LOG_TOPICS, MESSAGE_READER, META, TOPICS, type LogReader, type LogTopics, type MessageReader } from '@touchpoint/log';
import type { CustomerSet, LinkableKind } from '@touchpoint/identity';
import { POOL, query, readCustomerSet, type Pool } from '@touchpoint/store';

/** What tells how a set came to be. */
const TOLD: readonly MessageName[] = ['IdentitiesLinked', 'CustomerAbsorbed', 'CustomerMerged', 'CustomerSplit', 'LinkRequested', 'SplitRequested'];
const MOST_TOLD = 200;

/** One step of how a set came to be, as the timeline has it. `data`: the fact itself; it holds ids and keys, nothing personal. */
export type LinkEvent = Readonly<{ at: string; type: string; customerId: string; position: Readonly<{ partition: number; offset: number }>; publisher: string | null; messageId: string | null; data: unknown }>;
export type IdentityBody = Readonly<{
  /** The customer that survives: what is shown of the set is shown as this one. */
  customerId: CustomerId;
  members: readonly Readonly<{ customerId: CustomerId; createdAt: string; absorbedBy: CustomerId | null; hasUser: boolean; splitOff: boolean }>[];
  sources: readonly Readonly<{ kind: LinkableKind; key: SourceKey; customerId: CustomerId; since: string; by: string }>[];
  history: readonly LinkEvent[];
}>;

export const rootOf = ({ customers }: CustomerSet): CustomerId | undefined => customers.find(({ survivorId }) => survivorId === null)?.customerId;

/** Who is one customer with whom, and how that came. Sources are shown by their keys: what they stand for is for whoever may read customers. */
@Injectable()
export class IdentityQuery {
  readonly #pool: Pool;
  readonly #reader: LogReader;
  readonly #messages: MessageReader;
  readonly #topic: string;

  constructor(@Inject(POOL) pool: Pool, @Inject(LOG_READER) reader: LogReader, @Inject(MESSAGE_READER) messages: MessageReader, @Inject(LOG_TOPICS) topics: LogTopics) {
    [this.#pool, this.#reader, this.#messages, this.#topic] = [pool, reader, messages, topics.nameOf(TOPICS.timeline)];
  }

  async customerOf(key: SourceKey): Promise<CustomerId | undefined> {
    return (await query<{ customer_id: CustomerId }>(this.#pool, 'select customer_id from identity.link where source_key = $1', [key]))[0]?.customer_id;
  }

  set(id: string): Promise<CustomerSet> {
    return readCustomerSet<LinkableKind>(this.#pool, id);
  }

  async show(id: string): Promise<IdentityBody | undefined> {
    const set = await this.set(id);
    const customerId = rootOf(set);
    if (customerId === undefined) return undefined;
    return {
      customerId,
      members: set.customers.map(({ customerId: member, createdAt, survivorId, hasUser, alone }) => ({ customerId: member, createdAt: toIso(createdAt), absorbedBy: survivorId, hasUser, splitOff: alone })),
      sources: set.links.map(({ since, ...link }) => ({ ...link, since: toIso(since) })),
      history: await this.#history(set.customers.map(({ customerId: member }) => member)),
    };
  }

  /** The latest so many, in the order in which they came onto the log. */
  async #history(ids: readonly CustomerId[]): Promise<readonly LinkEvent[]> {
    const index = await query<{ customer_id: string; partition: number; offset: number; type: string }>(this.#pool,
      `select customer_id, partition, "offset"::float8 as "offset", type from profile.timeline_index where customer_id = any($1::uuid[]) and type = any($2) order by occurred_at desc, "offset" desc limit $3`, [ids, TOLD, MOST_TOLD]);
    const told: (LinkEvent & Readonly<{ recordedAt: number }>)[] = [];
    for (const partition of new Set(index.map((row) => row.partition))) {
      const rows = index.filter((row) => row.partition === partition);
      const records = new Map((await this.#reader.read(this.#topic, partition, rows.map(({ offset }) => offset))).map((record) => [record.offset, record]));
      await this.#messages.prepare([...records.values()].map(({ value }) => value));
      for (const { customer_id, offset, type } of rows) {
        const record = records.get(offset);
        if (!record) continue;
        const meta = record.headers[META] && decodeMeta(record.headers[META]);
        told.push({
          recordedAt: record.timestamp, at: toIso(record.timestamp), type, customerId: customer_id, position: { partition, offset }, publisher: meta?.publisher ?? null, messageId: meta?.messageId ?? null,
          data: this.#messages.read(type, record.value).data,
        });
      }
    }
    return told.sort((a, b) => a.recordedAt - b.recordedAt || a.position.partition - b.position.partition || a.position.offset - b.position.offset).map(({ recordedAt: _, ...event }) => event);
  }
}
