import { decodeMeta } from '@touchpoint/contracts';
import { invalidMessage, type CustomerId, type Recorded } from '@touchpoint/kernel';
import { headerOf, META, TYPE, typeOf, type LogRecord } from './record.ts';

/** What a record of the timeline says of itself, without its body. @throws Failure InvalidMessage. */
export const readTimelineRecord = (record: LogRecord, partition: number, decode = decodeMeta): Readonly<{ type: string; recorded: Recorded }> => {
  const [type, meta] = [typeOf(record), headerOf(record, META)];
  if (!type || !meta) throw invalidMessage('LOG.NO_META', `offset ${record.offset} has no ${type ? META : TYPE} header`);
  return {
    type,
    recorded: { meta: decode(meta), customerId: record.key as CustomerId, position: { partition, offset: record.offset }, recordedAt: record.timestamp },
  };
};
