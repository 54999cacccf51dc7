import { appContextOf, clearText, objectAt, platformOf, type Raw } from './app-context.ts';
import type { TouchpointName } from './clear.ts';
import { contextDevice, contextToken } from './device-messages.ts';
import type { Incoming } from './incoming.ts';

/**
 * Segment's mobile SDKs put the push token into the context of every event. It is taken from those that begin something (identify, the app installed or
 * opened), so that a renewed token is known with the next start of the app, and the log is not filled with it.
 */
const CARRIERS: readonly TouchpointName[] = ['TraitsSet', 'ApplicationInstalled', 'ApplicationOpened'];

/** A DeviceRegistered beside the event that carried a token. Its messageId comes of the event's, so a repeat of one is a repeat of both. */
export const derivedDevice = (incoming: Incoming, context: Raw | undefined): Incoming | undefined => {
  if (!CARRIERS.includes(incoming.type) || incoming.link === 'alias') return undefined;
  const deviceKey = contextDevice(context);
  const token = contextToken(context);
  const platform = platformOf(context);
  if (deviceKey === null || token === null || platform === null) return undefined;
  return {
    ...incoming,
    type: 'DeviceRegistered',
    data: { deviceKey, platform, token, tokenKey: { kind: 'token', value: token }, appId: clearText(objectAt(context, 'app'), 'namespace'), context: appContextOf(context) },
    messageId: `${incoming.messageId}/device`,
    link: 'none',
    causationId: incoming.messageId,
    canonical: JSON.stringify(['device', deviceKey.value, platform, token]),
  };
};
