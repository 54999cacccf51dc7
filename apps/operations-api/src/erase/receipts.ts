import { query, type Pool } from '@touchpoint/store';
import { fingerprintOf, publicSigningKey, signDocument, signingKey, type MasterKeys, type SignedDocument } from '@touchpoint/vault';

/** What an erasure took, for whoever asked for it, and for whoever has to believe it. No personal value: sources and keys are numbers, customers are ids. */
export type ErasureReceipt = Readonly<{
  kind: 'touchpoint erasure';
  version: 1;
  /** Of the run, and of the ErasureRequested on the log. */
  id: string;
  customer: string;
  customers: readonly string[];
  askedAt: string;
  completedAt: string;
  by: string;
  why: string;
  /** It had been erased before: this took only what was left. */
  erasedBefore: boolean;
  /** What there was of each before, and is gone. */
  places: Readonly<Record<string, number>>;
  /** Records that lay parked: sealed, and unreadable now too. */
  parked: number;
}>;

/** Signs a receipt and keeps it; one that was kept for this run already stays what it is. */
export const keepReceipt = async (pool: Pool, masters: MasterKeys, receipt: ErasureReceipt): Promise<SignedDocument<ErasureReceipt>> => {
  const signed = signDocument(await signingKey(pool, masters), receipt);
  await query(pool, 'insert into operations.receipt (run_id, receipt) values ($1, $2) on conflict do nothing', [receipt.id, JSON.stringify(signed)]);
  return (await readReceipt(pool, receipt.id))!;
};

export const readReceipt = async (pool: Pool, id: string): Promise<SignedDocument<ErasureReceipt> | undefined> => {
  const [row] = await query<{ receipt: string }>(pool, 'select receipt from operations.receipt where run_id = $1', [id]);
  return row && (JSON.parse(row.receipt) as SignedDocument<ErasureReceipt>);
};

/** The public key that receipts are signed under; null: none was signed yet. */
export const receiptKey = async (pool: Pool): Promise<Readonly<{ algorithm: 'Ed25519'; publicKey: string; fingerprint: string }> | null> => {
  const publicKey = await publicSigningKey(pool);
  return publicKey === undefined ? null : { algorithm: 'Ed25519', publicKey, fingerprint: fingerprintOf(publicKey) };
};
