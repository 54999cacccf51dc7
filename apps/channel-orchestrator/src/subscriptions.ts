import { TOPICS, type SubscriptionEntry } from '@touchpoint/log';
import { CONSUMER } from './consumer.ts';
import { OrchestratorHandler } from './orchestrator.handler.ts';

/** topic → group → handler */
export const subscriptions: readonly SubscriptionEntry[] = [{ topics: [TOPICS.timeline], group: CONSUMER, handler: OrchestratorHandler }];
