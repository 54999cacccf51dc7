const M = 0x5bd1e995;

/** Kafka's own murmur2 over UTF-8, so that records keyed elsewhere by its default partitioner land where ours do. */
export const murmur2 = (bytes: Uint8Array, length = bytes.length): number => {
  let h = 0x9747b28c ^ length;
  const words = length & ~3;
  for (let i = 0; i < words; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  if (length - words >= 3) h ^= bytes[words + 2]! << 16;
  if (length - words >= 2) h ^= bytes[words + 1]! << 8;
  if (length - words >= 1) h = Math.imul(h ^ bytes[words]!, M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
};

const utf8 = new TextEncoder();
const short = new Uint8Array(64);
/** Keys are hex and ids: for them a loop costs a fraction of an encoder's call. @returns whether it is all of the key in UTF-8, in `short` */
const isShort = (key: string): boolean => {
  if (key.length > short.length) return false;
  for (let i = 0; i < key.length; i += 1) {
    const unit = key.charCodeAt(i);
    if (unit > 0x7f) return false;
    short[i] = unit;
  }
  return true;
};

/** The partition of a key. The count of a keyed topic is chosen once: another count is another home for every customer. */
export const partitionOf = (key: string, partitions: number): number => ((isShort(key) ? murmur2(short, key.length) : murmur2(utf8.encode(key))) & 0x7fffffff) % partitions;
