import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY, HOUR, MINUTE, type SourceKind } from '@touchpoint/kernel';
import { commandId, customer, key, money, startAnalytics, type Analytics } from './analytics.fixture.ts';

/** Every question of docs/analytics.md with its SQL. */
const document = readFileSync(join(import.meta.dirname, '../../../../docs/analytics.md'), 'utf8');
const questions = [...document.matchAll(/^### (.+?)\n(?:(?!^#)[^])*?^```sql\n([^]*?)^```/gm)].map(([, question, sql]) => [question!, sql!] as const);

const APRIL = Date.UTC(2026, 3, 1);
const NOW = Date.now();
let analytics: Analytics;
const answerTo = (question: string) => {
  const found = questions.find(([asked]) => asked === question);
  if (!found) throw new Error(`docs/analytics.md does not ask: ${question}`);
  return analytics.ask(found[1]);
};

/** A small shop: 1 absorbed 2; 3 came back a month later; 4 is anonymous; 5 and 6 use the app. */
const shop = ({ happened }: Analytics): void => {
  const linked = (n: number, kind: SourceKind, at: number) => happened(n, 'IdentitiesLinked', { customerId: customer(n), by: 'none', linked: [{ kind, key: key(`${kind}${n}`) } as never] }, at, { sources: [{ kind, key: key(`${kind}${n}`), label: null }] });
  const order = (n: number, orderId: string, total: string, at: number, place: 'web' | 'app' | 'store' = 'web') => happened(n, 'OrderCompleted', { orderId, currency: 'EUR', place, lines: [], total: money(total) }, at);
  for (const n of [1, 2, 3, 5, 6]) linked(n, 'user', APRIL);
  linked(4, 'anonymous', APRIL);
  happened(1, 'TraitsSet', { personal: [], removed: [], traits: '{"plan":"gold"}', email: Buffer.from('sealed') as never, emailKey: key('e1') }, APRIL);
  order(1, 'o1', '100', APRIL + DAY);
  order(2, 'o2', '20.50', APRIL + 2 * DAY, 'app');
  order(3, 'o3', '10', APRIL + 3 * DAY);
  order(3, 'o4', '30', APRIL + 33 * DAY, 'store');
  order(4, 'o5', '5', APRIL + 4 * DAY);
  happened(1, 'CustomerMerged', { customerId: customer(1), absorbedId: customer(2), by: 'alias' }, APRIL + 5 * DAY);
  happened(2, 'CustomerAbsorbed', { customerId: customer(2), survivorId: customer(1), by: 'alias' }, APRIL + 5 * DAY);
  // The whole of an order of the absorbed one, told on the survivor's timeline; and money for no order.
  happened(1, 'OrderRefunded', { orderId: 'o2', refundId: 'r1', whole: true, currency: 'EUR', place: 'web', lines: [], reason: 'too small' }, APRIL + 40 * DAY);
  happened(3, 'OrderCancelled', { cancellationId: 'c1', currency: 'EUR', place: 'web', lines: [], total: money('2.5') }, APRIL + 40 * DAY);
  happened(3, 'OrderAdjusted', { adjustmentId: 'a1', currency: 'EUR', lines: [], total: money('-0.000001') }, APRIL + 40 * DAY);

  for (const n of [5, 6]) happened(n, 'ApplicationOpened', { context: { osName: n === 5 ? 'iOS' : null, appVersion: '4.2.0' } as never }, NOW - 2 * DAY);
  happened(6, 'ApplicationOpened', {}, NOW - 2 * DAY - 3 * HOUR);
  order(6, 'o6', '9', NOW - 20 * DAY, 'app');

  happened(1, 'ConsentChanged', { channel: 'email', purpose: 'marketing', granted: true }, APRIL);
  happened(1, 'Unsubscribed', { channel: 'email' }, APRIL + DAY);
  happened(3, 'TraitsSet', { personal: [], removed: [], email: Buffer.from('sealed') as never, emailKey: key('e3') }, APRIL);
  happened(3, 'ConsentChanged', { channel: 'email', purpose: 'marketing', granted: true }, APRIL);
  happened(4, 'TraitsSet', { personal: [], removed: [], email: Buffer.from('sealed') as never, emailKey: key('e4') }, APRIL);

  const moved = (n: number, segmentId: string, at: number, type: 'SegmentEntered' | 'SegmentLeft' = 'SegmentEntered') => happened(n, type, { segmentId, at, initial: false, reason: 'condition', setNumber: 1, causeOffset: 0, why: '{}' } as never, at, { publisher: 'channel-orchestrator' });
  for (const n of [1, 3, 6]) moved(n, 'repeat-buyers', APRIL + n * DAY);
  for (const n of [1, 2, 5]) moved(n, 'high-value', APRIL + n * HOUR);
  moved(2, 'high-value', APRIL + 5 * DAY, 'SegmentLeft');
  moved(6, 'repeat-buyers', APRIL + 9 * DAY, 'SegmentLeft');

  const decided = (n: number, command: number, channel: 'email' | 'push', templateId: string, reason: string | null, at: number) => happened(n, 'MessageDecided', {
    commandId: commandId(command), runId: commandId(99), journeyId: 'reactivation', stepId: 's', verdict: reason === null ? 'send' : 'hold', reason, channel, templateId, messageClass: 'marketing', setNumber: 1, causeOffset: 0, why: '{"consent":"none"}',
  }, at, { publisher: 'channel-orchestrator' });
  const about = (command: number, channel: 'email' | 'push') => ({ message: { channel, commandId: commandId(command) } });
  decided(3, 1, 'push', 'come-back', null, APRIL + 30 * DAY);
  happened(3, 'MessageSent', { ...about(1, 'push'), attempt: 1 }, APRIL + 30 * DAY + MINUTE);
  happened(3, 'MessageClicked', about(1, 'push'), APRIL + 30 * DAY + 2 * MINUTE);
  decided(1, 2, 'push', 'come-back', null, APRIL + 30 * DAY);
  happened(1, 'MessageSent', { ...about(2, 'push'), attempt: 1 }, APRIL + 30 * DAY + MINUTE);
  decided(1, 3, 'email', 'come-back-mail', 'no consent', APRIL + 31 * DAY);
  decided(4, 4, 'email', 'come-back-mail', null, APRIL + 31 * DAY);
  happened(4, 'MessageHeld', { ...about(4, 'email'), reason: 'no contact point' }, APRIL + 31 * DAY);
};

beforeAll(async () => {
  analytics = await startAnalytics(process.env['DATABASE_URL']);
  shop(analytics);
  await analytics.save();
});
afterAll(() => analytics.database.drop());

describe('segments', () => {
  it('have the members that entered and have not left, by the day, and in common', async () => {
    expect(await answerTo('Who is in a segment?')).toEqual([1, 5].map((n) => expect.objectContaining({ customer_id: customer(n) })));
    expect((await answerTo('How has each segment grown?')).map(({ segment_id, size }) => [segment_id, Number(size)])).toEqual([['high-value', 3], ['high-value', 2], ['repeat-buyers', 1], ['repeat-buyers', 2], ['repeat-buyers', 3], ['repeat-buyers', 2]]);
    expect(await answerTo('How many are in two segments at once?')).toEqual([{ one: 'high-value', other: 'repeat-buyers', in_one: '2', in_other: '2', in_both: '1' }]);
  });
});

describe('docs/analytics.md', () => {
  it('asks at least ten questions, each with its SQL', () => {
    expect(questions.length).toBeGreaterThanOrEqual(10);
    expect(questions).toHaveLength(document.match(/^### /gm)!.length);
    expect(questions).toHaveLength(document.match(/^```sql$/gm)!.length);
  });
  it.each(questions)('%s', async (_, sql) => {
    expect((await analytics.ask(sql)).length).toBeGreaterThan(0);
  });
});

describe('an answer', () => {
  it('ranks customers by net, merged ones as one', async () => {
    expect(await answerTo('Who are the best customers?')).toMatchObject([
      { customer_id: customer(1), orders: '2', net: '100.000000' }, { customer_id: customer(3), orders: '2', net: '37.499999' }, { customer_id: customer(6), net: '9.000000' }, { customer_id: customer(4), net: '5.000000' },
    ].map(({ net, ...row }) => ({ ...row, net: expect.stringMatching(new RegExp(`^${net.replace(/\.?0+$/, '')}(\\.0+)?$`)) })));
  });
  it('adds up months exactly', async () => {
    const months = await answerTo('What did we sell and take back, month by month?');
    expect(months.slice(0, 2)).toMatchObject([{ month: '2026-04', orders: '4' }, { month: '2026-05', orders: '1' }]);
    expect(months.slice(0, 2).map(({ gross, cancelled, returned, net }) => [gross, cancelled, returned, net].map(Number))).toEqual([[135.5, 0, 0, 135.5], [29.999999, 2.5, 20.5, 6.999999]]);
  });
  it('knows who buys again, and when', async () => {
    expect(await answerTo('How many customers buy again?')).toEqual([{ currency: 'EUR', buyers: '4', buy_again: '2', repeat_rate: '0.5000' }]);
    expect((await answerTo('Of those who first bought in a month, how many bought again in the months after?')).filter(({ cohort }) => cohort === '2026-04')).toEqual([
      { cohort: '2026-04', months_after: 0, customers: '3', share: '1.0000' }, { cohort: '2026-04', months_after: 1, customers: '1', share: '0.3333' },
    ]);
  });
  it('finds who uses the app without buying', async () => {
    expect(await answerTo('Who uses the app but has not bought for 90 days?')).toMatchObject([{ customer_id: customer(5), last_order_at: null }]);
  });
  it('counts sessions, not opens', async () => {
    expect(await analytics.ask(`select opens, sessions from analytics.app_usage where customer_id = '${customer(6)}' order by day desc`).then((days) => days.reduce<number>((sum, { sessions }) => sum + Number(sessions), 0))).toBe(2);
  });
  it('tells opt-in by what counts now, of those who can be reached', async () => {
    expect(await answerTo('How many agree to marketing, channel by channel?')).toEqual([{ channel: 'email', reachable: '3', opted_in: '1', opted_out: '1', never_asked: '1', opt_in_rate: '0.3333' }]);
  });
  it('tells the tap rate of a template', async () => {
    expect(await answerTo('Which push templates are tapped?')).toEqual([{ template_id: 'come-back', sent: '2', tapped: '1', tap_rate: '0.5000', median_seconds_to_tap: 60 }]);
  });
  it('tells why messages were held, at either moment', async () => {
    expect(await answerTo('Which messages were held, and why?')).toEqual([
      { journey_id: 'reactivation', template_id: 'come-back-mail', channel: 'email', reason: 'no consent', messages: '1' }, { journey_id: 'reactivation', template_id: 'come-back-mail', channel: 'email', reason: 'no contact point', messages: '1' },
    ]);
  });
  it('follows a message to an order', async () => {
    expect(await answerTo('Who ordered within seven days of a reactivation message?')).toEqual([{ template_id: 'come-back', messages: '2', followed_by_order: '1', share: '0.5000' }]);
  });
  it('gives the worth of a plan', async () => {
    expect((await answerTo('What are customers with each plan worth?')).map(({ plan, customers, net }) => [plan, customers, Number(net)])).toEqual([['gold', '1', 100], ['none', '2', 46.499999]]);
  });
});
