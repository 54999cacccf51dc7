import type { Pool } from 'pg';
import { invalidMessage, transient } from '@touchpoint/kernel';
import { generateKey, hashSecret, keyText, SCOPES, secretMatches, type ApiKey, type Caller, type KeyLimits, type PresentedKey, type Scope } from './access-key.ts';
import type { Clock } from './clock.ts';
import type { FieldIssue } from './problem.ts';

export type NewApiKey = Readonly<{ name: string; scopes: readonly Scope[]; limits?: Partial<KeyLimits> }>;

/** API keys: made, listed, revoked, and proved by the gate before HTTP. */
export type ApiKeys = Readonly<{
  /** `key` is the whole key, given this once. Throws InvalidMessage for a bad name, no scope, an unknown one, or a limit that is none. */
  create(key: NewApiKey): Promise<Readonly<{ key: string; apiKey: ApiKey }>>;
  /** All keys, the revoked too, oldest first. */
  list(): Promise<readonly ApiKey[]>;
  /** False where there is no such key that is not revoked. Other processes let it in for at most their cache's time (30 s). */
  revoke(id: string): Promise<boolean>;
  /** Who the bearer is; null for an unknown or revoked key or a wrong secret. Throws Transient where it cannot be looked up. */
  verify(presented: PresentedKey): Promise<Caller | null>;
}>;

export type ApiKeysOptions = Readonly<{
  /** How long what was looked up is believed; 30 s at most and by default. */
  ttlMs?: number;
  /** Keys remembered, and apart from them unknown ids remembered; 1,000 of each by default. */
  maxEntries?: number;
  /** Look-ups under way at one time; beyond it Transient. 32 by default. */
  maxLookups?: number;
}>;

type Row = Readonly<{
  id: string;
  name: string;
  secret_hash: Uint8Array;
  scopes: Scope[];
  max_event_bytes: number | null;
  max_batch_bytes: number | null;
  created_at: Date;
  revoked_at: Date | null;
}>;
type Known = Readonly<{ hash: Uint8Array; caller: Caller }>;

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const MAX_TTL = 30_000;
const COLUMNS = 'id, name, secret_hash, scopes, max_event_bytes, max_batch_bytes, created_at, revoked_at';

/** What is wrong with a key that somebody wants to make; empty where it is fine. */
export const newKeyIssues = ({ name, scopes, limits = {} }: NewApiKey): readonly FieldIssue[] => [
  ...(NAME.test(name) ? [] : [{ path: 'name', code: 'ACCESS.NAME', message: 'a-z, 0-9, dot, underscore and hyphen, at most 63, beginning with a letter or digit' }]),
  ...(scopes.length > 0 ? [] : [{ path: 'scopes', code: 'ACCESS.NO_SCOPE', message: 'at least one' }]),
  ...scopes.flatMap((scope, i) => (SCOPES.includes(scope) ? [] : [{ path: `scopes.${i}`, code: 'ACCESS.UNKNOWN_SCOPE', message: `one of ${SCOPES.join(', ')}` }])),
  ...(['maxEventBytes', 'maxBatchBytes'] as const).flatMap((limit) => {
    const value = limits[limit] ?? null;
    return value === null || (Number.isInteger(value) && value > 0 && value <= 100_000_000) ? [] : [{ path: `limits.${limit}`, code: 'ACCESS.LIMIT', message: 'bytes, from 1 to 100,000,000' }];
  }),
];

const apiKeyOf = (row: Row): ApiKey => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes,
  limits: { maxEventBytes: row.max_event_bytes, maxBatchBytes: row.max_batch_bytes },
  createdAt: row.created_at.getTime(),
  revokedAt: row.revoked_at?.getTime() ?? null,
});

