import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Analytics } from '@segment/analytics-node';
import { keyOf, startIngest, type Ingest, type Seen } from './ingest.fixture.ts';
import { noPython, sendByPython } from './python-sdk.fixture.ts';

let ingest: Ingest;
beforeAll(async () => { ingest = await startIngest(); });
afterAll(() => ingest.end());

const of = async (userId: string): Promise<ReadonlyMap<string, Seen>> => {
  const key = keyOf(ingest.system)('user', userId);
  return new Map((await ingest.received()).filter((record) => record.key === key).map((record) => [record.meta.messageId, record]));
};

describe('@segment/analytics-node, with its host set', () => {
  it('delivers each of its calls', async () => {
    const analytics = new Analytics({ writeKey: ingest.writeKey, host: ingest.url, flushAt: 20 });
    const statuses: number[] = [];
    const errors: unknown[] = [];
    analytics.on('http_response', ({ status }) => statuses.push(status));
    analytics.on('error', (error) => errors.push(error));
    analytics.identify({ userId: 'n-1', anonymousId: 'n-anon', messageId: 'n-identify', traits: { email: 'node@example.com', plan: 'gold', firstName: 'Nora' } });
    analytics.track({ userId: 'n-1', event: 'Order Completed', messageId: 'n-track', timestamp: new Date(Date.now() - 60_000), properties: { order_id: 'n-o', currency: 'eur', total: 0.1 + 0.2, products: [{ product_id: 'p', price: 0.15, quantity: 2 }] } });
    analytics.page({ userId: 'n-1', category: 'docs', name: 'Start', messageId: 'n-page', properties: { url: 'https://example.com/?q=1' } });
    analytics.screen({ userId: 'n-1', name: 'Cart', messageId: 'n-screen' });
    analytics.group({ userId: 'n-1', groupId: 'g', traits: { name: 'Initech' }, messageId: 'n-group' });
    analytics.alias({ userId: 'n-1', previousId: 'n-anon', messageId: 'n-alias' });
    await analytics.closeAndFlush();
    expect({ statuses, errors }).toEqual({ statuses: [200], errors: [] });
    const found = await of('n-1');
    expect([...found].map(([messageId, { type }]) => `${messageId} ${type}`).sort()).toEqual(
      ['n-alias TraitsSet', 'n-group GroupJoined', 'n-identify TraitsSet', 'n-page PageViewed', 'n-screen ScreenViewed', 'n-track OrderCompleted']);
    expect(found.get('n-track')).toMatchObject({ data: { orderId: 'n-o', currency: 'EUR', total: 300_000n, place: 'other' } });
    expect(found.get('n-identify')).toMatchObject({ meta: { link: 'identify' }, data: { email: 'node@example.com', personal: [{ name: 'firstName', value: '"Nora"' }] } });
    expect(found.get('n-alias')!.meta).toMatchObject({ link: 'alias', sources: [{ kind: 'user' }, { kind: 'user' }, { kind: 'anonymous' }] });
    const { occurredAt, receivedAt } = found.get('n-track')!.meta;
    expect(receivedAt - occurredAt).toBeGreaterThan(59_000);
  });
  it('hears of a batch in which nothing is valid, and does not try again', async () => {
    const analytics = new Analytics({ writeKey: ingest.writeKey, host: ingest.url });
    const statuses: number[] = [];
    const failed = new Promise<unknown>((resolve) => analytics.track({ userId: 'n-2', event: 'Order Completed', properties: {} }, resolve));
    analytics.on('http_response', ({ status }) => statuses.push(status));
    await analytics.closeAndFlush();
    expect(String(await failed)).toContain('400');
    expect(statuses).toEqual([400]);
  });
});

const why = await noPython();
if (why) process.stderr.write(`segment-analytics-python is not tried: ${why}\n`);

(why ? describe.skip : describe)('segment-analytics-python, with its host set', () => {
  it.each([['packed', true], ['plain', false]])('delivers each of its calls, %s', async (_, gzip) => {
    const ids = await sendByPython(ingest.url, ingest.writeKey, gzip);
    const found = await of('py-1');
    expect(ids.map((id) => found.get(id)?.type)).toEqual(['TraitsSet', 'OrderCompleted', 'PageViewed', 'ScreenViewed', 'GroupJoined', 'TraitsSet']);
    expect(found.get(ids[1]!)!.data).toMatchObject({ orderId: 'py-o', total: 19_900_000n, lines: [{ productId: 'ü', price: 9_950_000n, quantity: 2_000_000n }] });
    expect(found.get(ids[1]!)!.meta.receivedAt - found.get(ids[1]!)!.meta.occurredAt).toBeGreaterThan(3_599_000);
    expect(found.get(ids[2]!)!.data).toMatchObject({ name: 'Start', category: 'docs', url: 'https://example.com/' });
  }, 300_000);
});
