import { decodeMeta, decodeMetaLate, type TimelineEvent } from '@touchpoint/contracts';
import { CONTROL_KEY, invalidMessage, partitionOf, type CustomerId, type Recorded } from '@touchpoint/kernel';
import type { MessageReader } from './schemas.ts';
import { headerOf, META, TYPE, typeOf, type LogRecord } from './record.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Codes of records that have no place in the order of a customer here: nobody's later records wait for them. */
export const STRAYS: ReadonlySet<string> = new Set(['LOG.NO_CUSTOMER', 'LOG.WRONG_PARTITION', 'LOG.WRONG_KEY']);

/**
 * What a record of the timeline says of itself, without its body.
 * @param partitions of the timeline, for whoever writes what follows from it: a customer has one order, and one worker, on the partition of its key only
 * @throws Failure InvalidMessage.
 */
export const readTimelineRecord = (record: LogRecord, partition: number, decode = decodeMeta, partitions?: number): Readonly<{ type: string; recorded: Recorded }> => {
  // Asked for once: a record makes its key anew each time.
  const [key, type, meta] = [record.key, typeOf(record), headerOf(record, META)];
  if (!type || !meta) throw invalidMessage('LOG.NO_META', `offset ${record.offset} has no ${type ? META : TYPE} header`);
  if (key !== CONTROL_KEY && !UUID.test(key)) throw invalidMessage('LOG.NO_CUSTOMER', `offset ${record.offset} is of no customer: its key is no customer id`);
  if (partitions !== undefined && key !== CONTROL_KEY && partitionOf(key, partitions) !== partition) throw invalidMessage('LOG.WRONG_PARTITION', `offset ${record.offset} lies on another partition than its customer's`);
  return {
    type,
    recorded: { meta: decode(meta), customerId: key as CustomerId, position: { partition, offset: record.offset }, recordedAt: record.timestamp },
  };
};

/**
 * What customers' records say, for whoever folds history once more: of these types, in their order. A record that cannot be read is left out: whoever read it when it came has
 * parked it.
 */
export const readableEvents = async (
  records: readonly LogRecord[], partition: number, isWanted: (type: string, record: LogRecord) => boolean, { reader, partitions }: Readonly<{ reader: MessageReader; partitions: number }>,
): Promise<readonly Readonly<{ message: TimelineEvent; recorded: Recorded }>[]> => {
  const wanted = records.filter((record) => {
    const type = typeOf(record);
    return type !== undefined && isWanted(type, record) && record.key !== CONTROL_KEY;
  });
  await reader.prepare(wanted.map(({ value }) => value));
  return wanted.flatMap((record) => {
    try {
      const { type, recorded } = readTimelineRecord(record, partition, decodeMetaLate, partitions);
      return [{ message: reader.read(type, record.value) as TimelineEvent, recorded }];
    } catch {
      return [];
    }
  });
};
