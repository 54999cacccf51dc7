import { describe, expect, it } from '@jest/globals';
import { correlation, correlationFrom, withCorrelation } from './correlation.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('the correlation of a request', () => {
  it('is the one that was given', () => expect(correlationFrom({ 'x-correlation-id': 'order-4711-abc' })).toEqual({ correlationId: 'order-4711-abc' }));
  it('is the trace otherwise, which is passed on as it came', () => expect(correlationFrom({ traceparent })).toEqual({ correlationId: '4bf92f3577b34da6a3ce929d0e0e4736', traceparent }));
  it('is new where neither is well-formed', () => {
    const bad = [{}, { 'x-correlation-id': 'anna@shop.example' }, { 'x-correlation-id': 'a\nb-forged-line' }, { 'x-correlation-id': 'x'.repeat(65) }, { 'x-correlation-id': ['aaaaaaaa', 'bbbbbbbb'] },
      { traceparent: '00-00000000000000000000000000000000-00f067aa0ba902b7-01' }, { traceparent: traceparent.toUpperCase() }, { traceparent: `${traceparent}-x` }];
    const made = bad.map(correlationFrom);
    for (const work of made) expect(work).toEqual({ correlationId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/) });
    expect(new Set(made.map(({ correlationId }) => correlationId)).size).toBe(bad.length);
  });
});

describe('within a piece of work', () => {
  it('is known across awaits, and to no other work', async () => {
    const see = (correlationId: string) => withCorrelation({ correlationId }, async () => {
      await Promise.resolve();
      return correlation()?.correlationId;
    });
    expect(await Promise.all([see('one'), see('two')])).toEqual(['one', 'two']);
    expect(correlation()).toBeUndefined();
  });
});
