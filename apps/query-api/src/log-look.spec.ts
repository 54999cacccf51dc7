import { describe, expect, it } from '@jest/globals';
import { createMetrics, silentLog } from '@touchpoint/host';
import { manualClock } from '@touchpoint/host/testing';
import { TOPICS, type LogBounds, type LogReader, type LogRecord } from '@touchpoint/log';
import type { Pool } from '@touchpoint/store';
import { LogLook } from './log-look.ts';

const NOW = Date.UTC(2026, 2, 14, 12);
type Position = Readonly<{ consumer: string; topic: string; partition: number; next: number }>;

/** A log of two partitions a topic, whose records came a second apart, the last of them at NOW. */
const create = ({ positions = [] as Position[], low = 0, high = 10 } = {}) => {
  const state = { positions, low, high, down: false, looks: 0, reads: [] as string[] };
  const clock = manualClock(NOW);
  const pool = { query: async () => ({ rows: state.positions }) } as unknown as Pool;
  const ends = {
    of: async (topic: string) => {
      if (topic.endsWith(TOPICS.received)) state.looks += 1;
      if (state.down) throw new Error('no broker');
      return new Map([0, 1].map((partition) => [partition, { low: state.low, high: state.high }]));
    },
  } as unknown as LogBounds;
  const reader: LogReader = {
    read: async (topic, partition, [offset]) => {
      state.reads.push(`${topic}/${partition}/${offset}`);
      return [{ offset, timestamp: NOW - (state.high - 1 - offset!) * 1_000 } as LogRecord];
    },
    close: async () => undefined,
  };
  const look = new LogLook(pool, ends, reader, { nameOf: (topic) => `p.${topic}`, partitionsOf: () => 2 }, clock, silentLog, createMetrics('spec', { defaults: false }));
  return { look, state, clock };
};
const at = (topic: string, ...next: readonly number[]): Position[] => next.map((offset, partition) => ({ consumer: topic === TOPICS.received ? 'identity-resolver' : 'profile-projector', topic, partition, next: offset }));

describe('a look at the log', () => {
  it('sees nothing that waits where both workers are at the end', async () => {
    const { look, state } = create({ positions: [...at(TOPICS.received, 10, 10), ...at(TOPICS.timeline, 10, 10)] });
    expect(await look.last()).toEqual({ at: NOW, received: null, timeline: new Map() });
    expect(state.reads).toEqual([]);
  });
  it('tells since when the oldest record waits, per partition of the timeline and over all that was received', async () => {
    const { look } = create({ positions: [...at(TOPICS.received, 9, 7), ...at(TOPICS.timeline, 10, 4)] });
    expect(await look.last()).toEqual({ at: NOW, received: NOW - 2_000, timeline: new Map([[1, NOW - 5_000]]) });
  });
  it('counts everything where a worker never began, from where the log begins', async () => {
    const { look, state } = create({ low: 5 });
    expect(await look.last()).toMatchObject({ received: NOW - 4_000, timeline: new Map([[0, NOW - 4_000], [1, NOW - 4_000]]) });
    expect(state.reads.sort()[0]).toBe('p.customers.timeline/0/5');
  });
  it('is taken once a second, however many ask, and reads a record that still waits only once', async () => {
    const { look, state, clock } = create({ positions: [...at(TOPICS.received, 9, 10), ...at(TOPICS.timeline, 10, 10)] });
    await Promise.all(Array.from({ length: 20 }, () => look.last()));
    await look.last();
    expect([state.looks, state.reads.length]).toEqual([1, 1]);
    clock.advance(1_001);
    await look.last();
    expect([state.looks, state.reads.length]).toEqual([2, 1]);
  });
});

describe('when the log cannot be asked', () => {
  it('is not known at first, then as it was last seen, and known again once it can', async () => {
    const { look, state, clock } = create({ positions: [...at(TOPICS.received, 10, 10), ...at(TOPICS.timeline, 10, 10)] });
    state.down = true;
    expect(await look.last()).toBeUndefined();
    state.down = false;
    clock.advance(1_001);
    // Nobody waits for a try after a failure: the next one sees what it brought.
    await look.last();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await look.last()).toMatchObject({ at: NOW + 1_001 });
    state.down = true;
    clock.advance(5_000);
    expect(await look.last()).toMatchObject({ at: NOW + 1_001 });
  });
});
