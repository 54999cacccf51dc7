import type { Touchpoint } from '@touchpoint/contracts';
import type { CustomerId } from '@touchpoint/kernel';
import { tracked } from '@touchpoint/measures';
import { causeOf, type Input } from './input.ts';
import { filledPart, NOTHING_FILLED, type Asked, type Filled, type Part } from './part.ts';
import type { CustomerState } from './state.ts';
import { traitsSaid } from './traits.ts';

/** As what a share of history is handed on that is for a survivor. */
export const HISTORY = 'HistoryFilled';

export const concernsHistory = ({ trackers, traits }: Asked, type: string): boolean => trackers.has(type) || (type === 'TraitsSet' && traits.length > 0);

/**
 * Folds one touchpoint of a timeline into what new measures come to, as it would have been folded had they been there: beside the live state, of which nothing is needed.
 * What was handed on from a member's timeline is left out: that timeline has it, and hands its own share on. Returns the same object where nothing changes.
 */
export const foldHistory = (filled: Filled, input: Input, { trackers, traits }: Asked): Filled => {
  const { type, data } = input.message as Touchpoint;
  const { at } = causeOf(input);
  const series = tracked(filled.series, trackers.get(type) ?? [], data, at);
  const known = type === 'TraitsSet' ? traitsSaid(filled.traits, data, traits, at) : filled.traits;
  return series === filled.series && known === filled.traits ? filled : { series, traits: known };
};

/**
 * Folds touchpoints of one or more customers, in their order, into the histories that they have so far. @param askedOf what is asked of each
 * @returns those that changed.
 */
export const foldHistories = (histories: ReadonlyMap<string, Filled>, inputs: readonly Input[], askedOf: (input: Input) => readonly Asked[]): ReadonlyMap<CustomerId, Filled> => {
  const changed = new Map<CustomerId, Filled>();
  for (const input of inputs) {
    const { customerId } = input.recorded;
    const before = changed.get(customerId) ?? histories.get(customerId) ?? NOTHING_FILLED;
    const after = askedOf(input).reduce((history, asked) => foldHistory(history, input, asked), before);
    if (after !== before) changed.set(customerId, after);
  }
  return changed;
};

/** A customer as it would be if new measures had their history already. @param historyOf of its own timeline, and of those that became a part of it */
export const withHistory = (state: CustomerState, customerId: string, historyOf: (customerId: string) => Filled | undefined): CustomerState => {
  const filled = <P extends Part>(part: P, id: string): P => filledPart(part, historyOf(id) ?? NOTHING_FILLED);
  return { ...state, own: filled(state.own, customerId), members: Object.fromEntries(Object.entries(state.members).map(([id, member]) => [id, filled(member, id)])) };
};
