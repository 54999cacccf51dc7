import { OPENS, QUICK, SLOW } from '../journeys.ts';
import type { Person } from './person.ts';

/** What the people of one kind do in each phase. Nothing happens in a phase that is not there. */
export type Kind = Readonly<{ name: string; count: number; key: 'write' | 'import'; phases: readonly (((person: Person) => void) | null)[] }>;

const live = (name: string, count: number, ...phases: Kind['phases']): Kind => ({ name, count, key: 'write', phases });

/** Has an address and a device and agreed to everything: gets the e-mail, and the push as it opens nothing. One half has unsubscribed before the last phase. */
const quick = live('quick', 16,
  (one) => {
    one.identify({ email: one.email, firstName: `First ${one.n}`, plan: 'gold' }, { context: one.app() });
    one.consent('email', true);
    one.consent('push', true);
    one.browse(4, { context: one.app() });
    one.order(QUICK);
    one.browse(3);
  },
  (one) => one.browse(5),
  (one) => {
    one.browse(2);
    if (one.n % 2 === 0) one.track('Unsubscribed', { channel: 'email', method: 'link' });
  },
  (one) => {
    one.browse(2);
    one.order(QUICK);
  },
);

/** Is held at one step or another: without consent, without a device, without any address. */
const held = live('held', 18,
  (one) => {
    one.identify(one.n % 3 === 2 ? { plan: 'basic' } : { email: one.email, plan: 'basic' }, one.n % 3 === 0 ? { context: one.app() } : {});
    if (one.n % 3 === 1) one.consent('email', true);
    if (one.n % 3 === 0) one.consent('push', true);
    one.browse(3);
    one.order(QUICK);
  },
  (one) => one.browse(4),
  (one) => one.browse(2),
  (one) => {
    one.identify({ plan: 'silver' });
    one.order(QUICK);
  },
);

/** Opens what it gets (see `responses`). */
const opener = live('opener', 14,
  (one) => {
    one.identify({ email: one.email, lastName: `Last ${one.n}` });
    one.consent('email', true);
    one.browse(2);
    one.order(OPENS);
  },
  (one) => one.browse(4),
  (one) => one.browse(1),
  (one) => {
    one.order();
    one.browse(3);
  },
);

/** Orders again before the wait is over, cancels, sends back. */
const returning = live('returning', 16,
  (one) => {
    one.identify({ email: one.email });
    one.order(SLOW);
    one.browse(2);
    one.order(SLOW);
  },
  (one) => {
    const id = one.order(SLOW);
    if (one.n % 2 === 0) one.track('Order Cancelled', { order_id: id, currency: 'EUR', reason: 'too slow' });
    else one.track('Order Refunded', { order_id: id, currency: 'EUR', refund_id: `r-${id}`, total: 3.5 });
    one.browse(3);
  },
  (one) => one.browse(2),
  (one) => {
    one.order(SLOW);
    one.browse(1);
  },
);

/** Looks around first and says who it is later; some on a device that another one takes over afterwards. */
const visitor = live('visitor', 24,
  (one) => {
    one.browse(6, { as: 'visitor' });
    one.track('Application Opened', { from_background: false, version: '5.0.0' }, { as: 'visitor', context: one.app(sharedDevice(one)) });
    one.browse(2, { as: 'visitor' });
  },
  (one) => {
    one.identify({ email: one.email, firstName: 'V' }, { as: 'both', context: one.app(sharedDevice(one)) });
    one.consent('push', true);
    one.browse(3, { as: 'both' });
    one.order(one.n % 3 === 0 ? QUICK : undefined);
  },
  (one) => one.browse(2),
  (one) => {
    one.browse(2, { as: 'both' });
    one.order();
  },
);

/** The newer user of a device that a visitor had: takes it over once that one has been linked. */
const heir = live('heir', 6,
  (one) => one.browse(1),
  (one) => {
    one.identify({ email: one.email });
    one.browse(2);
  },
  (one) => one.identify({ city: 'Bern' }, { context: one.app(`shared-${one.n}`) }),
  (one) => {
    one.consent('push', true);
    one.order(QUICK);
  },
);
const sharedDevice = (one: Person): string => (one.n < 6 ? `shared-${one.n}` : one.id);

/** Turns out to be one person with the twin of its number: aliased in the third phase. */
const elder = live('elder', 8,
  (one) => {
    one.identify({ email: one.email, firstName: 'Elder' });
    one.consent('email', one.n % 2 === 0);
    one.order();
  },
  (one) => one.browse(2),
  (one) => one.say('alias', { previousId: `twin-${one.n}` }),
  (one) => {
    one.order(QUICK);
    one.browse(2);
  },
);
const twin = live('twin', 8,
  null,
  (one) => {
    one.identify({ email: one.email, lastName: 'Twin' }, { context: one.app() });
    one.consent('email', true);
    one.consent('push', true);
    one.order(one.n % 3 === 0 ? undefined : SLOW);
    one.browse(2);
  },
  null,
  // No order: the count of orders in its elder's e-mail must not hang on which of the two was resolved first.
  (one) => one.browse(2),
);

/** Imported: what happened years ago sends nothing, whatever its coupon. */
const history = (part: number): Kind['phases'][number] => (one) => {
  if (one.n % 4 !== part) return;
  one.identify({ email: one.email, firstName: 'Old' });
  for (let i = 0; i < 12; i++) {
    const id = one.order(one.chance.one([QUICK, SLOW, undefined]));
    if (i % 4 === 3) one.track('Order Cancelled', { order_id: id, currency: 'EUR', total: 1.25 });
  }
};
const old: Kind = { name: 'old', count: 64, key: 'import', phases: [history(0), history(1), history(2), history(3)] };

/** Imported customers come back: what they do now does send. */
const back = (one: Person): void => {
  one.identify({ email: one.email }, { context: one.app() });
  one.consent('email', true);
  one.browse(2);
  one.order(one.n % 8 < 4 ? QUICK : undefined);
};
const revenant: Kind = { name: 'old', count: 64, key: 'write', phases: [null, (one) => (one.n % 4 === 0 ? back(one) : undefined), null, (one) => (one.n % 4 === 1 ? back(one) : undefined)] };

export const KINDS: readonly Kind[] = [quick, held, opener, returning, visitor, heir, elder, twin, old, revenant];
