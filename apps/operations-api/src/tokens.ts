import type { Token } from '@touchpoint/host';
import type { MessageWriter } from '@touchpoint/log';
import type { Operation } from './operation.ts';
import type { Runner } from './runner.ts';

export const OPERATIONS = 'operations.all' as Token<readonly Operation[]>;
/** Writes what operators ask for onto touchpoints.received. */
export const RECEIVED_WRITER = 'operations.received-writer' as Token<MessageWriter>;
export const RUNNER = 'operations.runner' as Token<Runner>;
