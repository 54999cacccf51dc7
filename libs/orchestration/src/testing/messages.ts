import { catalog, type AnyMessage, type MessageName } from '@touchpoint/contracts';
import type { CustomerId, Sealed, SourceKey } from '@touchpoint/kernel';

type Field = Readonly<{ name: string; type: unknown; default?: unknown }>;
type Data<N extends MessageName> = Extract<AnyMessage, { type: N }>['data'];

/** A message with the fields given and, for every other, null or the schema's default. */
export const message = <N extends MessageName>(type: N, data: Partial<Data<N>>): Extract<AnyMessage, { type: N }> =>
  ({ type, data: { ...Object.fromEntries((catalog[type].schema['fields'] as readonly Field[]).map((field) => [field.name, field.default ?? null])), ...data } }) as unknown as Extract<AnyMessage, { type: N }>;

/** A key of an address, a token or a device: 32 hex characters that tell it from others. */
export const key = (name: string): SourceKey => [...name].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('').padEnd(32, '0').slice(0, 32) as SourceKey;
export const sealed = (name: string): Sealed => new TextEncoder().encode(`sealed ${name}`) as Sealed;
export const customer = (name: string): CustomerId => `customer-${name}` as CustomerId;

export const order = (orderId: string, more: Partial<Data<'OrderCompleted'>> = {}) => message('OrderCompleted', { orderId, currency: 'EUR', place: 'web', ...more });
export const email = (name: string) => message('TraitsSet', { email: sealed(name), emailKey: key(name) });
export const device = (name: string, token = `t-${name}`) => message('DeviceRegistered', { deviceKey: key(name), platform: 'ios', token: sealed(token), tokenKey: key(token) });
export const consent = (channel: 'email' | 'sms' | 'push', granted: boolean, purpose = 'marketing') => message('ConsentChanged', { channel, purpose, granted });

/** An outcome of one of our messages. */
export const about = <N extends 'MessageSent' | 'MessageOpened' | 'MessageClicked' | 'MessageBounced' | 'MessageComplained'>(type: N, commandId: string | null, contactPoint: SourceKey | null = null, more: object = {}) =>
  message(type, { message: { channel: 'email', commandId, journeyId: null, runId: null, stepId: null, campaignId: null, templateId: null, messageClass: null, contactPoint, provider: null, providerMessageId: null }, ...more } as Partial<Data<N>>);
