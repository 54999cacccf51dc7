import type { Metrics } from '@touchpoint/host';

const BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_500, 5_000];

/** What ingest counts. Types, codes and publishers are few: they are ours, or made by an operator. */
export type EventMetrics = Readonly<{
  /** One request: its bytes, its members, the types of what was recorded, the codes of what was refused. */
  request(bytes: number, members: number, types: Iterable<string>, publisher: string, codes: Iterable<string>): void;
  append(seconds: number): void;
}>;

export const createEventMetrics = (metrics: Metrics): EventMetrics => {
  const recorded = metrics.counter('ingest_records_total', 'Records acknowledged by the broker', ['type']);
  const refused = metrics.counter('ingest_refused_total', 'Events that were not valid', ['publisher', 'code']);
  const size = metrics.counter('ingest_bytes_total', 'Bytes of bodies, unpacked');
  const batch = metrics.histogram('ingest_batch_events', 'Events of a request', [], BATCH_SIZES);
  const append = metrics.histogram('ingest_append_seconds', 'Time until the broker acknowledged');
  return {
    request: (bytes, members, types, publisher, codes) => {
      size.inc(bytes);
      batch.observe(members);
      for (const [type, count] of counted(types)) recorded.inc({ type }, count);
      for (const [code, count] of counted(codes)) refused.inc({ publisher, code }, count);
    },
    append: (seconds) => append.observe(seconds),
  };
};

const counted = (values: Iterable<string>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};
