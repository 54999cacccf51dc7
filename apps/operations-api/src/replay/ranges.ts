import { invalidMessage, logMismatch, type Instant } from '@touchpoint/kernel';
import { anchorOf, type Bounds, type LogBounds, type LogReader, type LogRecord } from '@touchpoint/log';
import { parsePosition, POSITIONS, type Position } from './position.ts';

/** Offsets of a partition, from the first to the one behind the last. */
export type Range = Readonly<{ partition: number; from: number; to: number }>;
/** What a plan says beside it: which record lay at an offset of it, so that a log that was created again is told. */
export type PlannedRange = Range & Readonly<{ witness: string }>;
export type RangePorts = Readonly<{ bounds: LogBounds; log: LogReader; /** With its prefix. */ topic: string; now: Instant }>;
type Every = ReadonlyMap<number, Bounds>;

const WITNESS = /^(\d+):(\S+)$/;
export const witnessOf = (record: LogRecord): string => `${record.offset}:${anchorOf(record)}`;

const understood = (name: string, text: string, now: Instant): Position => {
  const position = parsePosition(text, now);
  if (position === undefined) throw invalidMessage('REPLAY.POSITION', `--${name} ${JSON.stringify(text)} is not understood: say ${POSITIONS}`);
  return position;
};

/** Where a position lies on each partition: an offset that one does not reach, at its end; so is a time, since the end has moved when Kafka is asked for it. An event's position is its offset on its own, and its time on the others. */
const offsetsOf = async (position: Position, all: Every, { bounds, log, topic }: RangePorts): Promise<(partition: number) => number> => {
  const within = (partition: number, offset: number): number => Math.min(offset, all.get(partition)!.high);
  if (position === 'begin' || position === 'end') return (partition) => all.get(partition)![position === 'begin' ? 'low' : 'high'];
  if ('partition' in position) {
    const [record] = all.has(position.partition) ? await log.read(topic, position.partition, [position.offset]) : [];
    if (!record) throw invalidMessage('REPLAY.NO_EVENT', `there is no event at ${position.partition}@${position.offset} of ${topic}`);
    const others = await bounds.at(topic, record.timestamp);
    return (partition) => (partition === position.partition ? position.offset : within(partition, others.get(partition)!));
  }
  if ('offset' in position) return (partition) => within(partition, position.offset);
  const at = await bounds.at(topic, position.at);
  return (partition) => within(partition, at.get(partition)!);
};

/** What lies between two positions, on all partitions or on some; none that holds nothing. @throws Failure InvalidMessage that says what to say instead. */
export const rangesBetween = async (from: string, to: string, partitions: readonly number[] | undefined, ports: RangePorts): Promise<readonly Range[]> => {
  const all = await ports.bounds.of(ports.topic);
  const [begin, end] = await Promise.all([offsetsOf(understood('from', from, ports.now), all, ports), offsetsOf(understood('to', to, ports.now), all, ports)]);
  const ranges = [...new Set(partitions ?? all.keys())].sort((a, b) => a - b).map((partition): Range => {
    if (!all.has(partition)) throw invalidMessage('REPLAY.PARTITION', `${ports.topic} has no partition ${partition}: it has 0 to ${all.size - 1}`);
    return { partition, from: begin(partition), to: end(partition) };
  });
  return checked(ranges, all, ports.topic).filter((range) => range.from < range.to);
};

const checked = <R extends Range>(ranges: readonly R[], all: Every, topic: string): readonly R[] => {
  for (const { partition, from, to } of ranges) {
    const { low, high } = all.get(partition) ?? { low: 0, high: 0 };
    if (!all.has(partition)) throw invalidMessage('REPLAY.PARTITION', `${topic} has no partition ${partition}: it has 0 to ${all.size - 1}`);
    if (from < low) throw logMismatch('REPLAY.GONE', `${topic}/${partition}@${from} is gone: the log begins at ${low}`);
    if (to > high) throw invalidMessage('REPLAY.BEYOND', `${topic}/${partition} ends at ${high}: ${to} lies beyond`);
    if (from > to) throw invalidMessage('REPLAY.BACKWARDS', `${topic}/${partition}: from ${from} to ${to} goes backwards`);
  }
  return ranges;
};

/** The ranges of a plan, held against the log as it is now. @throws Failure InvalidMessage, LogMismatch where it does not fit any more: a new plan is needed. */
export const plannedRanges = async (planned: readonly PlannedRange[], { bounds, log, topic }: Omit<RangePorts, 'now'>): Promise<readonly Range[]> => {
  const ranges = checked(planned, await bounds.of(topic), topic);
  for (const { partition, witness } of planned) {
    const [, offset, anchor] = WITNESS.exec(witness) ?? [];
    if (offset === undefined) throw invalidMessage('REPLAY.PLAN', `the plan's witness ${JSON.stringify(witness)} of partition ${partition} is none: leave that column as it was written`);
    const [record] = await log.read(topic, partition, [Number(offset)]);
    if (!record || anchorOf(record) !== anchor) throw logMismatch('REPLAY.OTHER_LOG', `${topic}/${partition}@${offset} is not the record that the plan was made with: the log was created again. Make a new plan`);
  }
  return ranges.filter(({ from, to }) => from < to).map(({ partition, from, to }) => ({ partition, from, to }));
};
