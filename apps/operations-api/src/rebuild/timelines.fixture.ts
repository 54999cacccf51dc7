import fc from 'fast-check';
import { encodeMeta } from '@touchpoint/contracts';
import { customerIdOf, partitionOf, type CustomerId } from '@touchpoint/kernel';
import { createMessageWriter, createRegistry, createSequencer, encodeOrigin, META, ORIGIN, TOPICS, TYPE, type OutRecord } from '@touchpoint/log';
import { anyTimeline, FOLDED, hex, type Happened } from '@touchpoint/profile/testing';
import { eventually, type TestSystem } from '@touchpoint/testing';

/** Timelines of made-up customers, on a system's log. */
export type Timelines = Readonly<{
  recordOf: (happened: Happened, customer: CustomerId) => OutRecord;
  /** What so many customers did, or one customer all of it; the same seed, the same events. */
  events: (seed: number, timelines: number, customer?: CustomerId) => readonly OutRecord[];
  append: (records: readonly OutRecord[]) => Promise<void>;
  /** Waits until the projectors have read all of it. */
  folded: () => Promise<unknown>;
}>;

/** Ten times as many customers as the timelines have. */
export const customerOf = (n: number, of: CustomerId): CustomerId => customerIdOf(hex(`${n % 100} ${of.slice(0, 4)}`));

export const timelinesOn = async (system: TestSystem): Promise<Timelines> => {
  const writer = await createMessageWriter(createRegistry(system.env['SCHEMA_REGISTRY_URL']!), system.prefix, TOPICS.timeline);
  const sequencer = createSequencer(new Map());
  let nth = 0;
  const recordOf: Timelines['recordOf'] = ({ event, recorded }, customer) => {
    const partition = partitionOf(customer, system.partitions);
    const topic = system.prefix + TOPICS.timeline;
    return {
      topic, partition, key: customer, value: writer.write(event.type as never, event.data as never),
      headers: { [META]: encodeMeta({ ...recorded.meta, messageId: `m-${(nth += 1)}` }), [TYPE]: Buffer.from(event.type), [ORIGIN]: encodeOrigin('spec.1/x/0/1', sequencer.next(topic, partition)) },
    };
  };
  return {
    recordOf,
    events: (seed, timelines, customer) => fc.sample(anyTimeline(FOLDED), { seed, numRuns: timelines }).flatMap((timeline, n) => timeline.map((happened) => recordOf(happened, customer ?? customerOf(n, happened.recorded.customerId)))),
    append: async (records) => {
      for (let at = 0; at < records.length; at += 500) await system.appender.append(records.slice(at, at + 500));
    },
    folded: () => eventually('all is folded', async () => {
      const all = await system.readAll(TOPICS.timeline);
      const { rows } = await system.pool.query<{ partition: number; next_offset: string }>("select partition, next_offset from log.checkpoint where consumer = 'profile-projector'");
      const at = new Map(rows.map(({ partition, next_offset }) => [partition, Number(next_offset)]));
      const ends = Array.from({ length: system.partitions }, (_, partition) => all.filter((record) => record.partition === partition).length);
      if (ends.every((end, partition) => end === 0 || at.get(partition) === end)) return true;
      throw new Error(JSON.stringify([ends, [...at]]));
    }),
  };
};
