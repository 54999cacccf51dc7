import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JourneyDocument } from '@touchpoint/journeys';
import { repositoryFile } from '@touchpoint/log';

/** Coupons of orders choose what follows from them. */
export const QUICK = 'QUICK';
export const OPENS = 'OPENS';
export const SLOW = 'SLOW';

const EMAIL = { channel: 'email', template: 'reactivation-email', class: 'marketing', guarantee: 'atMostOnce', notAfter: 'P7D', variables: { lastOrderAt: { measure: 'orders.lastAt' }, orders: { measure: 'orders.count' } }, link: 'https://shop.example/new' } as const;
const PUSH = { channel: 'push', template: 'reactivation-push', class: 'marketing', guarantee: 'atMostOnce', notAfter: 'P2D', variables: { orders: { measure: 'orders.count' } }, link: 'shopapp://screens/new' } as const;

/**
 * Journeys whose timers fire while processes are killed. An order of the load was placed a while ago, so the first wait is over at once; the second one counts
 * from the e-mail. Waits of 30 days never end within a run: what rests then can be compared as it rests.
 */
const OWN: readonly JourneyDocument[] = [
  {
    id: 'win-back', version: 1, name: 'Win back', goal: 'An e-mail soon after the order, and a push where it is not opened at once.',
    entry: { event: 'OrderCompleted', where: { event: 'coupon', oneOf: [QUICK, OPENS] } }, reentry: { rule: 'restart' },
    steps: [
      { id: 'quiet', type: 'wait', for: 'PT2S', next: 'email' },
      { id: 'email', type: 'send', ...EMAIL, next: 'patience', ifHeld: 'push' },
      { id: 'patience', type: 'branch', if: { event: 'coupon', equals: OPENS }, then: 'opened', else: 'unopened' },
      { id: 'opened', type: 'waitFor', events: ['MessageOpened', 'MessageClicked'], of: 'email', within: 'P30D', then: 'reached', else: 'push' },
      { id: 'unopened', type: 'waitFor', events: ['MessageOpened', 'MessageClicked'], of: 'email', within: 'PT3S', then: 'reached', else: 'push' },
      { id: 'push', type: 'send', ...PUSH, next: 'done' },
      { id: 'reached', type: 'exit', reason: 'opened' },
      { id: 'done', type: 'exit' },
    ],
  },
  {
    id: 'slow-return', version: 1, name: 'Slow return', goal: 'An e-mail long after the last order, none where that was cancelled.',
    entry: { event: 'OrderCompleted', where: { event: 'coupon', equals: SLOW } }, reentry: { rule: 'restart' }, exitOn: [{ event: 'OrderCancelled', same: 'orderId' }],
    steps: [
      { id: 'quiet', type: 'wait', for: 'P30D', next: 'email' },
      { id: 'email', type: 'send', ...EMAIL, next: 'done' },
      { id: 'done', type: 'exit' },
    ],
  },
];

/** Writes a folder that `journeys apply --from` takes: these journeys, the shipped order confirmation, and the repository's templates. */
export const writeJourneys = async (folder: string): Promise<void> => {
  const journeys = join(folder, 'journeys');
  await mkdir(journeys, { recursive: true });
  await cp(repositoryFile('templates'), join(folder, 'templates'), { recursive: true });
  await cp(repositoryFile('journeys/order-confirmation.json'), join(journeys, 'order-confirmation.json'));
  for (const document of OWN) await writeFile(join(journeys, `${document.id}.json`), JSON.stringify(document));
};

/** Longest waits of these journeys: what counts from the time of the run lies so far behind it, in days. */
export const DAYS_AFTER = [2, 7, 30] as const;
