import { generateKey, hashSecret, keyText, secretMatches, type ApiKey } from '../access-key.ts';
import { invalidMessage } from '@touchpoint/kernel';
import { newKeyIssues, type ApiKeys } from '../api-keys.ts';
import type { Clock } from '../clock.ts';
import { manualClock } from './manual-clock.ts';

/** API keys in memory, for specs of an app that needs no database otherwise. Provide it as API_KEYS. */
export const memoryApiKeys = (clock: Clock = manualClock()): ApiKeys => {
  const keys = new Map<string, { apiKey: ApiKey; hash: Uint8Array }>();
  return {
    create: async (key) => {
      const issues = newKeyIssues(key);
      if (issues.length > 0) throw invalidMessage('ACCESS.NEW_KEY', 'no key can be made of this', issues);
      const presented = generateKey();
      const limits = { maxEventBytes: null, maxBatchBytes: null, ...key.limits };
      const apiKey: ApiKey = { id: presented.id, name: key.name, scopes: [...key.scopes], limits, createdAt: clock.now(), revokedAt: null };
      keys.set(presented.id, { apiKey, hash: hashSecret(presented.secret) });
      return { key: keyText(presented), apiKey };
    },
    list: async () => [...keys.values()].map(({ apiKey }) => apiKey),
    revoke: async (id) => {
      const entry = keys.get(id);
      if (!entry || entry.apiKey.revokedAt !== null) return false;
      keys.set(id, { ...entry, apiKey: { ...entry.apiKey, revokedAt: clock.now() } });
      return true;
    },
    verify: async ({ id, secret }) => {
      const entry = keys.get(id);
      if (!entry || entry.apiKey.revokedAt !== null || !secretMatches(secret, entry.hash)) return null;
      const { name, scopes, limits } = entry.apiKey;
      return { keyId: id, name, scopes, limits };
    },
  };
};
