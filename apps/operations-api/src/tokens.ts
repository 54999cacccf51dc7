import type { Token } from '@touchpoint/host';
import type { MessageWriter } from '@touchpoint/log';
import type { Operation } from './operation.ts';
import type { SourceKeys } from '@touchpoint/vault';
import type { Runner } from './runner.ts';

export const OPERATIONS = 'operations.all' as Token<readonly Operation[]>;
export const SOURCE_KEYS = 'operations.source-keys' as Token<SourceKeys>;
/** Writes what operators ask for onto touchpoints.received. */
export const RECEIVED_WRITER = 'operations.received-writer' as Token<MessageWriter>;
/** Writes what a restore puts onto the timeline. */
export const TIMELINE_WRITER = 'operations.timeline-writer' as Token<MessageWriter>;
export const RUNNER = 'operations.runner' as Token<Runner>;
