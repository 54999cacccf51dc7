import { clearText, objectAt, platformOf, shortText, type Raw } from './app-context.ts';
import { SOURCE_ID } from './bounds.ts';
import type { Keyed } from './clear.ts';
import { strictPoint } from './engagement-messages.ts';
import type { Around, MessageTable } from './messages.ts';
import { channel, flag, text, token, tokenPoint, type Reader } from './readers.ts';

type DeviceName = 'DeviceRegistered' | 'DeviceRemoved' | 'ConsentChanged';

const deviceOf = (id: string): Keyed => ({ kind: 'device', value: id });
const NO_DEVICE = deviceOf('');

const deviceId: Reader<Keyed> = (value, issues) => {
  const id = text(value, issues);
  if (id !== undefined && id.length > SOURCE_ID) return void issues.add('INTAKE.TOO_LONG', `An id has at most ${SOURCE_ID} characters.`);
  return id === undefined ? undefined : deviceOf(id);
};
const deviceKey = { read: deviceId, otherwise: NO_DEVICE, from: ['deviceId'] } as const;

/** The device that an SDK names in its context. */
export const contextDevice = (context: Raw | undefined): Keyed | null => {
  const id = shortText(objectAt(context, 'device'), 'id');
  return id === null ? null : deviceOf(id);
};
/** The push token that Segment's mobile SDKs keep in the context once the app has given it to them. */
export const contextToken = (context: Raw | undefined): string | null => {
  const value = objectAt(context, 'device')?.['token'];
  return typeof value === 'string' && value !== '' && value.length <= 4_096 ? value : null;
};

const finishDevice = (data: { deviceKey: Keyed }, { context, issues }: Around): void => {
  if (data.deviceKey.value !== '') return;
  const device = contextDevice(context);
  if (device) data.deviceKey = device;
  else issues.add('INTAKE.MISSING', 'Say which device: here, or as context.device.id.', 'device_id');
};

/** Devices and consent: ours, as Segment's specs do not name them. */
export const deviceMessages: MessageTable<DeviceName> = {
  DeviceRegistered: {
    fields: { deviceKey, platform: { read: text, otherwise: '' }, token: { read: token, from: ['pushToken', 'deviceToken'] }, tokenKey: { fixed: null }, appId: { read: text } },
    finish: (data, around) => {
      finishDevice(data, around);
      data.platform = data.platform.toLowerCase() || (platformOf(around.context) ?? '');
      if (!['ios', 'android', 'web'].includes(data.platform)) around.issues.add('INTAKE.MISSING', 'Say which platform: ios, android or web.', 'platform');
      data.token ??= contextToken(around.context);
      data.tokenKey = data.token === null ? null : { kind: 'token', value: data.token };
      data.appId ??= clearText(objectAt(around.context, 'app'), 'namespace');
    },
  },
  DeviceRemoved: {
    fields: { deviceKey, tokenKey: { read: tokenPoint, from: ['token', 'pushToken', 'deviceToken'] }, reason: { read: text } },
    finish: finishDevice,
  },
  ConsentChanged: {
    fields: {
      channel: { read: channel, required: true },
      purpose: { read: text, required: true },
      granted: { read: flag, required: true },
      contactPoint: strictPoint,
      method: { read: text },
      wording: { read: text },
    },
  },
};
