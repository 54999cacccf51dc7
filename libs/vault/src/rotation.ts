import type { Client, Queryable } from '@touchpoint/store';
import { missingMaster, ringOf, unwrapKey, wrapKey, type MasterKeys } from './master-key.ts';
import { rewrapSigningKey } from './signing-key.ts';

type Row = Readonly<{ key_id: string; source_key: string; wrapped: Uint8Array; master_id: string }>;

/** How many keys each master key wraps, by its id, the signing key among them: of one that wraps none nothing depends any more. */
export const keysByMaster = async (on: Queryable): Promise<ReadonlyMap<string, number>> =>
  new Map((await on.query<{ master_id: string; keys: string }>('select master_id, count(*) as keys from (select master_id from vault.data_key where wrapped is not null union all select master_id from vault.signing_key) k group by 1')).rows.map(({ master_id, keys }) => [master_id, Number(keys)]));

/** What is locked is being erased, or is wrapped anew by somebody else: it is found by the next pass. Nothing waits here while it holds locks. */
const BATCH = `select key_id, source_key, wrapped, master_id from vault.data_key where key_id > $1 and master_id <> $2 order by key_id limit $3 for update skip locked`;
const REWRAP = 'update vault.data_key k set wrapped = w.wrapped, master_id = $3 from unnest($1::bigint[], $2::bytea[]) as w (key_id, wrapped) where k.key_id = w.key_id';

/** Which keys were wrapped anew in a step, and where the next one begins; `after` null: there are none behind. */
export type Rewrapped = Readonly<{ keys: number; after: number | null }>;

/**
 * Wraps at most `limit` data keys behind `after` (and at 0 the signing key) anew by the current master key, in the transaction of whoever keeps where it stands. The keys themselves stay what they are,
 * and so does all that was sealed; whoever knows both master keys opens it before, meanwhile and afterwards. A row that is erased at the same time stays erased.
 * @throws a Defect `VAULT.MASTER` where a row needs a master key that is not given, and then nothing of the step is kept
 */
export const rewrapKeys = async (client: Client, masters: MasterKeys, { after, limit }: Readonly<{ after: number; limit: number }>): Promise<Rewrapped> => {
  const { current } = masters;
  const ring = ringOf(masters);
  const { rows } = await client.query<Row>(BATCH, [after, current.id, limit]);
  if (after === 0) await rewrapSigningKey(client, masters);
  if (rows.length === 0) return { keys: 0, after: null };
  const wrapped = rows.map((row) => {
    const master = ring.get(row.master_id);
    if (!master) throw missingMaster(row.master_id, ring.keys());
    const owner = Buffer.from(row.source_key.replaceAll('-', ''), 'hex');
    const bytes = unwrapKey(master, owner, row.wrapped);
    const anew = wrapKey(current, owner, bytes);
    bytes.fill(0);
    return anew;
  });
  await client.query(REWRAP, [rows.map(({ key_id }) => key_id), wrapped, current.id]);
  return { keys: rows.length, after: Number(rows.at(-1)!.key_id) };
};
