import { describe, expect, it } from '@jest/globals';
import { takeSegment } from '@touchpoint/intake';
import { orderOf, shopEvents, type ShopEvent } from './shop.ts';

const take = (count: number, seed = 1, customers = 500): readonly ShopEvent[] => {
  const events: ShopEvent[] = [];
  for (const event of shopEvents({ seed, customers })) if (events.push(event) === count) break;
  return events;
};
const ARRIVAL = { receivedAt: Date.UTC(2026, 2, 14, 12), mayImport: false, escaped: false };

describe('a synthetic shop', () => {
  it('sends the same events for the same seed, and others for another', () => {
    expect(take(200)).toEqual(take(200));
    expect(take(200, 2)).not.toEqual(take(200));
  });

  it('sends nothing that ingest refuses', () => {
    const refused = [...take(3_000), orderOf('customer-1', 'o-1', 1)].flatMap((event, i) => {
      const intake = takeSegment({ ...event, messageId: `m-${i}`, timestamp: '2026-03-14T11:00:00.000Z' }, ARRIVAL);
      return 'refused' in intake ? [{ event: event['event'] ?? event.type, refused: intake.refused }] : [];
    });
    expect(refused).toEqual([]);
  });

  it('interleaves its customers evenly', () => {
    const counts = new Map<string, number>();
    for (const { anonymousId, userId } of take(20_000, 1, 10)) {
      const key = userId ?? anonymousId!;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(10);
    expect(Math.min(...counts.values())).toBeGreaterThan(1_700);
  });

  it('says what the read models are about', () => {
    const types = new Set(take(2_000).flatMap((event, i) => {
      const intake = takeSegment({ ...event, messageId: `m-${i}` }, ARRIVAL);
      return 'taken' in intake ? intake.taken.map(({ type }) => type) : [];
    }));
    expect([...types]).toEqual(expect.arrayContaining(['ApplicationOpened', 'ScreenViewed', 'PageViewed', 'ProductViewed', 'ProductAdded', 'OrderCompleted', 'MessageOpened', 'MessageClicked', 'TraitsSet', 'DeviceRegistered']));
    expect(types).not.toContain('Tracked');
  });
});
