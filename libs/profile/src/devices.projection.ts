import type { DeviceRegistered, DeviceRemoved } from '@touchpoint/contracts';
import { readModel } from './read-model.ts';

/** Devices of a customer. A device's one current token is a push contact point. */
export const devices = readModel<DeviceRegistered | DeviceRemoved>()({
  name: 'devices',
  version: 1,
  doc: 'Devices of a customer. One row per customer and device.',
  key: { deviceKey: { type: 'text', doc: 'Source key of the device.' } },
  columns: {
    firstRegisteredAt: { type: 'instant', merge: 'min', doc: 'When it was first registered.' },
    registeredAt: { type: 'instant', merge: 'max', doc: 'When it was last registered. That statement counts.' },
    platform: { type: 'text', merge: { latest: 'registeredAt' }, doc: 'ios, android or web.' },
    appId: { type: 'text', merge: { latest: 'registeredAt' }, doc: "The app's bundle or package id." },
    tokenKey: { type: 'text', merge: { latest: 'registeredAt' }, doc: 'Its push contact point. null: it has no token.' },
    appVersion: { type: 'text', merge: { latest: 'registeredAt' }, doc: 'Version of the app.' },
    osVersion: { type: 'text', merge: { latest: 'registeredAt' }, doc: 'Version of the operating system.' },
    deviceClass: { type: 'text', merge: { latest: 'registeredAt' }, doc: 'phone, tablet, desktop, tv, watch or other.' },
    model: { type: 'text', merge: { latest: 'registeredAt' }, doc: 'Model of the device.' },
    locale: { type: 'text', merge: { latest: 'registeredAt' }, doc: 'Language and region, BCP 47.' },
    timeZone: { type: 'text', merge: { latest: 'registeredAt' }, doc: 'Time zone, IANA name.' },
    stateAt: { type: 'instant', merge: 'max', doc: 'When the state last changed or was confirmed.' },
    state: { type: 'text', merge: { latest: 'stateAt' }, doc: 'registered or removed. At one instant removed counts.' },
    removedReason: { type: 'text', merge: { latest: 'stateAt' }, doc: 'Why it was removed.' },
  },
  folds: (put) => ({
    on: {
      DeviceRegistered: ({ data: { deviceKey, platform, appId, tokenKey, context } }, { meta: { occurredAt: at } }) => [
        put({ deviceKey }, {
          firstRegisteredAt: at, registeredAt: at, stateAt: at, state: 'registered', removedReason: null,
          platform, appId, tokenKey, appVersion: context?.appVersion ?? null, osVersion: context?.osVersion ?? null, deviceClass: context?.deviceClass ?? null,
          model: context?.deviceModel ?? null, locale: context?.locale ?? null, timeZone: context?.timeZone ?? null,
        }),
      ],
      // One token that is void leaves the device as it is; the token's own contact point says so.
      DeviceRemoved: ({ data: { deviceKey, tokenKey, reason } }, { meta: { occurredAt: at } }) =>
        tokenKey === null ? [put({ deviceKey }, { stateAt: at, state: 'removed', removedReason: reason })] : [],
    },
  }),
});
