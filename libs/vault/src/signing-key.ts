import type { KeyObject } from 'node:crypto';
import { query, type Client, type Queryable } from '@touchpoint/store';
import { missingMaster, ringOf, unwrapKey, wrapKey, type MasterKeys } from './master-key.ts';
import { newKeyBytes } from './random-bytes.ts';
import { privateKeyOf, publicBytesOf } from './signed-document.ts';

type Row = Readonly<{ public_key: Buffer; wrapped: Buffer; master_id: string }>;
/** Authenticated with the key: its row cannot hold another's. */
const OWNER = Buffer.from('touchpoint signing key');
const KNOWN = 'select public_key, wrapped, master_id from vault.signing_key';

const opened = ({ wrapped, master_id }: Row, masters: MasterKeys): Buffer => {
  const ring = ringOf(masters);
  const master = ring.get(master_id);
  if (!master) throw missingMaster(master_id, ring.keys());
  return unwrapKey(master, OWNER, wrapped);
};

/** The key that the system signs with: one, made at its first use, wrapped by the master key; a rotation of that leaves it what it is. */
export const signingKey = async (on: Queryable, masters: MasterKeys): Promise<KeyObject> => {
  const [known] = await query<Row>(on, KNOWN);
  if (known) return privateKeyOf(opened(known, masters));
  const seed = newKeyBytes();
  const publicKey = publicBytesOf(privateKeyOf(seed));
  await on.query('insert into vault.signing_key (public_key, wrapped, master_id) values ($1, $2, $3) on conflict do nothing', [publicKey, wrapKey(masters.current, OWNER, seed), masters.current.id]);
  // Another process may have been first.
  const [made] = await query<Row>(on, KNOWN);
  return privateKeyOf(opened(made!, masters));
};

/** The public half, raw, in base64; undefined: nothing was signed yet. Needs no master key. */
export const publicSigningKey = async (on: Queryable): Promise<string | undefined> => (await query<Row>(on, KNOWN))[0]?.public_key.toString('base64');

/** Part of a rotation of the master key. */
export const rewrapSigningKey = async (client: Client, masters: MasterKeys): Promise<void> => {
  const [row] = (await client.query<Row>(`${KNOWN} where master_id <> $1 for update`, [masters.current.id])).rows;
  if (row) await client.query('update vault.signing_key set wrapped = $1, master_id = $2', [wrapKey(masters.current, OWNER, opened(row, masters)), masters.current.id]);
};
