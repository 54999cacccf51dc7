import { parse, v5 } from 'uuid';

/** A customer: uuidv5 of the first source key seen. */
export type CustomerId = string & { readonly __id: 'customer' };
/** What a source id (`user:42`) becomes before it leaves ingest: the first 16 bytes of an HMAC, 32 lower-case hex characters. */
export type SourceKey = string & { readonly __id: 'source-key' };
/** A personal value under its customer's key; only the vault opens it. */
export type Sealed = Uint8Array & { readonly __id: 'sealed' };

/** The kinds of source id. `user` is strong; the others move to a newer user. `customer` is ours alone (outcomes). */
export const SOURCE_KINDS = ['user', 'email', 'phone', 'device', 'anonymous', 'customer'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

const NAMESPACE = parse('6f1d4f39-4a55-4f0c-9e0b-3c1f5d7a2b10');
const utf8 = new TextEncoder();
/** A derived id: the same parts give the same uuid, for ever. Parts may hold anything; they cannot run into each other. */
export const derivedId = (...parts: readonly string[]): string => v5(utf8.encode(JSON.stringify(parts)), NAMESPACE);
export const customerIdOf = (sourceKey: SourceKey): CustomerId => derivedId('customer', sourceKey) as CustomerId;
