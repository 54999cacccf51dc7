import type { HistoryFilled, IdentityMessage, OrchestrationMessage, Touchpoint, TouchpointHandedOn } from '@touchpoint/contracts';
import type { HappenedEvent } from '@touchpoint/journeys';
import { pick, type CustomerId, type Instant, type Table } from '@touchpoint/kernel';
import { Emission, nothing, type Decided } from './emission.ts';
import { touchpointOf, touchpointText } from './handed-on.ts';
import { HISTORY } from './history.ts';
import { causeOf, type Cause, type Input } from './input.ts';
import { erased, unreachable } from './erasing.ts';
import { absorbed, boundedMembers, handedOver, MAX_HOPS, merged, split } from './merging.ts';
import { counted } from './measures.ts';
import { askedUnder, EMPTY_PART, filledPart, foldPart, PART_TOUCHPOINTS, type Filled, type Part } from './part.ts';
import type { Published } from './published.ts';
import { enterJourneys, fireTimer, followSegments, moveRuns, type Deciding } from './running.ts';
import { reviewAll, reviewDue, reviewFor } from './segmenting.ts';
import type { CustomerState } from './state.ts';

type Control = Extract<IdentityMessage | OrchestrationMessage, { type: 'CustomerAbsorbed' | 'CustomerErased' | 'CustomerMerged' | 'CustomerSplit' | 'CustomerHandedOver' | 'TouchpointHandedOn' | 'TimerFired' | 'HistoryFilled' | 'IdentitiesLinked' }>;

/** What is no touchpoint and yet decided on. Facts of our own (JourneysMoved, MessageDecided, …) have no place here: they are outputs, and folding them would let a replay differ. */
const CONTROL: Table<Control, [state: CustomerState, deciding: Deciding], CustomerState> = {
  IdentitiesLinked: ({ data }, state, deciding) => (data.linked.some(({ kind }) => kind === 'user') ? known(state, deciding) : state),
  CustomerAbsorbed: (message, state, deciding) => absorbed(state, message, deciding),
  CustomerErased: (_, state, deciding) => erased(state, deciding),
  CustomerMerged: (message, state, deciding) => merged(state, message, deciding),
  CustomerSplit: (message, state, deciding) => split(state, message, deciding),
  CustomerHandedOver: (message, state, deciding) => handedOver(state, message, deciding),
  TouchpointHandedOn: ({ data }, state, deciding) => {
    const origin = { customerId: data.fromCustomerId, via: data.viaCustomerId, joinedAt: data.joinedAt, hops: data.hops, setNumber: data.setNumber };
    return data.messageType === HISTORY ? handedHistory(state, data.data, origin, deciding) : touched(state, touchpointOf(data), origin, deciding);
  },
  TimerFired: ({ data }, state, deciding) => (data.runId === null ? reviewDue(state, data.timerId, deciding) : fireTimer(state, data.timerId, data.historical || deciding.out.cause.historical, deciding)),
  HistoryFilled: ({ data }, state, deciding) => filledHistory(state, data, deciding),
};

/** Does a type of message concern decisions at all? Of any other, neither the body nor the customer's state is needed. */
export const concerns = (published: Published, type: string): boolean => PART_TOUCHPOINTS.has(type) || published.watched.has(type) || published.trackers.has(type) || Object.hasOwn(CONTROL, type);

/**
 * Decides on one record of a customer's timeline under the set in force. Pure: the same state, record and set give the same answer, and time is what the record says.
 * An input at or before the one that the state was last changed by is a repeat: it changes nothing and emits nothing.
 * @throws Error (a Defect) at a state or a hand-over of a newer version.
 */
export const decide = (state: CustomerState, input: Input, published: Published): Decided => {
  const { message, recorded } = input;
  if (!concerns(published, message.type) || recorded.position.offset <= state.offset) return nothing(state);
  const control = pick<Control, [CustomerState, Deciding], CustomerState>(CONTROL, message.type);
  const out = new Emission(message.type === 'TouchpointHandedOn' ? handedOnCause(message, input) : causeOf(input), published.setNumber);
  const deciding = { published, out };
  const moved = control ? control(message as Control, state, deciding) : touched(state, message as Touchpoint, null, deciding);
  return out.decided(state, followSegments(moved, deciding));
};

/** A touchpoint that was handed on keeps its own times: it may start what it would have started here, and history stays history. */
const handedOnCause = ({ data }: TouchpointHandedOn, input: Input): Cause => ({
  ...causeOf(input), type: data.messageType, messageId: data.messageId, publisher: data.publisher, at: Math.min(data.occurredAt, data.receivedAt), now: data.receivedAt, historical: data.historical,
});

