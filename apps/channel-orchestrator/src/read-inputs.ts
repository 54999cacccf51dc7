import { decodeMeta, type JourneysPublished, type SegmentsLive, type TimelineEvent } from '@touchpoint/contracts';
import { CONTROL_KEY } from '@touchpoint/kernel';
import { headerOf, readTimelineRecord, TYPE, type LogRecord, type MessageReader } from '@touchpoint/log';
import { concerns, type Input, type Published } from '@touchpoint/orchestration';
import { compiledSet } from './in-force.ts';

/** What takes effect for all customers of the partition. */
export type Control = Pick<JourneysPublished, 'type' | 'data'> | Pick<SegmentsLive, 'type' | 'data'>;
export type Read = Readonly<{ record: LogRecord; input?: Input; error?: unknown; control?: Control }>;
const CONTROLS: ReadonlySet<string> = new Set(['JourneysPublished', 'SegmentsLive']);

/** What decides behind a control record. */
export const inForceBy = (published: Published, control: Control): Published =>
  control.type === 'SegmentsLive' ? { ...published, live: control.data.setNumber } : { ...compiledSet(control.data), live: published.live };

/**
 * The records that something may be decided on, told by their type alone: most events concern no journey. A control record may bring another set, so in a batch
 * that holds one every record is looked at in its turn.
 */
export const relevantRecords = (records: readonly LogRecord[], published: Published): readonly LogRecord[] => {
  const types = new Map<string, boolean>();
  const relevant: LogRecord[] = [];
  for (const record of records) {
    const type = headerOf(record, TYPE)?.toString('latin1');
    if (type !== undefined && CONTROLS.has(type)) return records;
    let concerned = type === undefined || types.get(type);
    if (concerned === undefined) types.set(type!, (concerned = concerns(published, type!)));
    if (concerned) relevant.push(record);
  }
  return relevant;
};

type ReadPorts = Readonly<{ reader: MessageReader; partition: number; partitions: number }>;
/** Reads what concerns decisions; of all else not even the body is decoded. */
export const readInputs = async (records: readonly LogRecord[], before: Published, { reader, partition, partitions }: ReadPorts): Promise<readonly Read[]> => {
  await reader.prepare(records.map(({ value }) => value));
  let published = before;
  return records.map((record): Read => {
    try {
      const { type, recorded } = readTimelineRecord(record, partition, decodeMeta, partitions);
      if (record.key === CONTROL_KEY) {
        if (!CONTROLS.has(type)) return { record };
        const control = reader.read(type as Control['type'], record.value) as Control;
        published = inForceBy(published, control);
        return { record, control };
      }
      return concerns(published, type) ? { record, input: { message: reader.read(type, record.value) as TimelineEvent, recorded } } : { record };
    } catch (error) {
      return { record, error };
    }
  });
};
