import type { Run } from '@touchpoint/journeys';
import type { CustomerId, Instant } from '@touchpoint/kernel';
import { EMPTY_PART, type Part } from './part.ts';

/** A timeline that became a part of this customer. `via` is whose hand-over brought it: a split takes it out with that one. */
export type Member = Part & Readonly<{ joinedAt: Instant; via: string }>;

/** What a journey remembers of a customer once its runs are over. */
export type Remembered = Readonly<{
  /** Digests of the last values that runs were started for (`oncePer`). */
  keys?: readonly string[];
  /** The newest entry event (`restart`): an older one that comes late starts nothing. */
  latest?: Instant;
}>;

/** One customer and one segment: since when it is in it, and when time alone changes that. */
export type Membership = Readonly<{ since?: Instant; next?: Instant }>;

/**
 * `set`: whose segments were looked at last, all of them. `at`: the time that the last change was made by. `timer`: when time next moves the customer. `lived`: not all that
 * is known of the customer is imported history.
 */
export type Review = Readonly<{ lived?: true; set?: number; at?: Instant; timer?: Readonly<{ id: string; dueAt: Instant }> }>;

/** Everything that decisions about one customer rest on. Plain JSON; bounded by the MAX_… below and by those of its parts, however long the history. */
export type CustomerState = Readonly<{
  v: typeof STATE_VERSION;
  /** Offset of the last input that changed anything. An input at or before it is a repeat and decides nothing. */
  offset: number;
  own: Part;
  members: Readonly<Record<string, Member>>;
  /** Whose part this customer is, and since when. What reaches its timeline is folded and handed on; nothing is decided here. */
  absorbed: Readonly<{ by: CustomerId; at: Instant }> | null;
  /** Customers that were merged into this one and whose hand-over is not here yet. */
  pending: Readonly<Record<string, Instant>>;
  /** Hand-overs that came before the merge they belong to. */
  early: Readonly<Record<string, Instant>>;
  runs: readonly Run[];
  journeys: Readonly<Record<string, Remembered>>;
  /** Segments that the customer is in, or that time may move it into. */
  segments: Readonly<Record<string, Membership>>;
  review: Review;
  /** When the person behind it was erased: nothing is decided any more, and no address is kept. */
  erased: Instant | null;
}>;

/** Version of the form of the state. Raised with an upcaster from the one before. */
export const STATE_VERSION = 1;
/** Runs that rest at one time. */
export const MAX_RUNS = 32;
/** Members that are told apart; beyond it the two oldest become one. */
export const MAX_MEMBERS = 32;
/** Values that `oncePer` remembers for a journey, and journeys that are remembered. */
export const MAX_KEYS = 16;
export const MAX_JOURNEYS = 64;
/** Merges that are on their way. */
export const MAX_PENDING = 64;

export const emptyState: CustomerState = { v: STATE_VERSION, offset: -1, own: EMPTY_PART, members: {}, absorbed: null, pending: {}, early: {}, runs: [], journeys: {}, segments: {}, review: {}, erased: null };

export const partsOf = (state: CustomerState): readonly Part[] => {
  for (const _ in state.members) return [state.own, ...Object.values(state.members)];
  return [state.own];
};

type Loose = Readonly<Record<string, unknown>>;
/** From each older version to the next. */
const upcasters: Readonly<Record<number, (state: Loose) => Loose>> = {};

/** The state as text: what is empty is left out. */
export const serialiseState = (state: CustomerState): string => JSON.stringify(filled({ ...state, own: filled(state.own), members: mapped(state.members, filled) }));

/** @throws Error at a version that is newer than this engine: an older engine must not decide on it. */
export const parseState = (text: string | null | undefined): CustomerState => {
  if (!text) return emptyState;
  let state = JSON.parse(text) as Loose;
  while (state['v'] !== STATE_VERSION) {
    const up = upcasters[Number(state['v'])];
    if (!up) throw new Error(`a customer's state has the version ${String(state['v'])}; this engine knows ${STATE_VERSION}`);
    state = up(state);
  }
  const { own, members, ...rest } = state as unknown as Partial<CustomerState>;
  return { ...emptyState, ...rest, own: { ...EMPTY_PART, ...own }, members: mapped(members ?? {}, (member) => ({ ...EMPTY_PART, ...member })) };
};

const some = (value: unknown): boolean => typeof value !== 'object' || (value !== null && Object.keys(value).length > 0);
const filled = <T extends object>(value: T): Partial<T> => Object.fromEntries(Object.entries(value).filter(([, one]) => some(one))) as Partial<T>;
const mapped = <A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
