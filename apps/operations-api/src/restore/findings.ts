import { decodeMeta, type CustomerAbsorbed, type CustomerMerged, type CustomerSplit, type IdentitiesLinked, type JourneysPublished } from '@touchpoint/contracts';
import { ERASURE } from '@touchpoint/identity';
import type { CustomerId, Instant, Link, Meta, SourceKey, SourceKind } from '@touchpoint/kernel';
import { decodeOrigin, META, ORIGIN, RESTORE, typeOf, type LogRecord } from '@touchpoint/log';
import { eventIdOf, type EventId } from '@touchpoint/store';
import { Halves } from './halves.ts';

export type FoundLink = Readonly<{ key: SourceKey; kind: SourceKind; customerId: CustomerId; movedFrom: CustomerId | null; since: Instant; by: Link }>;
/** What a customer is from here on: a part of another, or (null) alone again by an operator's act. */
export type FoundPlace = Readonly<{ customerId: CustomerId; survivorId: CustomerId | null }>;
/** A source that an event of a customer named, under whose key something of the customer may be sealed. */
export type Named = Readonly<{ customerId: CustomerId; key: SourceKey }>;
export type FoundSet = Readonly<{ messageId: string; data: JourneysPublished['data']; record: LogRecord; partition: number }>;

/** What a piece of a partition says that a database has forgotten, in the order of the log. */
export class Findings {
  readonly eventIds: EventId[] = [];
  readonly links: FoundLink[] = [];
  readonly places: FoundPlace[] = [];
  readonly named: Named[] = [];
  readonly erased: CustomerId[] = [];
  readonly sets: FoundSet[] = [];
  /** Of what must not be said again. */
  readonly ids: string[] = [];
  records = 0;
}

/** The body of a message of ours. */
export type Read = (type: string, value: Buffer) => unknown;
/** Whether a database knows that it has sent this. */
export type Known = (origin: string, seq: number) => boolean;

const LABELLED: ReadonlySet<SourceKind> = new Set(['user', 'email', 'phone']);
/** Whoever writes to the timeline. */
const OURS: ReadonlySet<string> = new Set(['identity-resolver', 'channel-orchestrator', 'publishing', RESTORE]);
const CONSUMER = /^[a-z][a-z0-9-]*/;

/**
 * What a database that went back takes over from a record of the timeline. From identity-resolver: ids of events, whose they are and what they linked, so that reading
 * them again is a repeat. From the orchestrator: ids of facts, so that deciding again says them to nobody. An erasure alone is not taken for done: resolved once more, it
 * takes the keys again that a backup brought back.
 * @param halves gathers facts that stand on two timelines, of which one may not have been sent
 */
export const findIn = (record: LogRecord, partition: number, into: Findings, halves: Halves, { known, read }: Readonly<{ known: Known; read: Read }>): void => {
  const origin = decodeOrigin(record.headers[ORIGIN])!;
  const type = typeOf(record)!;
  const consumer = CONSUMER.exec(origin.name)![0];
  const isKnown = known(origin.name, origin.seq);
  if (isKnown && consumer !== RESTORE) return;
  if (!OURS.has(consumer)) return;
  const meta = decodeMeta(record.headers[META]!);
  // What an earlier restore made whole is whole.
  if (consumer === RESTORE) halves.completed(meta);
  if (isKnown || type === 'SystemRestored') return;
  into.records += 1;
  if (type === 'JourneysPublished') into.sets.push({ messageId: meta.messageId, data: read(type, record.value) as JourneysPublished['data'], record, partition });
  else if (consumer === 'channel-orchestrator') into.ids.push(meta.messageId);
  else resolved(type, meta, record, into, halves, read);
};

const resolved = (type: string, meta: Meta, record: LogRecord, into: Findings, halves: Halves, read: Read): void => {
  const customerId = record.key as CustomerId;
  switch (type) {
    case 'IdentitiesLinked': {
      const { linked, by } = read(type, record.value) as IdentitiesLinked['data'];
      for (const { kind, key, movedFrom } of linked) into.links.push({ key, kind, customerId, movedFrom, since: meta.occurredAt, by });
      return;
    }
    case 'CustomerAbsorbed': {
      const { survivorId, by } = read(type, record.value) as CustomerAbsorbed['data'];
      into.places.push({ customerId, survivorId });
      return halves.absorbed({ meta, survivorId, absorbedId: customerId, by });
    }
    case 'CustomerMerged': {
      const { absorbedId, by } = read(type, record.value) as CustomerMerged['data'];
      return halves.merged({ meta, survivorId: customerId, absorbedId, by });
    }
    case 'CustomerSplit': {
      const data = read(type, record.value) as CustomerSplit['data'];
      if (data.memberId === customerId) into.places.push({ customerId, survivorId: null });
      return halves.split({ meta, on: customerId, data });
    }
    case 'CustomerErased':
      into.erased.push(customerId);
      return;
    default: {
      const id = eventIdOf(meta, record.timestamp);
      if (type === ERASURE) into.ids.push(id.id);
      else into.eventIds.push(id);
      meta.sources.forEach(({ kind, key }, i) => {
        if (kind !== 'customer' && (i === 0 || LABELLED.has(kind))) into.named.push({ customerId, key });
      });
    }
  }
};
