import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Instant } from '@touchpoint/kernel';

export const SCOPES = ['events:write', 'events:import', 'customers:read', 'customers:export', 'messages:read', 'sandbox:read', 'sandbox:write', 'operate'] as const;
export type Scope = (typeof SCOPES)[number];

/** How large what a key writes may be, in bytes; null is the API's own limit. */
export type KeyLimits = Readonly<{ maxEventBytes: number | null; maxBatchBytes: number | null }>;

/** What is known of a key. `name` is the publisher of what it writes; several keys may bear one name, so that keys can be changed. */
export type ApiKey = Readonly<{ id: string; name: string; scopes: readonly Scope[]; limits: KeyLimits; createdAt: Instant; revokedAt: Instant | null }>;

/** Who called: the key that a request was let in by. */
export type Caller = Readonly<{ keyId: string; name: string; scopes: readonly Scope[]; limits: KeyLimits }>;

/** A key as its bearer holds it. Never logged, never stored. */
export type PresentedKey = Readonly<{ id: string; secret: string }>;

const KEY = /^tp_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** `tp_<id>_<secret>`: 64 bits to find it by, 256 bits to prove it. */
export const generateKey = (): PresentedKey => ({ id: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('base64url') });
export const keyText = ({ id, secret }: PresentedKey): string => `tp_${id}_${secret}`;
export const parseKey = (text: string): PresentedKey | undefined => {
  const match = KEY.exec(text);
  return match ? { id: match[1]!, secret: match[2]! } : undefined;
};

/** The secret has 256 bits: a slow hash would buy nothing. */
export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();
export const secretMatches = (secret: string, hash: Uint8Array): boolean => {
  const given = hashSecret(secret);
  return given.length === hash.length && timingSafeEqual(given, hash);
};

const MAX_HEADER = 512;

/** The key in `Authorization: Bearer <key>` or `Basic base64(<key>:)`, as Segment's SDKs send it; undefined where there is none that could be one. */
export const keyFromHeader = (authorization: string | undefined): PresentedKey | undefined => {
  if (authorization === undefined || authorization.length > MAX_HEADER) return undefined;
  const [scheme = '', value = '', ...rest] = authorization.trim().split(/ +/);
  if (rest.length > 0) return undefined;
  if (scheme.toLowerCase() === 'bearer') return parseKey(value);
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const text = Buffer.from(value, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  return parseKey(colon < 0 ? text : text.slice(0, colon));
};
