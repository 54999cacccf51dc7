import type { Token } from '@touchpoint/host';
import type { MessageWriter } from '@touchpoint/log';
import type { Vault } from '@touchpoint/vault';
import type { EventMetrics } from './event-metrics.ts';
import type { BodyBudget } from './http/body-budget.ts';
import type { Recorder } from './recorder.ts';

export const RECEIVED_WRITER = 'ingest.received-writer' as Token<MessageWriter>;
export const VAULT = 'ingest.vault' as Token<Vault>;
export const RECORDER = 'ingest.recorder' as Token<Recorder>;
export const BODY_BUDGET = 'ingest.body-budget' as Token<BodyBudget>;
export const EVENT_METRICS = 'ingest.event-metrics' as Token<EventMetrics>;
