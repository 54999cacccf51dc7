import { createSecretKey, type KeyObject } from 'node:crypto';
import { transient, type Sealed, type SourceKey } from '@touchpoint/kernel';
import { query, type Queryable } from '@touchpoint/store';
import { BoundedCache } from './bounded-cache.ts';
import { missingMaster, ringOf, unwrapKey, wrapKey, type MasterKey, type MasterKeys } from './master-key.ts';
import { newKeyBytes } from './random-bytes.ts';
import { keyIdOf, sealUnder, unsealUnder } from './sealed.ts';

/** The key of one source: what is sealed under it can be read until its row is deleted, and never after. Not to be kept longer than a batch. */
export type DataKey = Readonly<{ id: number; sourceKey: SourceKey; key: KeyObject }>;

export type VaultOptions = Readonly<{
  clock: Readonly<{ now(): number }>;
  /** How long a key may stay in memory: 60 s at most and by default. An erased key is gone from every process after that. */
  ttlMs?: number;
  /** Keys in memory, 20,000 by default (about 1 KB each). */
  maxEntries?: number;
}>;

/** Without a key: the source was erased. */
type Row = Readonly<{ key_id: string; source_key: string }> & (Readonly<{ wrapped: Uint8Array; master_id: string }> | Readonly<{ wrapped: null; master_id: null }>);
type LiveRow = Extract<Row, { wrapped: Uint8Array }>;
const isLive = (row: Row): row is LiveRow => row.wrapped !== null;
const sourceKeyOf = ({ source_key }: Row): SourceKey => source_key.replaceAll('-', '') as SourceKey;

const ERASED = 'erased';
const MAX_TTL = 60_000;
const MAX_TRIES = 5;

/** A row written by somebody else since this statement began is neither inserted nor seen: then it is asked again. Sorted, so that two batches cannot wait for each other. */
const ENSURE = `
with wanted as (select source_key, wrapped from unnest($1::uuid[], $2::bytea[]) as w (source_key, wrapped)),
known as (select k.key_id, k.source_key, k.wrapped, k.master_id from vault.data_key k where k.source_key = any($1::uuid[])),
made as (
  insert into vault.data_key (source_key, wrapped, master_id)
  select w.source_key, w.wrapped, $3 from wanted w where not exists (select from known k where k.source_key = w.source_key) order by w.source_key
  on conflict (source_key) do nothing
  returning key_id, source_key, wrapped, master_id
)
select * from known union all select * from made`;
const BY_ID = 'select key_id, source_key, wrapped, master_id from vault.data_key where key_id = any($1::bigint[]) and wrapped is not null';

type Candidates = ReadonlyMap<SourceKey, Readonly<{ bytes: Buffer; wrapped: Buffer }>>;

/** A `bytea[]` as text: `pg` would escape each element, character by character. */
const literal = (values: readonly Buffer[]): string => `{${values.map((value) => `"\\\\x${value.toString('hex')}"`).join()}}`;
const bytesOf = (sourceKey: SourceKey): Buffer => Buffer.from(sourceKey, 'hex');

/** Seals and opens personal values. Keys are made on first use, one per source that was not erased, wrapped by the master key; any number of processes may do so at once. */
export class Vault {
  readonly #pool: Queryable;
  readonly #current: MasterKey;
  readonly #masters: ReadonlyMap<string, MasterKey>;
  readonly #bySource: BoundedCache<SourceKey, DataKey | typeof ERASED>;
  readonly #byId: BoundedCache<number, DataKey>;
  readonly #sweep: NodeJS.Timeout;

  private constructor(pool: Queryable, masters: MasterKeys, options: VaultOptions) {
    const ttlMs = Math.min(options.ttlMs ?? MAX_TTL, MAX_TTL);
    const cache = { max: options.maxEntries ?? 20_000, ttlMs, now: () => options.clock.now() };
    this.#pool = pool;
    this.#current = masters.current;
    this.#masters = ringOf(masters);
    this.#bySource = new BoundedCache(cache);
    this.#byId = new BoundedCache(cache);
    this.#sweep = setInterval(() => { this.#bySource.expire(); this.#byId.expire(); }, Math.max(10, ttlMs / 4)).unref();
  }

