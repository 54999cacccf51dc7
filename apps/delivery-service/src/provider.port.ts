import type { CustomerId, SourceKey } from '@touchpoint/kernel';

export type DeliveryChannel = 'email' | 'sms' | 'push';

/** What goes out: the rendered parts of the template and the address in clear. Lives in memory only. */
export type OutgoingMessage = Readonly<{
  commandId: string;
  customerId: CustomerId;
  channel: DeliveryChannel;
  contactPoint: SourceKey;
  address: string;
  /** The template's rendered parts: subject, html, text, title, body … */
  parts: Readonly<Record<string, string>>;
  link: string | null;
}>;

/** What a provider answered. `refused` for good (permanent) or for the moment. */
export type ProviderAnswer =
  | Readonly<{ answer: 'accepted'; providerMessageId: string | null }>
  | Readonly<{ answer: 'refused'; permanent: boolean; reason: string }>;

/** Carries messages of some channels. A throw, or no answer within the limit, means that nobody knows whether it was sent. */
export interface MessageProvider {
  readonly name: string;
  readonly channels: readonly DeliveryChannel[];
  /** Whether the same command id handed over twice is carried once. */
  readonly idempotent: boolean;
  send(message: OutgoingMessage, signal: AbortSignal): Promise<ProviderAnswer>;
}
