import { describe, expect, it } from '@jest/globals';
import { silentLog } from '@touchpoint/host';
import { fenced, halt, logMismatch, transient } from '@touchpoint/kernel';
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
const newMember = (): Member => ({ accepted: true, settled: true, ended: [] });
const asMember = (member: Member) => Object.assign(member, { end: (reason: string) => void (member.ended.push(reason), (member.settled = false)) }) as unknown as GroupMember;
const records = (from: number, count: number): readonly LogRecord[] => Array.from({ length: count }, (_, i) => ({ offset: from + i, key: 'k', timestamp: 100 + from + i, value: Buffer.alloc(0), headers: {} }));
const fetched = (from: number, count: number, over: Partial<Fetched> = {}): Fetched =>
  ({ topic: 't', partition: 0, errorCode: 0, begin: 0, end: from + count, last: count > 0 ? from + count - 1 : undefined, size: count, read: () => records(from, count), ...over });

/** A slot over a checkpoint in memory, whose every step the spec can hold or make fail. */
const setUp = ({ committed = 0, low = 0, high = 1_000 } = {}) => {
  const seen = { opened: 0, closed: 0, processed: [] as number[], ticks: 0, fatal: [] as Error[], feeds: [] as Feed[] };
  const world = { committed, low, high, inHand: 0, onOpen: () => Promise.resolve() as Promise<unknown>, onProcess: () => Promise.resolve() as Promise<unknown>, onTick: () => Promise.resolve() as Promise<unknown>, chunk: Infinity };
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
      close: () => void (seen.closed += 1),
    };
  };
  const slot = new PartitionSlot('t', 0, {
    open,
    options: { log: silentLog, now: () => 7, group: 'g', backoffMs: [1, 1], onFatal: (error: Error) => void seen.fatal.push(error) } as never,
    bounds: { check: async (topic: string, partition: number, next: number) => checkBounds(topic, partition, next, world) } as unknown as LogBounds,
    fetcher: { add: (feed: Feed) => void seen.feeds.push(feed), remove: (feed: Feed) => void (seen.feeds = seen.feeds.filter((other) => other !== feed)), wake: () => undefined, hold: () => undefined } as unknown as LogFetcher,
    gate: new Gate(4, 1_000_000),
  });
  const feed = () => until('a feed', () => seen.feeds.length === 1).then(() => seen.feeds[0]!);
  return { slot, seen, world, feed };
};
const held = () => {
  let go = () => undefined as void;
  const gone = new Promise<void>((resolve) => (go = resolve));
  return { gone, go };
};

describe('an assigned partition', () => {
  it('is claimed, then read from its checkpoint on, in order, two batches ahead at most', async () => {
    const { slot, seen, world, feed } = setUp({ committed: 5 });
    slot.assign(asMember(newMember()));
    const from = await feed();
    expect([from.offset, from.room()]).toEqual([5, true]);
    const { gone, go } = held();
    world.onProcess = () => gone;
    from.deliver(fetched(5, 3));
    expect([from.offset, from.room(), slot.busy]).toEqual([8, true, false]);
    from.deliver(fetched(8, 2));
    expect([from.offset, from.room(), slot.busy]).toEqual([10, false, true]);
    go();
    await until('all', () => seen.processed.length === 5);
    await until('room again', () => from.room());
    expect([seen.processed, slot.state]).toEqual([[5, 6, 7, 8, 9], { topic: 't', partition: 0, next: 10, end: 10, oldestAt: undefined, error: undefined }]);
  });
  it('tells how old the oldest record is that waits', async () => {
    const { slot, world, feed } = setUp({ committed: 5 });
    slot.assign(asMember(newMember()));
    const from = await feed();
    // Behind, and nothing read yet: since it was opened.
    expect(slot.state.oldestAt).toBe(7);
    const { gone, go } = held();
    world.onProcess = () => gone;
    from.deliver(fetched(5, 3));
    await until('in hand', () => slot.state.oldestAt === 105);
    go();
    await until('done', () => slot.state.oldestAt === undefined);
  });
  it('gives a session what it left of a batch', async () => {
    const { slot, seen, world, feed } = setUp();
    world.chunk = 2;
    slot.assign(asMember(newMember()));
    (await feed()).deliver(fetched(0, 5));
    await until('all', () => seen.processed.length === 5);
  });
  it('is not claimed by a member that may have been evicted', async () => {
    const { slot, seen, feed } = setUp();
    const member = newMember();
    member.accepted = false;
    slot.assign(asMember(member));
    await until('a turn', () => true);
    expect(seen.opened).toBe(0);
    member.accepted = true;
    await feed();
    expect(seen.opened).toBe(1);
  });
  it('is opened again after an error, from its checkpoint', async () => {
    const { slot, seen, world, feed } = setUp();
    slot.assign(asMember(newMember()));
    const first = await feed();
    world.onProcess = () => Promise.reject(transient('X', 'database gone'));
    first.deliver(fetched(0, 3));
    await until('the failure', () => seen.feeds[0] !== first && seen.feeds.length === 1);
    world.onProcess = () => Promise.resolve();
    expect(first.room()).toBe(false);
    // What the first feed still had is of no interest.
    first.deliver(fetched(3, 2));
    seen.feeds[0]!.deliver(fetched(0, 3));
    await until('all', () => seen.processed.length === 3);
    expect([seen.processed, seen.opened, seen.closed]).toEqual([[0, 1, 2], 2, 1]);
  });
  it('skips what was queued behind a batch that failed', async () => {
    const { slot, seen, world, feed } = setUp();
    slot.assign(asMember(newMember()));
    const first = await feed();
    let times = 0;
    world.onProcess = () => ((times += 1) === 1 ? Promise.reject(new Error('once')) : Promise.resolve());
    first.deliver(fetched(0, 3));
    first.deliver(fetched(3, 3));
    await until('the second feed', () => seen.feeds.length === 1 && seen.feeds[0] !== first);
    expect([seen.processed, seen.feeds[0]!.offset]).toEqual([[], 0]);
  });
  it('is opened until it can be', async () => {
    const { slot, seen, world, feed } = setUp();
    world.onOpen = () => (seen.opened < 4 ? Promise.reject(new Error('no')) : Promise.resolve());
    slot.assign(asMember(newMember()));
    await feed();
    expect([seen.opened, slot.state.error]).toEqual([4, undefined]);
  });
});