/** Whose timeline a touchpoint came from, by whom, and the set in force there. */
type Origin = Readonly<{ customerId: CustomerId; via: CustomerId; joinedAt: Instant; hops: number; setNumber: number }>;

/** Folds a touchpoint, of this timeline or handed on from a member's; then ends, moves and starts runs. One on an absorbed customer is handed on instead. */
const touched = (before: CustomerState, message: Touchpoint, origin: Origin | null, deciding: Deciding): CustomerState => {
  const { at } = deciding.out.cause;
  const folded = origin ? foldMember(before, message, origin, deciding) : foldOwn(before, message, at, deciding);
  if (folded.absorbed) {
    handOn(message.type, touchpointText(message), origin, folded.absorbed, deciding);
    return folded;
  }
  if (folded.erased !== null) return folded;
  const state = reviewFor(lived(folded, deciding), message.type, deciding);
  const event: HappenedEvent = { type: message.type, at, data: message.data, commandId: commandOf(message) };
  return enterJourneys(moveRuns(state, event, deciding), event, deciding);
};

const known = (state: CustomerState, deciding: Deciding): CustomerState => {
  const { at } = deciding.out.cause;
  if ((state.own.measures['identity.knownAt'] ?? Infinity) <= at) return state;
  return reviewFor({ ...state, own: { ...state.own, measures: counted(state.own.measures, at, 'identity.knownAt') } }, 'IdentitiesLinked', deciding);
};

const lived = (state: CustomerState, { out: { cause } }: Deciding): CustomerState => (cause.historical || state.review.lived ? state : { ...state, review: { ...state.review, lived: true } });

/** Of somebody who was erased no address is kept, whatever comes late. */
const kept = <P extends Part>(state: CustomerState, part: P): P => (state.erased === null ? part : unreachable(part));

const foldOwn = (state: CustomerState, message: Touchpoint, at: number, { published }: Deciding): CustomerState => {
  const own = kept(state, foldPart(state.own, message, at, published));
  return own === state.own ? state : { ...state, own };
};

const foldMember = (state: CustomerState, message: Touchpoint, origin: Origin, { published, out: { cause } }: Deciding): CustomerState =>
  withMember(state, origin, (member) => kept(state, foldPart(member, message, cause.at, askedUnder(published, message.type, origin.setNumber))));

const withMember = (state: CustomerState, { customerId, via, joinedAt }: Origin, change: (member: Part) => Part): CustomerState => {
  const member = state.members[customerId] ?? { ...EMPTY_PART, joinedAt, via };
  const changed = change(member);
  return changed === member ? state : { ...state, members: boundedMembers({ ...state.members, [customerId]: { ...changed, joinedAt: member.joinedAt, via: member.via } }) };
};

/** What new measures come to up to where they were published. Whoever is a part of another customer hands it on. */
const filledHistory = (before: CustomerState, { filled }: HistoryFilled['data'], deciding: Deciding): CustomerState => {
  const own = kept(before, filledPart(before.own, JSON.parse(filled) as Filled));
  const state = own === before.own ? before : { ...before, own };
  if (state.absorbed) handOn(HISTORY, filled, null, state.absorbed, deciding);
  return state;
};

const handedHistory = (before: CustomerState, filled: string, origin: Origin, deciding: Deciding): CustomerState => {
  const state = withMember(before, origin, (member) => kept(before, filledPart(member, JSON.parse(filled) as Filled)));
  if (!state.absorbed) return reviewAll(state, deciding, true);
  handOn(HISTORY, filled, origin, state.absorbed, deciding);
  return state;
};

const handOn = (messageType: string, data: string, origin: Origin | null, { by: to, at }: NonNullable<CustomerState['absorbed']>, { published, out }: Deciding): void => {
  const { cause } = out;
  const hops = (origin?.hops ?? 0) + 1;
  if (hops > MAX_HOPS) throw new Error(`a touchpoint was handed on ${hops} times: the chain of those who were absorbed is a circle`);
  out.fact({ type: 'TouchpointHandedOn', data: {
    fromCustomerId: origin?.customerId ?? cause.customerId, viaCustomerId: cause.customerId, toCustomerId: to, messageType, data, messageId: cause.messageId, publisher: cause.publisher,
    occurredAt: cause.at, receivedAt: cause.now, historical: cause.historical, joinedAt: Math.max(origin?.joinedAt ?? at, at), hops, setNumber: origin?.setNumber ?? published.setNumber, causeOffset: cause.offset,
  } }, to);
};

/** The command that an event about a message names. */
const commandOf = ({ data }: Touchpoint): string | null => ('message' in data ? (data.message?.commandId ?? null) : null);
