import { TOPICS, type SubscriptionEntry } from '@touchpoint/log';
import { CONSUMER, ResolverHandler } from './resolver.handler.ts';

/** topic → group → handler */
export const subscriptions: readonly SubscriptionEntry[] = [{ topics: [TOPICS.received], group: CONSUMER, handler: ResolverHandler }];