describe('a partition that is taken away', () => {
  it('lets what is in hand commit, and begins nothing new', async () => {
    const { slot, seen, world, feed } = setUp();
    slot.assign(asMember(newMember()));
    const from = await feed();
    const { gone, go } = held();
    world.onProcess = () => gone;
    from.deliver(fetched(0, 3));
    from.deliver(fetched(3, 3));
    await until('in hand', () => world.inHand === 1);
    const released = slot.release();
    expect([slot.owned, from.room(), seen.feeds]).toEqual([false, false, []]);
    go();
    expect(await released).toBe(3);
    expect([seen.processed, seen.closed, seen.fatal]).toEqual([[0, 1, 2], 1, []]);
  });
  it('and given back is claimed only after what was in hand', async () => {
    const { slot, seen, world, feed } = setUp();
    slot.assign(asMember(newMember()));
    const from = await feed();
    const { gone, go } = held();
    world.onProcess = () => gone;
    from.deliver(fetched(0, 3));
    await until('in hand', () => world.inHand === 1);
    void slot.release();
    slot.assign(asMember(newMember()));
    expect(seen.opened).toBe(1);
    go();
    const again = await feed();
    expect([seen.opened, again.offset, again === from]).toEqual([2, 3, false]);
  });
  it('is not left with a session that was opened too late', async () => {
    const { slot, seen, world } = setUp();
    const { gone, go } = held();
    world.onOpen = () => gone;
    slot.assign(asMember(newMember()));
    await until('opening', () => seen.opened === 1);
    const released = slot.release();
    go();
    await released;
    expect([seen.closed, seen.feeds, slot.state.next]).toEqual([1, [], undefined]);
  });
  it('does not wait for a rest that has become pointless', async () => {
    const { slot, seen, world, feed } = setUp();
    world.onOpen = () => (seen.opened === 1 ? Promise.reject(new Error('no')) : Promise.resolve());
    (slot as unknown as { assign: (member: GroupMember) => void }).assign(asMember(newMember()));
    await until('resting', () => slot.state.error !== undefined);
    slot.assign(asMember(newMember()));
    await feed();
    expect(seen.opened).toBe(2);
  });
});

describe('being fenced', () => {
  it('ends the membership', async () => {
    const { slot, world, feed } = setUp();
    const member = newMember();
    slot.assign(asMember(member));
    world.onProcess = () => Promise.reject(fenced('somebody else'));
    (await feed()).deliver(fetched(0, 1));
    await until('the end', () => member.ended.length === 1);
    expect(member.ended).toEqual(['fenced']);
  });
  it('while claiming ends it too', async () => {
    const { slot, world } = setUp();
    const member = newMember();
    world.onOpen = () => Promise.reject(fenced('somebody else'));
    slot.assign(asMember(member));
    await until('the end', () => member.ended.length === 1);
  });
  it.each(['the group rebalances', 'the partition is ours no more', 'the partition was assigned anew'])('means nothing when %s', async (when) => {
    const { slot, seen, world, feed } = setUp();
    const member = newMember();
    slot.assign(asMember(member));
    const from = await feed();
    const { gone, go } = held();
    world.onTick = async () => {
      await gone;
      throw fenced('the new owner has claimed it');
    };
    const ticked = slot.tick({ end: 0, at: 1 });
    await until('in hand', () => world.inHand === 1);
    if (when === 'the group rebalances') member.settled = false;
    else if (when === 'the partition is ours no more') void slot.release();
    else slot.assign(asMember(member));
    go();
    await ticked;
    if (when === 'the partition was assigned anew') await until('a new feed', () => seen.feeds.length === 1 && seen.feeds[0] !== from);
    expect([member.ended, seen.fatal]).toEqual([[], []]);
  });
});

