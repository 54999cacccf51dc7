import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import type { Sealed } from '@touchpoint/kernel';
import { defect } from './defect.ts';
import { borrowedRandom } from './random-bytes.ts';

const VERSION = 1;
const HEADER = 9;
const NONCE = 12;
const TAG = 16;
const OVERHEAD = HEADER + NONCE + TAG;

/** `1 | key id (8 bytes BE) | nonce 12 | ciphertext | tag 16`. */
export const sealUnder = (keyId: number, key: KeyObject, plaintext: string): Sealed => {
  const nonce = borrowedRandom(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const ciphertext = cipher.update(plaintext, 'utf8');
  cipher.final();
  const sealed = Buffer.allocUnsafe(OVERHEAD + ciphertext.length);
  sealed[0] = VERSION;
  sealed.writeUInt32BE(Math.floor(keyId / 0x1_0000_0000), 1);
  sealed.writeUInt32BE(keyId >>> 0, 5);
  sealed.set(nonce, HEADER);
  sealed.set(ciphertext, HEADER + NONCE);
  sealed.set(cipher.getAuthTag(), HEADER + NONCE + ciphertext.length);
  return sealed as Uint8Array as Sealed;
};

/** The id of the key that a value is sealed under. Throws a Defect at a version or a form that is not known. */
export const keyIdOf = (sealed: Sealed): number => {
  if (sealed.length < OVERHEAD) throw defect('VAULT.FORM', 'a sealed value is too short to be one');
  if (sealed[0] !== VERSION) throw defect('VAULT.VERSION', `a sealed value has version ${sealed[0]}, which is not known`);
  const view = new DataView(sealed.buffer, sealed.byteOffset, HEADER);
  const id = view.getUint32(1) * 0x1_0000_0000 + view.getUint32(5);
  if (!Number.isSafeInteger(id) || id < 1) throw defect('VAULT.FORM', 'a sealed value names a key that cannot be one');
  return id;
};

/** Throws a Defect where the value was changed, or was never sealed under this key. */
export const unsealUnder = (keyId: number, key: KeyObject, sealed: Sealed): string => {
  const end = sealed.length - TAG;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(HEADER, HEADER + NONCE)).setAuthTag(sealed.subarray(end));
  const plaintext = decipher.update(sealed.subarray(HEADER + NONCE, end));
  try {
    decipher.final();
  } catch {
    throw defect('VAULT.TAG', `a value that names key ${keyId} does not open under it`);
  }
  return plaintext.toString('utf8');
};
