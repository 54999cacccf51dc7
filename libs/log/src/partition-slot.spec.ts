import { describe, expect, it } from '@jest/globals';
import { fenced, transient } from '@touchpoint/kernel';
import { until } from './broker.fixture.ts';
import type { GroupMember } from './group-member.ts';
import { asMember, fetched, held, newMember, setUp } from './partition-slot.fixture.ts';

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
  it('is left behind the last batch, once; a session that cannot tidy up keeps nobody', async () => {
    const { slot, seen, world, feed } = setUp();
    slot.assign(asMember(newMember()));
    (await feed()).deliver(fetched(0, 3));
    await until('processed', () => seen.processed.length === 3);
    expect([await slot.release(), seen.left, seen.closed]).toEqual([3, [3], 1]);
    world.onLeave = () => Promise.reject(new Error('no'));
    slot.assign(asMember(newMember()));
    await feed();
    expect([await slot.release(), seen.left, seen.closed]).toEqual([3, [3], 2]);
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