describe('a log that does not fit', () => {
  const fatal = async ({ slot, seen, feed }: ReturnType<typeof setUp>, deliver?: Fetched) => {
    slot.assign(asMember(newMember()));
    if (deliver) (await feed()).deliver(deliver);
    await until('the fatal error', () => seen.fatal.length === 1);
    expect([seen.processed, seen.feeds, slot.state.error]).toEqual([[], [], seen.fatal[0]!.message]);
    return seen.fatal[0];
  };
  it('is told when it ends before the checkpoint', async () => expect(await fatal(setUp({ committed: 9, high: 8 }))).toMatchObject({ code: 'LOG.CUT', message: expect.stringContaining('t/0: the checkpoint is at 9, the log ends at 8') }));
  it('is told when it begins behind the checkpoint', async () => expect(await fatal(setUp({ committed: 9, low: 12 }))).toMatchObject({ code: 'LOG.RETENTION_GAP', message: expect.stringContaining('3 records are gone') }));
  it('is told when the broker has lost what comes next', async () => {
    const system = setUp({ committed: 9 });
    system.slot.assign(asMember(newMember()));
    const from = await system.feed();
    system.world.low = 20;
    from.deliver(fetched(9, 0, { errorCode: 1 }));
    await until('the fatal error', () => system.seen.fatal.length === 1);
    expect(system.seen.fatal[0]).toMatchObject({ code: 'LOG.RETENTION_GAP' });
    expect([system.seen.feeds, from.room()]).toEqual([[], false]);
  });
  it('is told by a batch that begins later than it should', async () => expect(await fatal(setUp({ committed: 9 }), fetched(12, 3))).toMatchObject({ code: 'LOG.HOLE', message: 't/0: offset 12 follows 8: 3 records in between are missing' }));
  it('is told by a batch that the log\'s begin has overtaken', async () => expect(await fatal(setUp({ committed: 9 }), fetched(12, 3, { begin: 12 }))).toMatchObject({ code: 'LOG.RETENTION_GAP', message: expect.stringContaining('the log begins at 12') }));
  it('is told by a hole within a batch', async () => expect(await fatal(setUp(), fetched(0, 0, { end: 9, last: 3, read: () => [...records(0, 2), ...records(3, 1)] }))).toMatchObject({ code: 'LOG.HOLE', message: 't/0: offset 3 follows 1: 1 records in between are missing' }));
  it('is told by a tick that sees the end before the checkpoint', async () => {
    const system = setUp({ committed: 9 });
    system.slot.assign(asMember(newMember()));
    await system.feed();
    system.world.high = 4;
    await system.slot.tick({ end: 4, at: 1 });
    expect(system.seen.fatal[0]).toMatchObject({ code: 'LOG.CUT' });
  });
  it('is not told by a tick that looked before the last batch', async () => {
    const { slot, seen, feed } = setUp({ committed: 9 });
    slot.assign(asMember(newMember()));
    await feed();
    await slot.tick({ end: 4, at: 1 });
    expect([seen.ticks, seen.fatal]).toEqual([1, []]);
  });
  it('is told by a session', async () => {
    const system = setUp();
    system.world.onProcess = () => Promise.reject(logMismatch('LOG.SEQ_GAP', '3 records are missing'));
    expect(await fatal(system, fetched(0, 1))).toMatchObject({ code: 'LOG.SEQ_GAP' });
  });
  it('and a session that asks for a person stop the process alike', async () => {
    const system = setUp();
    system.world.onProcess = () => Promise.reject(halt('PARKED.BAD_RELEASE', 'too many'));
    expect(await fatal(system, fetched(0, 1))).toMatchObject({ kind: 'Halt', code: 'PARKED.BAD_RELEASE' });
    expect(system.seen.opened).toBe(1);
  });
});

describe('what cannot be read', () => {
  it('fails its own partition, again and again, and stops nothing', async () => {
    const { slot, seen, feed } = setUp();
    slot.assign(asMember(newMember()));
    const first = await feed();
    first.deliver(fetched(0, 1, { read: () => { throw new Error('a record batch of format 1'); } }));
    await until('opened again', () => seen.opened === 2 && seen.feeds.length === 1);
    expect([seen.fatal, seen.processed]).toEqual([[], []]);
  });
  it('and no records at all are no reason to do anything', async () => {
    const { slot, seen, feed } = setUp();
    slot.assign(asMember(newMember()));
    const from = await feed();
    from.deliver(fetched(0, 0, { end: 0 }));
    expect([from.room(), from.offset, seen.opened]).toEqual([true, 0, 1]);
  });
});

describe('a tick', () => {
  it('is missed by a partition that is busy with one, and by one that is not open', async () => {
    const { slot, seen, world, feed } = setUp();
    await slot.tick({ end: 0, at: 1 });
    slot.assign(asMember(newMember()));
    await feed();
    const { gone, go } = held();
    world.onTick = () => gone;
    const ticks = [1, 2, 3].map((at) => slot.tick({ end: 0, at }));
    go();
    await Promise.all(ticks);
    expect(seen.ticks).toBe(1);
    await slot.tick({ end: 0, at: 4 });
    expect(seen.ticks).toBe(2);
  });
});
