import { describe, expect, it } from '@jest/globals';
import { halt, logMismatch } from '@touchpoint/kernel';
import { until } from './broker.fixture.ts';
import { asMember, fetched, newMember, records, setUp } from './partition-slot.fixture.ts';
import type { Fetched } from './protocol/fetch.ts';

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
  it('is told when it has become another one while nobody looked: the record before those that come is not the one that was read there', async () => {
    const system = setUp();
    system.slot.assign(asMember(newMember()));
    const from = await system.feed();
    from.deliver(fetched(0, 3), true);
    from.deliver(fetched(3, 2));
    from.deliver(fetched(5, 2), true);
    await until('seven records', () => system.seen.processed.length === 7);
    // At the begin there is nothing before, and what is not doubtful is not looked at.
    expect(system.seen.witnessed).toEqual([5]);
    system.world.onWitness = () => Promise.reject(logMismatch('LOG.RECREATED', 'another one'));
    from.deliver(fetched(7, 2), true);
    await until('the fatal error', () => system.seen.fatal.length === 1);
    expect([system.seen.fatal[0], system.seen.processed.length, system.seen.witnessed]).toMatchObject([{ code: 'LOG.RECREATED' }, 7, [5, 7]]);
  });
  it('is compared with the checkpoint when nothing was read of it yet', async () => {
    const system = setUp({ committed: 9 });
    system.slot.assign(asMember(newMember()));
    const from = await system.feed();
    from.deliver(fetched(9, 2), true);
    await until('a feed of a new session', () => system.seen.feeds.length === 1 && system.seen.feeds[0] !== from);
    expect([system.seen.opened, system.seen.processed, system.seen.witnessed, system.seen.fatal]).toEqual([2, [], [], []]);
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
