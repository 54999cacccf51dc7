import type { Token } from '@touchpoint/host';
import type { Operation } from './operation.ts';
import type { SourceKeys } from '@touchpoint/vault';
import type { Runner } from './runner.ts';

export const OPERATIONS = 'operations.all' as Token<readonly Operation[]>;
export const SOURCE_KEYS = 'operations.source-keys' as Token<SourceKeys>;
export const RUNNER = 'operations.runner' as Token<Runner>;
