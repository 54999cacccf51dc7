import { decodeMetaIdentity } from '@touchpoint/contracts';
import { ERASURE, eventSources, type ResolvableEvent } from '@touchpoint/identity';
import { invalidMessage, type CustomerId } from '@touchpoint/kernel';
import { headerOf, MAX_RECEIVED_BYTES, META, recordBytes, typeOf, type LogRecord } from '@touchpoint/log';
import { eventIdOf, type EventId } from '@touchpoint/store';

/** A record with what is kept of its meta while a batch of many thousands is resolved; without an event, why there is none. */
export type Candidate = Readonly<
  | { record: LogRecord; event: ResolvableEvent; id: EventId; /** The customer that an operator has erased. */ erases?: CustomerId | undefined; /** The one that an operator takes out of another. */ splits?: CustomerId | undefined; error?: undefined }
  | { record: LogRecord; event?: undefined; id?: undefined; erases?: undefined; splits?: undefined; error: unknown }
>;

/** What an operator asks for, whose body the resolver reads. */
export const SPLIT = 'SplitRequested';

/** What is resolved in one step: an erasure or a split concerns a whole set, of which a book knows only what its events name, so it is a step of its own. */
export const stepOf = (candidates: readonly Candidate[]): readonly Candidate[] => {
  const act = candidates.findIndex(({ erases, splits }) => erases !== undefined || splits !== undefined);
  return act < 0 ? candidates : candidates.slice(0, Math.max(act, 1));
};

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

const customerNamed = ({ sources: [source] }: ResolvableEvent): CustomerId => {
  if (source?.kind !== 'customer') throw invalidMessage('IDENTITY.NO_CUSTOMER', 'an operator\'s act names its customer as its source');
  return source.customerId;
};

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
    if (record.key !== meta.sources[0].key) throw invalidMessage('LOG.WRONG_KEY', `the key of the record is not its primary source's`);
    if (recordBytes(record) > MAX_RECEIVED_BYTES) throw invalidMessage('LOG.TOO_LARGE', 'the record is larger than the timeline takes');
    const { publisher, messageId, link, occurredAt } = meta;
    const event = { publisher, messageId, link, occurredAt, sources: eventSources(meta.sources) };
    return { record, event, id: eventIdOf(meta, record.timestamp), erases: type === ERASURE ? customerNamed(event) : undefined, splits: type === SPLIT ? customerNamed(event) : undefined };
  } catch (error) {
    return { record, error };
  }
};

/** Records as candidates; all of them with what was thrown at one of them, where that is known. */
export const candidatesOf = (records: readonly LogRecord[], poison: unknown): readonly Candidate[] => records.map((record) => (poison === undefined ? candidateOf(record) : { record, error: poison }));
