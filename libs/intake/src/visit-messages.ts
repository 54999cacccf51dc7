import { clearText, objectAt, shortText, type Raw } from './app-context.ts';
import { messageFields } from './engagement-messages.ts';
import type { MessageTable } from './messages.ts';
import { holdsPersonal } from './personal-text.ts';
import { bareUrl, cut, flag, text, whole } from './readers.ts';

type VisitName = 'PageViewed' | 'ScreenViewed' | 'ApplicationInstalled' | 'ApplicationOpened' | 'ApplicationBackgrounded' | 'StoreVisited' | 'LinkFollowed' | 'Tracked';

/** From the browser's own account of the page, where the publisher does not say. */
const pageUrl = (page: Raw | undefined, name: string): string | null => {
  const url = shortText(page, name);
  const bare = url === null ? null : cut(url);
  return bare !== null && holdsPersonal(bare, true) ? null : bare;
};

/** Pages, screens, the app's life, stores and links: Segment's page and screen calls and its mobile spec. */
export const visitMessages: MessageTable<VisitName> = {
  PageViewed: {
    fields: { name: { read: text }, category: { read: text }, url: { read: bareUrl }, path: { read: bareUrl }, title: { read: text }, referrer: { read: bareUrl } },
    finish: (data, { name, category, context }) => {
      const page = objectAt(context, 'page');
      data.name ??= name;
      data.category ??= category;
      data.url ??= pageUrl(page, 'url');
      data.path ??= pageUrl(page, 'path');
      data.title ??= clearText(page, 'title');
      data.referrer ??= pageUrl(page, 'referrer');
    },
  },
  ScreenViewed: {
    fields: { name: { read: text, otherwise: '' }, category: { read: text } },
    finish: (data, { name, category, issues }) => {
      data.category ??= category;
      data.name ||= name ?? data.category ?? '';
      if (data.name === '') issues.add('INTAKE.MISSING', 'A screen has a name.', 'name');
    },
  },
  ApplicationInstalled: { fields: {} },
  ApplicationOpened: { fields: { fromBackground: { read: flag }, referringApplication: { read: text }, url: { read: bareUrl } } },
  ApplicationBackgrounded: { fields: {} },
  StoreVisited: {
    fields: { storeId: { read: text, required: true }, storeName: { read: text }, method: { read: text }, seconds: { read: whole } },
  },
  LinkFollowed: {
    fields: {
      linkId: { read: text },
      url: { read: bareUrl, from: ['linkUrl'] },
      // A deep link's provider is who made the link, and nobody's address stands in one.
      message: { within: { ...messageFields, provider: { fixed: null }, contactPoint: { fixed: null } }, optional: true },
    },
  },
  Tracked: { fields: { name: { fixed: '' } } },
};