  /** Asks nothing of the database yet. */
  static open(pool: Queryable, masters: MasterKeys, options: VaultOptions): Vault {
    return new Vault(pool, masters, options);
  }

  /** Forgets all keys and stops its timer; the pool stays open. */
  close(): void {
    clearInterval(this.#sweep);
    this.#bySource.clear();
    this.#byId.clear();
  }

  /**
   * The key of each source, made where there is none; in one round trip for all of them, none where all are in memory. A source that was erased has none and is left
   * out: nothing personal is kept of it any more. Throws Transient where Postgres cannot be asked.
   */
  async keysFor(sourceKeys: Iterable<SourceKey>): Promise<ReadonlyMap<SourceKey, DataKey>> {
    const found = new Map<SourceKey, DataKey>();
    let missing: SourceKey[] = [];
    for (const sourceKey of new Set(sourceKeys)) {
      const key = this.#bySource.get(sourceKey);
      if (key === undefined) missing.push(sourceKey);
      else if (key !== ERASED) found.set(sourceKey, key);
    }
    for (let tries = 0; missing.length > 0; tries += 1) {
      if (tries === MAX_TRIES) throw transient('VAULT.CONTENDED', 'data keys could not be made: somebody else makes and deletes them');
      const ours = this.#candidates(missing.sort());
      const rows = await query<Row>(this.#pool, ENSURE, [`{${missing.join()}}`, literal(missing.map((sourceKey) => ours.get(sourceKey)!.wrapped)), this.#current.id]);
      for (const key of this.#keep(rows.filter(isLive), ours)) found.set(key.sourceKey, key);
      for (const row of rows) if (!isLive(row)) this.#bySource.set(sourceKeyOf(row), ERASED);
      for (const { bytes } of ours.values()) bytes.fill(0);
      const answered = new Set(rows.map(sourceKeyOf));
      missing = missing.filter((sourceKey) => !answered.has(sourceKey));
    }
    return found;
  }

  /** About 38 bytes more than the value has. Never asks anybody. */
  seal(key: DataKey, plaintext: string): Sealed {
    return sealUnder(key.id, key.key, plaintext);
  }

  /**
   * Each value in clear, or null where it is redacted: the key is gone. One round trip for all keys that are not in memory. Throws a
   * Defect (code VAULT.…) where a value has an unknown form, or does not open under a key that is there; Transient where Postgres cannot be asked.
   */
  async unseal(values: readonly Sealed[]): Promise<(string | null)[]> {
    const ids = values.map(keyIdOf);
    const keys = new Map<number, DataKey>();
    const missing = new Set<number>();
    for (const id of ids) {
      const key = this.#byId.get(id);
      if (key) keys.set(id, key);
      else missing.add(id);
    }
    if (missing.size > 0) for (const key of this.#keep(await query<LiveRow>(this.#pool, BY_ID, [`{${[...missing].join()}}`]))) keys.set(key.id, key);
    return values.map((sealed, i) => {
      const key = keys.get(ids[i]!);
      return key ? unsealUnder(key.id, key.key, sealed) : null;
    });
  }

  #candidates(sourceKeys: readonly SourceKey[]): Candidates {
    return new Map(sourceKeys.map((sourceKey) => {
      const bytes = newKeyBytes();
      return [sourceKey, { bytes, wrapped: wrapKey(this.#current, bytesOf(sourceKey), bytes) }];
    }));
  }

  #open(row: LiveRow, sourceKey: SourceKey): Buffer {
    const master = this.#masters.get(row.master_id);
    if (!master) throw missingMaster(row.master_id, this.#masters.keys());
    return unwrapKey(master, bytesOf(sourceKey), row.wrapped);
  }

  /** A key that came back as we wrapped it is known already. */
  #keep(rows: readonly LiveRow[], ours?: Candidates): readonly DataKey[] {
    return rows.map((row) => {
      const sourceKey = sourceKeyOf(row);
      const own = ours?.get(sourceKey);
      const bytes = own?.wrapped.equals(row.wrapped) ? own.bytes : this.#open(row, sourceKey);
      const key: DataKey = { id: Number(row.key_id), sourceKey, key: createSecretKey(bytes) };
      bytes.fill(0);
      this.#bySource.set(sourceKey, key);
      this.#byId.set(key.id, key);
      return key;
    });
  }
}
