import type { AppContext, ApplicationBackgrounded, ApplicationInstalled, ApplicationOpened, ScreenViewed } from '@touchpoint/contracts';
import { DAY, dayOf, MINUTE, type Instant } from '@touchpoint/kernel';
import { readModel } from './read-model.ts';

/** The day is cut into so many slots; a session is a run of slots with app activity. */
export const SLOT = 30 * MINUTE;

let lastDay = Number.NaN;
let lastText = '';
/** Events of one day follow each other, and printing a date is dear. */
const day = (at: Instant): string => {
  const number = Math.floor(at / DAY);
  if (number !== lastDay) [lastDay, lastText] = [number, dayOf(at)];
  return lastText;
};
const slotOf = (at: Instant): number => 2 ** Math.floor((at - Math.floor(at / DAY) * DAY) / SLOT);

const usage = (at: Instant, context: AppContext | null) => ({
  slots: slotOf(at),
  firstAt: at,
  lastAt: at,
  ...(context && { contextAt: at, appVersion: context.appVersion, platform: context.osName, deviceClass: context.deviceClass }),
});

/**
 * Use of the app by day. Sessions are not counted up but told from the slots: a counter would need to know what came just before, which a late event, or another
 * timeline of the same customer, can change. So there is a session wherever at least one whole half hour without activity lies before; one that lasts over
 * midnight (UTC) is one on each day.
 */
export const appUsage = readModel<ApplicationInstalled | ApplicationOpened | ApplicationBackgrounded | ScreenViewed>()({
  name: 'app-usage',
  version: 1,
  doc: 'Use of the app. One row per customer and UTC day. Sessions: bit_count((slots & ~(slots << 1))::bit(64)).',
  key: { day: { type: 'day', doc: 'The day, UTC.' } },
  columns: {
    opens: { type: 'integer', merge: 'sum', doc: 'How often the app was opened or came to the foreground.' },
    screens: { type: 'integer', merge: 'sum', doc: 'Screens seen.' },
    slots: { type: 'bigint', merge: 'bits', doc: 'Half hours with activity: bit n for the one that begins n × 30 minutes after midnight. A session is a run of them.' },
    firstAt: { type: 'instant', merge: 'min', doc: 'First activity of the day.' },
    lastAt: { type: 'instant', merge: 'max', doc: 'Last activity of the day.' },
    contextAt: { type: 'instant', merge: 'max', doc: 'When the app last said what it is and runs on.' },
    appVersion: { type: 'text', merge: { latest: 'contextAt' }, doc: 'Version of the app.' },
    platform: { type: 'text', merge: { latest: 'contextAt' }, doc: 'Operating system.' },
    deviceClass: { type: 'text', merge: { latest: 'contextAt' }, doc: 'phone, tablet, desktop, tv, watch or other.' },
  },
  folds: (put) => ({
    on: {
      ApplicationInstalled: ({ data }, { meta: { occurredAt } }) => [put({ day: day(occurredAt) }, usage(occurredAt, data.context))],
      ApplicationOpened: ({ data }, { meta: { occurredAt } }) => [put({ day: day(occurredAt) }, { ...usage(occurredAt, data.context), opens: 1 })],
      ApplicationBackgrounded: ({ data }, { meta: { occurredAt } }) => [put({ day: day(occurredAt) }, usage(occurredAt, data.context))],
      ScreenViewed: ({ data }, { meta: { occurredAt } }) => [put({ day: day(occurredAt) }, { ...usage(occurredAt, data.context), screens: 1 })],
    },
  }),
});
