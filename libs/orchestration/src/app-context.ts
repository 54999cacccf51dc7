import type { AppContext } from '@touchpoint/contracts';
import type { Instant } from '@touchpoint/kernel';

/** What is known of a customer's app and device, each with when it was said. */
export type KnownContext = Readonly<Partial<Record<ContextName, readonly [value: string, at: Instant]>>>;

/** Whose country is that of a locale: de-CH is spoken in CH. */
const countryOf = (locale: string): string | null => /^[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?[-_]([A-Za-z]{2})\b/.exec(locale)?.[1]?.toUpperCase() ?? null;

/** What is taken of an event's context, by the measure that shows it. */
const TAKEN = {
  'app.version': ({ appVersion }) => appVersion,
  'app.os': ({ osName }) => osName,
  'app.osVersion': ({ osVersion }) => osVersion,
  'app.deviceClass': ({ deviceClass }) => deviceClass,
  'app.locale': ({ locale }) => locale,
  'app.country': ({ locale }) => (locale === null ? null : countryOf(locale)),
  'app.timeZone': ({ timeZone }) => timeZone,
} as const satisfies Readonly<Record<string, (context: AppContext) => string | null>>;
export type ContextName = keyof typeof TAKEN;
const NAMES = Object.keys(TAKEN) as ContextName[];

/** Longest value that is kept. */
const MAX_LENGTH = 64;

/** What was said last counts; of two at one time the greater, so that order does not matter. Returns the same object where nothing is new. */
export const contextSaid = (known: KnownContext, context: AppContext | null, at: Instant): KnownContext => {
  if (!context) return known;
  let next: Partial<Record<ContextName, readonly [string, Instant]>> | undefined;
  for (const name of NAMES) {
    const value = TAKEN[name](context);
    if (value === null || value.length > MAX_LENGTH) continue;
    const before = known[name];
    if (before && !isNewer([value, at], before)) continue;
    next ??= { ...known };
    next[name] = [value, at];
  }
  return next ?? known;
};

type Said<T> = readonly [value: T, at: Instant];
export const isNewer = <T>([value, at]: Said<T>, [before, when]: Said<T>): boolean => at > when || (at === when && JSON.stringify(value) > JSON.stringify(before));

/** Of two, or of more timelines, what was said last. */
export const joinedLatest = <T>(a: Readonly<Record<string, Said<T>>>, b: Readonly<Record<string, Said<T>>>): Record<string, Said<T>> => {
  const joined: Record<string, Said<T>> = { ...a };
  for (const [name, said] of Object.entries(b)) if (!joined[name] || isNewer(said, joined[name])) joined[name] = said;
  return joined;
};

export const latestOf = <T>(all: readonly Readonly<Record<string, Said<T> | undefined>>[], name: string): T | undefined => {
  let latest: Said<T> | undefined;
  for (const one of all) {
    const said = one[name];
    if (said && (!latest || isNewer(said, latest))) latest = said;
  }
  return latest?.[0];
};
