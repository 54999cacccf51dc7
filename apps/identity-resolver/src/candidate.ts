import { decodeMetaIdentity } from '@touchpoint/contracts';
import { eventSources, type ResolvableEvent } from '@touchpoint/identity';
import { invalidMessage } from '@touchpoint/kernel';
import { headerOf, MAX_RECEIVED_BYTES, META, recordBytes, typeOf, type LogRecord } from '@touchpoint/log';
import { eventIdOf, type EventId } from './event-ids.ts';

/** What an operator asks for, that the resolver does. */
export const SPLIT = 'SplitRequested';

/** A record with what is kept of its meta while a batch of many thousands is resolved; without an event, why there is none. `asks`: for a split, which is resolved alone: it looks at a whole set. */
export type Candidate = Readonly<{ record: LogRecord; event: ResolvableEvent; id: EventId; asks: boolean; error?: undefined } | { record: LogRecord; event?: undefined; id?: undefined; asks?: false; error: unknown }>;

/** The days that the ids of these events belong to. */
export const daysOf = (candidates: readonly Candidate[]): ReadonlySet<string> => {
  const days = new Set<string>();
  for (const { id } of candidates) if (id) days.add(id.day);
  return days;
};

/**
 * More than any app of ours writes: a handful of sources, some KB of meta. Each fact that follows from an event bears its meta and names its sources, is committed
 * before it is sent, and would stop the partition for ever if the log did not take it.
 */
export const MOST_SOURCES = 16;
export const MOST_META_BYTES = 64 * 1024;

/** A record that could not go onto the timeline is found before anything is decided on it. */
export const candidateOf = (record: LogRecord): Candidate => {
  try {
    const bytes = headerOf(record, META);
    const type = typeOf(record);
    if (!bytes || !type) throw invalidMessage('LOG.NO_META', `offset ${record.offset} has no meta or no type header`);
    if (bytes.length > MOST_META_BYTES) throw invalidMessage('LOG.TOO_LARGE', `the meta takes ${bytes.length} bytes, at most ${MOST_META_BYTES} are taken`);
    const meta = decodeMetaIdentity(bytes);
    if (meta.sources.length > MOST_SOURCES) throw invalidMessage('IDENTITY.TOO_MANY_SOURCES', `the event names ${meta.sources.length} sources, at most ${MOST_SOURCES} are taken`);
    if (!meta.sources[0]) throw invalidMessage('IDENTITY.NO_SOURCE', 'the event has no source');
    if (recordBytes(record) > MAX_RECEIVED_BYTES) throw invalidMessage('LOG.TOO_LARGE', 'the record is larger than the timeline takes');
    const asks = type === SPLIT;
    if (asks && meta.sources[0].kind !== 'customer') throw invalidMessage('IDENTITY.NO_CUSTOMER', 'a split names the customer that is to be taken out as its source');
    const { publisher, messageId, link, occurredAt } = meta;
    return { record, event: { publisher, messageId, link, occurredAt, sources: eventSources(meta.sources) }, id: eventIdOf(meta), asks };
  } catch (error) {
    return { record, error };
  }
};
