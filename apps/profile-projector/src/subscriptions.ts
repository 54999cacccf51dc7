import { TOPICS, type SubscriptionEntry } from '@touchpoint/log';
import { CONSUMER, ProjectorHandler } from './projector.handler.ts';

/** topic → group → handler */
export const subscriptions: readonly SubscriptionEntry[] = [{ topics: [TOPICS.timeline], group: CONSUMER, handler: ProjectorHandler }];
