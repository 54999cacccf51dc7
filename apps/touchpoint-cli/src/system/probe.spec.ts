import { describe, expect, it } from '@jest/globals';
import { lagOf, parseMetrics } from './probe.ts';

const text = `# HELP touchpoint_consumer_lag_records Records
# TYPE touchpoint_consumer_lag_records gauge
touchpoint_consumer_lag_records{consumer="a",topic="t-1.received",partition="0",app="x"} 12
touchpoint_consumer_lag_records{consumer="a",topic="t-1.received",partition="1",app="x"} 3
touchpoint_consumer_lag_seconds{consumer="a",topic="t-1.received",partition="0",app="x"} 1.5
touchpoint_consumer_lag_seconds{consumer="a",topic="t-1.received",partition="1",app="x"} 4.25
touchpoint_consumer_partition_failing{consumer="a",topic="t-1.received",partition="1",app="x"} 1
touchpoint_consumer_partition_failing{consumer="a",topic="t-1.received",partition="0",app="x"} 0
nodejs_version_info{version="v24"} 1
touchpoint_up 1
touchpoint_odd{why="a \\"quoted\\", b"} 2e3
`;

describe('metrics of an app', () => {
  it('are read with their labels', () => {
    expect(parseMetrics(text, 'touchpoint_odd')).toEqual([{ name: 'touchpoint_odd', labels: { why: 'a "quoted", b' }, value: 2000 }]);
    expect(parseMetrics(text, 'touchpoint_up')).toEqual([{ name: 'touchpoint_up', labels: {}, value: 1 }]);
  });

  it('give the lag: records summed, seconds of the partition furthest behind', () => {
    expect(lagOf(parseMetrics(text, 'touchpoint_consumer_'))).toEqual({
      records: 15, seconds: 4.25, failing: 1,
      partitions: [{ consumer: 'a', topic: 't-1.received', partition: '0' }, { consumer: 'a', topic: 't-1.received', partition: '1' }],
    });
  });

  it('give none where nothing is read', () => expect(lagOf([])).toEqual({ records: 0, seconds: 0, failing: 0, partitions: [] }));
});
