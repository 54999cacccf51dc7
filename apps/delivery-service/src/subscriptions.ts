import { TOPICS, type SubscriptionEntry } from '@touchpoint/log';
import { CONSUMER, DeliveryHandler } from './delivery.handler.ts';

/** topic → group → handler. Urgent commands have a group of their own: a campaign never stands before them. */
export const subscriptions: readonly SubscriptionEntry[] = [
  { topics: [TOPICS.urgentCommands], group: `${CONSUMER}.urgent`, handler: DeliveryHandler },
  { topics: [TOPICS.commands], group: CONSUMER, handler: DeliveryHandler },
];
