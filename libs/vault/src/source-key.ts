import type { SourceKey, SourceKind } from '@touchpoint/kernel';
import { BoundedCache } from './bounded-cache.ts';
import { hmacUnder } from './hmac.ts';

/** The form in which a source id is the same one: an e-mail address trimmed and in lower case; anything else as it was given (a phone number comes in E.164). */
export const normalisedSource = (kind: SourceKind, value: string): string => (kind === 'email' ? value.trim().toLowerCase() : value);

export type SourceKeys = Readonly<{
  /** The source key of a source id: HMAC-SHA256 of `kind:value`, first 16 bytes, in hex. The same secret and id give the same key, for ever. */
  keyOf(kind: SourceKind, value: string): SourceKey;
}>;

const MAX_CACHED_LENGTH = 200;

/** Source keys under a secret of at least 32 bytes, made anew each time: for who remembers them in a way of its own. */
export const freshSourceKeys = (secret: Uint8Array): SourceKeys => {
  if (secret.length < 32) throw new Error('the secret of source keys needs at least 32 bytes');
  const hmac = hmacUnder(secret);
  return { keyOf: (kind, value) => hmac(`${kind}:${normalisedSource(kind, value)}`).slice(0, 32) as SourceKey };
};

/** The same, with the ids met of late remembered, at most `maxEntries` (20,000): in memory only, for they are personal. */
export const createSourceKeys = (secret: Uint8Array, options: Readonly<{ maxEntries?: number }> = {}): SourceKeys => {
  const fresh = freshSourceKeys(secret);
  const known = new BoundedCache<string, SourceKey>({ max: options.maxEntries ?? 20_000 });
  return {
    keyOf: (kind, value) => {
      const id = `${kind}:${value}`;
      const found = known.get(id);
      if (found !== undefined) return found;
      const sourceKey = fresh.keyOf(kind, value);
      if (id.length <= MAX_CACHED_LENGTH) known.set(id, sourceKey);
      return sourceKey;
    },
  };
};
