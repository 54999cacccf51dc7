import { createCipheriv, createDecipheriv, createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { defect } from './defect.ts';
import { borrowedRandom } from './random-bytes.ts';

const VERSION = 1;
const NONCE = 12;
const KEY = 32;
const TAG = 16;
const LENGTH = 1 + NONCE + KEY + TAG;

/** Wraps data keys. `id` is derived from the key, so that each row says which master key it needs and a wrong one is named at once. */
export type MasterKey = Readonly<{ id: string; key: KeyObject }>;

/** The key that wraps new data keys, and others that rows may be wrapped by: the next one before a rotation, the former one until it is over. */
export type MasterKeys = Readonly<{ current: MasterKey; others?: readonly MasterKey[] }>;

/** As the configuration block `vault` has them. */
export type MasterKeyConfig = Readonly<{ MASTER_KEY: Uint8Array; MASTER_KEY_RING?: readonly Uint8Array[] | undefined }>;
export const masterKeysOf = ({ MASTER_KEY, MASTER_KEY_RING = [] }: MasterKeyConfig): MasterKeys => ({ current: masterKeyOf(MASTER_KEY), others: MASTER_KEY_RING.map(masterKeyOf) });

/** The master keys by their ids, as rows name them. */
export const ringOf = ({ current, others = [] }: MasterKeys): ReadonlyMap<string, MasterKey> => new Map([...others, current].map((master) => [master.id, master]));

export const masterKeyOf = (bytes: Uint8Array): MasterKey => {
  if (bytes.length !== KEY) throw new Error(`a master key has ${KEY} bytes`);
  return { id: createHash('sha256').update('touchpoint master key').update(bytes).digest('hex').slice(0, 16), key: createSecretKey(bytes) };
};

export const missingMaster = (id: string, there: Iterable<string>): Error => defect('VAULT.MASTER', `a data key needs master key ${id}, and there is ${[...there].join(', ')}`);

/** `1 | nonce 12 | wrapped key 32 | tag 16`; `owner`, the bytes of the source key, is authenticated with it: a row cannot be given another's key. */
export const wrapKey = (master: MasterKey, owner: Uint8Array, bytes: Uint8Array): Buffer => {
  const nonce = borrowedRandom(NONCE);
  const cipher = createCipheriv('aes-256-gcm', master.key, nonce).setAAD(owner);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()], LENGTH);
};

/** Throws a Defect where the wrapping was made by another master key, for another source, or was changed. */
export const unwrapKey = (master: MasterKey, owner: Uint8Array, wrapped: Uint8Array): Buffer => {
  if (wrapped.length !== LENGTH || wrapped[0] !== VERSION) throw defect('VAULT.WRAPPING', 'a data key is wrapped in a form that is not known');
  const decipher = createDecipheriv('aes-256-gcm', master.key, wrapped.subarray(1, 1 + NONCE)).setAAD(owner).setAuthTag(wrapped.subarray(LENGTH - TAG));
  const bytes = decipher.update(wrapped.subarray(1 + NONCE, LENGTH - TAG));
  try {
    decipher.final();
  } catch {
    throw defect('VAULT.WRAPPING', 'a data key does not open under its master key');
  }
  return bytes;
};
