import type { Token } from '@touchpoint/host';
import type { LogBounds } from '@touchpoint/log';
import type { SourceKeys, Vault } from '@touchpoint/vault';
import type { Admission } from './admission.ts';

export const VAULT = 'query.vault' as Token<Vault>;
export const SOURCE_KEYS = 'query.source-keys' as Token<SourceKeys>;
export const LOG_BOUNDS = 'query.log-bounds' as Token<LogBounds>;
export const ADMISSION = 'query.admission' as Token<Admission>;
