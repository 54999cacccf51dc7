import type { Token } from '@touchpoint/host';
import type { SourceKeys, Vault } from '@touchpoint/vault';
import type { Admission } from './admission.ts';

export const VAULT = 'query.vault' as Token<Vault>;
export const SOURCE_KEYS = 'query.source-keys' as Token<SourceKeys>;
export const ADMISSION = 'query.admission' as Token<Admission>;
