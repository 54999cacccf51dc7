import { createHash } from 'node:crypto';
import { derivedId, partitionOf, type Random } from '@touchpoint/kernel';

/** Who poisons are of. So few of a partition's customers that they are bad customers, and no bad release. */
export type Victims = Readonly<{
  /** One of a partition; `strays`: of the few of them that lie on other partitions too. */
  of: (partition: number, strays?: boolean) => string;
  /** So many a partition from now on. */
  grow: (count: number) => void;
}>;

export const FIRST_VICTIMS = 6;
const STRAYS = 2;

export const createVictims = (chance: Random, partitions: number, keyOf: (n: number) => string): Victims => {
  const keys: string[][] = Array.from({ length: partitions }, () => []);
  let made = 0;
  const grow = (count: number): void => {
    while (keys.some(({ length }) => length < count)) {
      const key = keyOf((made += 1));
      const mine = keys[partitionOf(key, partitions)]!;
      if (mine.length < count) mine.push(key);
    }
  };
  grow(FIRST_VICTIMS);
  return { grow, of: (partition, strays = false) => (strays ? keys[partition]![chance.below(STRAYS)]! : chance.one(keys[partition]!)) };
};

export const customerKey = (seed: number) => (n: number): string => derivedId('fuzz victim', String(seed), String(n));
export const sourceKey = (seed: number) => (n: number): string => createHash('sha256').update(`fuzz ${seed} ${n}`).digest('hex').slice(0, 32);
/** Keys that are nobody's. As few as they are, they count as customers. */
export const GARBAGE_KEYS: readonly string[] = ['', 'a\0b', 'control ', 'x'.repeat(3_000), '\u{1F469}', "'; --", '00000000-0000-0000-0000-00000000000G'];
