import { describe, expect, it } from '@jest/globals';
import { noTracing, type Span, type SpanOptions, type Tracing } from '@touchpoint/host';
import { withSpans } from './batch-spans.ts';
import { TRACEPARENT, TYPE, type LogRecord } from './record.ts';

const record = (offset: number, traceparent?: string): LogRecord => ({ offset, key: 'a person', timestamp: 0, value: Buffer.from('said'), headers: { [TYPE]: Buffer.from('OrderCompleted'), ...(traceparent && { [TRACEPARENT]: Buffer.from(traceparent) }) } });
/** Notes what is begun and how it ends; `none` is a trace that is not sampled. */
const recorder = () => {
  const begun: (SpanOptions & { name: string; ended?: string })[] = [];
  const tracing: Tracing = {
    ...noTracing, on: true,
    start: (name, options): Span | undefined => {
      if (options.parent === 'none') return undefined;
      const span = { name, ...options };
      begun.push(span);
      return { traceparent: 'x', end: ({ failed } = {}) => void Object.assign(span, { ended: failed ?? 'well' }) };
    },
  };
  return { tracing, begun };
};
const batchOf = (records: readonly LogRecord[], next: () => number) => ({ group: 'g', topic: 't', partition: 3, records, next });

describe('a batch', () => {
  it('gives a span to each record of a sampled trace, and ends those that were taken', async () => {
    const { tracing, begun } = recorder();
    let next = 0;
    await withSpans(tracing, batchOf([record(0, 'a'), record(1), record(2, 'none'), record(3, 'b'), record(4, 'c')], () => next), async () => { next = 4; });
    expect(begun.map(({ parent, ended }) => [parent, ended])).toEqual([['a', 'well'], ['b', 'well'], ['c', undefined]]);
    expect(begun[0]).toMatchObject({ name: 'g process', kind: 'consumer', attributes: { 'messaging.destination.partition.id': '3', 'messaging.kafka.offset': 0, 'touchpoint.type': 'OrderCompleted' } });
    expect(JSON.stringify(begun)).not.toMatch(/a person|said/);
  });
  it('that fails ends them all with the code of its failure, and throws it', async () => {
    const { tracing, begun } = recorder();
    const failure = Object.assign(new Error('of a person'), { code: 'STORE.UNAVAILABLE' });
    await expect(withSpans(tracing, batchOf([record(0, 'a')], () => 0), () => Promise.reject(failure))).rejects.toBe(failure);
    expect(begun.map(({ ended }) => ended)).toEqual(['STORE.UNAVAILABLE']);
  });
  it('of many has a bounded number', async () => {
    const { tracing, begun } = recorder();
    await withSpans(tracing, batchOf(Array.from({ length: 5_000 }, (_, i) => record(i, 'a')), () => 5_000), () => Promise.resolve());
    expect(begun).toHaveLength(100);
  });
  it('has none where nothing is traced, and costs nothing there', () => {
    const work = Promise.resolve();
    expect(withSpans(noTracing, batchOf([record(0, 'a')], () => 1), () => work)).toBe(work);
    expect(withSpans(undefined, batchOf([record(0, 'a')], () => 1), () => work)).toBe(work);
  });
});
