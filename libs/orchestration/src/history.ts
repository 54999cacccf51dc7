import type { CustomerId, Instant } from '@touchpoint/kernel';
import { tracked } from '@touchpoint/measures';
import type { Touchpoint } from '@touchpoint/contracts';
import { touchpointOf } from './handed-on.ts';
import { causeOf, type Input } from './input.ts';
import { filledPart, type Asked, type Filled, type Part } from './part.ts';
import type { CustomerState } from './state.ts';
import { traitsSaid } from './traits.ts';

/** As what a share of history is handed on that is for a survivor. */
export const HISTORY = 'HistoryFilled';

/** Whose timeline it is that became a part of the customer, and by whom it came. */
export type Joined = Readonly<{ via: CustomerId; joinedAt: Instant }>;
/** What new measures come to: of the customer's own timeline, and of touchpoints that were handed on from members'. */
export type Share = Readonly<{ own: Filled; members: Readonly<Record<string, Filled & Joined>> }>;
/** `before`: what it had come to when the customer became a part of another one. What came later was handed on touchpoint by touchpoint. */
export type History = Share & Readonly<{ before?: Share }>;

const NOTHING: Filled = { series: {}, traits: {} };
export const NO_HISTORY: History = { own: NOTHING, members: {} };

/** The messages, beside those that are asked about, that change whose history it is. */
const SHAPING: ReadonlySet<string> = new Set(['TouchpointHandedOn', 'CustomerAbsorbed', 'CustomerSplit']);
export const concernsHistory = ({ trackers, traits }: Asked, type: string): boolean => trackers.has(type) || (type === 'TraitsSet' && traits.length > 0) || SHAPING.has(type);

/**
 * Folds one record of a customer's timeline into what new measures come to, as it would have been folded had they been there: beside the live state, of which nothing
 * is needed. Returns the same object where nothing changes.
 */
export const foldHistory = (history: History, { message, recorded }: Input, asked: Asked): History => {
  const { at, customerId } = causeOf({ message, recorded });
  switch (message.type) {
    case 'CustomerAbsorbed': return message.data.customerId === customerId ? { ...history, before: { own: history.own, members: history.members } } : history;
    case 'CustomerSplit': return split(history, message.data, customerId);
    case 'TouchpointHandedOn': {
      const { data } = message;
      if (data.messageType === HISTORY) return history;
      const member = history.members[data.fromCustomerId] ?? { ...NOTHING, via: data.viaCustomerId, joinedAt: data.joinedAt };
      const folded = fold(member, touchpointOf(data), Math.min(data.occurredAt, data.receivedAt), asked);
      return folded === member ? history : { ...history, members: { ...history.members, [data.fromCustomerId]: folded } };
    }
    default: {
      const own = fold(history.own, message as Touchpoint, at, asked);
      return own === history.own ? history : { ...history, own };
    }
  }
};

const fold = <F extends Filled>(filled: F, { type, data }: Touchpoint, at: Instant, { trackers, traits }: Asked): F => {
  const series = tracked(filled.series, trackers.get(type) ?? [], data, at);
  const known = type === 'TraitsSet' ? traitsSaid(filled.traits, data, traits, at) : filled.traits;
  return series === filled.series && known === filled.traits ? filled : { ...filled, series, traits: known };
};

const split = (history: History, { customerId, memberId }: Readonly<{ customerId: CustomerId; memberId: CustomerId }>, self: CustomerId): History => {
  if (self === memberId) return { own: history.own, members: history.members };
  if (self !== customerId) return history;
  return { ...history, members: Object.fromEntries(Object.entries(history.members).filter(([id, { via }]) => id !== memberId && via !== memberId)) };
};

/**
 * Folds records of one or more customers, in their order, into the histories that they have so far. @param askedOf what is asked of a record
 * @returns those that changed.
 */
export const foldHistories = (histories: ReadonlyMap<string, History>, inputs: readonly Input[], askedOf: (input: Input) => readonly Asked[]): ReadonlyMap<CustomerId, History> => {
  const changed = new Map<CustomerId, History>();
  for (const input of inputs) {
    const { customerId } = input.recorded;
    const before = changed.get(customerId) ?? histories.get(customerId) ?? NO_HISTORY;
    const after = askedOf(input).reduce((history, asked) => foldHistory(history, input, asked), before);
    if (after !== before) changed.set(customerId, after);
  }
  return changed;
};

/** A customer as it would be if new measures had their history already. @param historyOf of its own timeline, and of those that became a part of it */
export const withHistory = (state: CustomerState, customerId: string, historyOf: (customerId: string) => History | undefined): CustomerState => {
  const { own, members: handedOn } = historyOf(customerId) ?? NO_HISTORY;
  const members = Object.entries(state.members).map(([id, member]) => {
    const parts = [historyOf(id)?.before?.own, handedOn[id]].filter((share) => share !== undefined);
    return [id, parts.reduce<Part>((part, share) => filledPart(part, share), member) as typeof member] as const;
  });
  return { ...state, own: filledPart(state.own, own), members: Object.fromEntries(members) };
};

/** What is written of a share; null: there is nothing in it. */
export const shareText = ({ own, members }: Share): string | null => (isNothing(own) && Object.values(members).every(isNothing) ? null : JSON.stringify({ own, members }));
const isNothing = ({ series, traits }: Filled): boolean => Object.keys(series).length + Object.keys(traits).length === 0;
export const shareOf = (text: string): Share => JSON.parse(text) as Share;
