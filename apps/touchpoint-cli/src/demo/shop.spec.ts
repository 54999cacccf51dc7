import { describe, expect, it } from '@jest/globals';
import { takeSegment } from '@touchpoint/intake';
import { demoReactions, demoShop } from './shop.ts';

const UNTIL = Date.parse('2026-06-01T12:00:00Z');

describe('the demo shop', () => {
  it('plays the same day for the same seed, and another for another', () => {
    const day = (seed: number) => JSON.stringify(demoShop({ seed, customers: 20, until: UNTIL }));
    expect(day(1)).toBe(day(1));
    expect(day(1)).not.toBe(day(2));
  });
  it('says nothing that ingest would not take', () => {
    const { events } = demoShop({ seed: 7, customers: 40, until: UNTIL });
    expect(events.length).toBeGreaterThan(200);
    const reactions = demoReactions(7, UNTIL, [{ commandId: '00000000-0000-4000-8000-000000000001', customer: 'demo-7-1', channel: 'email' }, { commandId: '00000000-0000-4000-8000-000000000002', customer: 'demo-7-2', channel: 'push' }, { commandId: '00000000-0000-4000-8000-000000000003', customer: 'demo-7-3', channel: 'email' }]);
    const arrival = { receivedAt: UNTIL + 1, mayImport: false, escaped: false };
    expect([...events, ...reactions].map((event) => takeSegment(event, arrival)).filter((answer) => 'refused' in answer)).toEqual([]);
    expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(events.length);
  });
});
