const M = 0x5bd1e995;

/** Kafka's own murmur2 over UTF-8, so that records keyed elsewhere by its default partitioner land where ours do. */
export const murmur2 = (bytes: Uint8Array): number => {
  const length = bytes.length;
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
/** The partition of a key. The count of a keyed topic is chosen once: another count is another home for every customer. */
export const partitionOf = (key: string, partitions: number): number => (murmur2(utf8.encode(key)) & 0x7fffffff) % partitions;