/** SQLSTATEs after which the same query may succeed. No SQLSTATE: no answer at all. libs/store, which tells them finer, stands on this library. */
const PASSING = /^(08|40|53|55|57|58)/;
const asFailure = (error: unknown): unknown => {
  const { code } = error as { code?: unknown };
  const answered = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
  return answered && !PASSING.test(code) ? error : transient('ACCESS.UNAVAILABLE', 'API keys cannot be looked up', error);
};

/** Remembers for a time and up to a size; the oldest goes first. */
const createMemory = <T>(clock: Clock, ttlMs: number, max: number) => {
  const entries = new Map<string, { value: T; until: number }>();
  return {
    get: (id: string): T | undefined => {
      const entry = entries.get(id);
      if (!entry || entry.until > clock.now()) return entry?.value;
      entries.delete(id);
      return undefined;
    },
    set: (id: string, value: T): void => {
      entries.delete(id);
      entries.set(id, { value, until: clock.now() + ttlMs });
      if (entries.size > max) entries.delete(entries.keys().next().value!);
    },
    delete: (id: string): void => void entries.delete(id),
  };
};

/** API keys in `access.api_key`. Unknown ids are remembered apart from known keys, so that guessing pushes out no key that is in use. */
export const tableApiKeys = (pool: Pick<Pool, 'query'>, clock: Clock, options: ApiKeysOptions = {}): ApiKeys => {
  const ttlMs = Math.min(options.ttlMs ?? MAX_TTL, MAX_TTL);
  const known = createMemory<Known>(clock, ttlMs, options.maxEntries ?? 1_000);
  const unknown = createMemory<true>(clock, ttlMs, options.maxEntries ?? 1_000);
  const lookups = new Map<string, Promise<Known | null>>();

  const fetch = async (id: string): Promise<Known | null> => {
    try {
      const { rows } = await pool.query<Row>(`select ${COLUMNS} from access.api_key where id = $1 and revoked_at is null`, [id]);
      if (!rows[0]) return null;
      const { id: keyId, name, scopes, limits } = apiKeyOf(rows[0]);
      return { hash: rows[0].secret_hash, caller: Object.freeze({ keyId, name, scopes, limits }) };
    } catch (error) {
      throw asFailure(error);
    }
  };
  const lookUp = (id: string): Promise<Known | null> => {
    const under = lookups.get(id);
    if (under) return under;
    if (lookups.size >= (options.maxLookups ?? 32)) throw transient('ACCESS.BUSY', 'too many API keys are being looked up');
    const lookup = fetch(id).then((found) => {
      if (found) known.set(id, found);
      else unknown.set(id, true);
      return found;
    }).finally(() => lookups.delete(id));
    lookups.set(id, lookup);
    return lookup;
  };

  return {
    create: async (key) => {
      const issues = newKeyIssues(key);
      if (issues.length > 0) throw invalidMessage('ACCESS.NEW_KEY', 'no key can be made of this', issues);
      const presented = generateKey();
      const { rows } = await pool.query<Row>(
        `insert into access.api_key (id, name, secret_hash, scopes, max_event_bytes, max_batch_bytes, created_at) values ($1, $2, $3, $4, $5, $6, $7) returning ${COLUMNS}`,
        [presented.id, key.name, hashSecret(presented.secret), [...new Set(key.scopes)], key.limits?.maxEventBytes ?? null, key.limits?.maxBatchBytes ?? null, new Date(clock.now())],
      );
      return { key: keyText(presented), apiKey: apiKeyOf(rows[0]!) };
    },
    list: async () => (await pool.query<Row>(`select ${COLUMNS} from access.api_key order by created_at, id`)).rows.map(apiKeyOf),
    revoke: async (id) => {
      const { rowCount } = await pool.query('update access.api_key set revoked_at = $2 where id = $1 and revoked_at is null', [id, new Date(clock.now())]);
      known.delete(id);
      return rowCount === 1;
    },
    verify: async ({ id, secret }) => {
      if (unknown.get(id)) return null;
      const found = known.get(id) ?? (await lookUp(id));
      return found && secretMatches(secret, found.hash) ? found.caller : null;
    },
  };
};
