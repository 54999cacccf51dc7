import { expect } from '@jest/globals';
import { silentLog } from '@touchpoint/host';
import { until } from './broker.fixture.ts';
import { Gate } from './gate.ts';
import type { GroupMember } from './group-member.ts';
import { checkBounds, type LogBounds } from './log-bounds.ts';
import type { Feed, LogFetcher } from './log-fetcher.ts';
import type { PartitionSession } from './partition-session.ts';
import { PartitionSlot } from './partition-slot.ts';
import type { Fetched } from './protocol/fetch.ts';
import type { LogRecord } from './record.ts';

type Member = { accepted: boolean; settled: boolean; ended: string[] };
export const newMember = (): Member => ({ accepted: true, settled: true, ended: [] });
export const asMember = (member: Member) => Object.assign(member, { end: (reason: string) => void (member.ended.push(reason), (member.settled = false)) }) as unknown as GroupMember;
export const records = (from: number, count: number): readonly LogRecord[] => Array.from({ length: count }, (_, i) => ({ offset: from + i, key: 'k', timestamp: 100 + from + i, value: Buffer.alloc(0), headers: {} }));
export const fetched = (from: number, count: number, over: Partial<Fetched> = {}): Fetched =>
  ({ topic: 't', partition: 0, errorCode: 0, begin: 0, end: from + count, last: count > 0 ? from + count - 1 : undefined, size: count, read: () => records(from, count), ...over });

/** A slot over a checkpoint in memory, whose every step the spec can hold or make fail. */
export const setUp = ({ committed = 0, low = 0, high = 1_000 } = {}) => {
  const seen = { opened: 0, closed: 0, witnessed: [] as number[], processed: [] as number[], ticks: 0, left: [] as number[], fatal: [] as Error[], feeds: [] as Feed[] };
  const world = { committed, low, high, inHand: 0, onOpen: () => Promise.resolve() as Promise<unknown>, onProcess: () => Promise.resolve() as Promise<unknown>, onTick: () => Promise.resolve() as Promise<unknown>, onLeave: () => Promise.resolve() as Promise<unknown>, onWitness: () => Promise.resolve() as Promise<unknown>, chunk: Infinity };
  const alone = async (work: () => Promise<void>) => {
    expect((world.inHand += 1)).toBe(1);
    await work().finally(() => (world.inHand -= 1));
  };
  const open = async (): Promise<PartitionSession> => {
    seen.opened += 1;
    await world.onOpen();
    let next = world.committed;
    return {
      get next() {
        return next;
      },
      process: (batch) => alone(async () => {
        const taken = batch.slice(0, world.chunk);
        await world.onProcess();
        expect(taken[0]!.offset).toBe(world.committed);
        next = world.committed = taken.at(-1)!.offset + 1;
        seen.processed.push(...taken.map(({ offset }) => offset));
      }),
      tick: () => alone(async () => {
        await world.onTick();
        seen.ticks += 1;
      }),
      leave: () => alone(async () => {
        await world.onLeave();
        seen.left.push(next);
      }),
      close: () => void (seen.closed += 1),
    };
  };
  const slot = new PartitionSlot('t', 0, {
    open,
    options: { log: silentLog, now: () => 7, group: 'g', backoffMs: [1, 1], onFatal: (error: Error) => void seen.fatal.push(error) } as never,
    bounds: { check: async (topic: string, partition: number, next: number) => checkBounds(topic, partition, next, world) } as unknown as LogBounds,
    fetcher: { add: (feed: Feed) => void seen.feeds.push(feed), remove: (feed: Feed) => void (seen.feeds = seen.feeds.filter((other) => other !== feed)), wake: () => undefined, hold: () => undefined } as unknown as LogFetcher,
    gate: new Gate(4, 1_000_000),
    witness: async (_topic, _partition, { next }) => {
      seen.witnessed.push(next);
      await world.onWitness();
    },
  });
  const feed = () => until('a feed', () => seen.feeds.length === 1).then(() => seen.feeds[0]!);
  return { slot, seen, world, feed };
};
export const held = () => {
  let go = () => undefined as void;
  const gone = new Promise<void>((resolve) => (go = resolve));
  return { gone, go };
};
