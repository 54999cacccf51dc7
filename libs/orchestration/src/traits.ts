import { propertyOf, type Scalar } from '@touchpoint/conditions';
import type { TraitsSet } from '@touchpoint/contracts';
import type { Instant } from '@touchpoint/kernel';
import { isNewer } from './app-context.ts';

/** Traits by path, each with when it was said; null: it was taken back. Only those that something published asks for. */
export type KnownTraits = Readonly<Record<string, readonly [value: Scalar | null, at: Instant]>>;

/** Longest text that is kept. A longer one counts as not there. */
const MAX_LENGTH = 200;

const scalar = (value: unknown): Scalar | null => (typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length <= MAX_LENGTH) ? value : null);

/** Takes what is asked for from traits that were set or taken back. A trait that is an object is replaced as a whole. */
export const traitsSaid = (known: KnownTraits, { traits, removed }: TraitsSet['data'], paths: readonly string[], at: Instant): KnownTraits => {
  let next: Record<string, readonly [Scalar | null, Instant]> | undefined;
  for (const path of paths) {
    const root = path.split('.', 1)[0]!;
    if (!removed.includes(root) && propertyOf({ traits }, `traits.${root}`) === undefined) continue;
    const said = [scalar(propertyOf({ traits }, `traits.${path}`)), at] as const;
    const before = known[path];
    if (before && !isNewer(said, before)) continue;
    next ??= { ...known };
    next[path] = said;
  }
  return next ?? known;
};
