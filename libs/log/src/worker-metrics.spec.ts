import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '@touchpoint/host';
import type { WorkerState } from './partition-session.ts';
import { observeWorker } from './worker-metrics.ts';

const NOW = 1_000_000;
const lagOf = async (state: Partial<WorkerState>): Promise<readonly (number | undefined)[]> => {
  const metrics = createMetrics('spec', { defaults: false });
  const partition: WorkerState = { topic: 't', partition: 3, next: 10, end: 10, endAt: NOW - 900, oldestAt: undefined, error: undefined, ...state };
  observeWorker(metrics, [{ group: 'g', worker: { state: [partition] } }], () => NOW);
  const found = await metrics.registry.getMetricsAsJSON();
  return ['records', 'seconds'].map((unit) => found.find(({ name }) => name === `touchpoint_consumer_lag_${unit}`)!.values[0]?.value);
};

describe('the lag of a partition', () => {
  it('is nothing at the end of the log', async () => expect(await lagOf({})).toEqual([0, 0]));
  it('is what lies before the end, and the age of the oldest of it', async () => expect(await lagOf({ end: 25, oldestAt: NOW - 4_500 })).toEqual([15, 4.5]));
  it('is not told before both are known', async () => expect(await lagOf({ end: undefined })).toEqual([undefined, undefined]));
  it('grows while nobody can tell where the log ends', async () => {
    expect(await lagOf({ endAt: NOW - 24_000 })).toEqual([0, 24]);
    expect(await lagOf({ endAt: NOW - 24_000, end: 25, oldestAt: NOW - 60_000 })).toEqual([15, 60]);
  });
});
