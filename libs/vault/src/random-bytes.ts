import { randomFillSync } from 'node:crypto';

/** Drawn by the thousand: one call of the system's source per nonce costs as much as the encryption that it is for. */
const pool = Buffer.allocUnsafeSlow(16 * 1024);
let used = pool.length;

/** Random bytes to be used at once: later calls may write over them. At most 32. */
export const borrowedRandom = (length: 12 | 32): Buffer => {
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += length;
  return pool.subarray(used - length, used);
};

/** A new key of 32 random bytes, of which nothing stays behind here. */
export const newKeyBytes = (): Buffer => {
  const borrowed = borrowedRandom(32);
  const bytes = Buffer.from(borrowed);
  borrowed.fill(0);
  return bytes;
};
