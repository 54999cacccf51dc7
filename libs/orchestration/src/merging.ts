import type { CustomerAbsorbed, CustomerHandedOver, CustomerMerged, CustomerSplit } from '@touchpoint/contracts';
import { startRun, type Run } from '@touchpoint/journeys';
import type { CustomerId, Instant } from '@touchpoint/kernel';
import { newest } from '@touchpoint/measures';
import { unreachableMembers } from './erasing.ts';
import { EMPTY_PART, isEmptyPart, joinedPart, type Part } from './part.ts';
import { endRun, restart, type Deciding } from './running.ts';
import { leaveSegments, reviewAll } from './segmenting.ts';
import { MAX_KEYS, MAX_MEMBERS, MAX_PENDING, STATE_VERSION, type CustomerState, type Member, type Remembered } from './state.ts';
import { utf8Bytes } from './utf8.ts';

/** A run that still rests at its first step, so that the survivor can begin it anew. */
type Resting = Readonly<{ at: Instant; cause: string; entry: Run['entry']; runId: string }>;
/**
 * What `CustomerHandedOver` carries. `via`: who hands it over, the absorbed customer or one further along the chain. `joinedAt`: when all of it became a part of
 * the receiver; along a chain that is the last merge, whichever way it came, so that consent does not depend on the order of hand-overs.
 */
type HandOver = Readonly<{ via: string; hops: number; joinedAt: Instant; parts: Readonly<Record<string, Part>>; pending: readonly string[]; journeys: Readonly<Record<string, Remembered>>; resting: Readonly<Record<string, Resting>> }>;

/** Longest chain of customers that were absorbed one into the other. Longer is a circle, which identity never makes. */
export const MAX_HOPS = 32;
/** Where members, and merges on their way, end up that are not told apart any more. */
const REST = 'rest';

/** Most bytes of a hand-over: a record must fit on the log. */
export const MAX_HAND_OVER = 600_000;

/** Without addresses but for those heard of last. Their slots stay, so that nothing older takes their place. */
const reachingFewer = (parts: HandOver['parts'], most: number): HandOver['parts'] => {
  const addresses = Object.values(parts).flatMap(({ contacts }) => Object.values(contacts)).filter(({ address }) => address !== null);
  const kept = new Set(addresses.sort((a, b) => b.at - a.at).slice(0, most));
  const shorter = (contacts: Part['contacts']): Part['contacts'] => Object.fromEntries(Object.entries(contacts).map(([slot, point]) => [slot, kept.has(point) ? point : { ...point, address: null }]));
  return Object.fromEntries(Object.entries(parts).map(([id, part]) => [id, { ...part, contacts: shorter(part.contacts) }]));
};

/** Windows that look at single events see fewer of them; what all come to stays. */
const shorterSeries = (parts: HandOver['parts']): HandOver['parts'] =>
  Object.fromEntries(Object.entries(parts).map(([id, part]) => [id, { ...part, series: Object.fromEntries(Object.entries(part.series).map(([key, series]) => [key, newest(series, 4)])) }]));

/** What is done with parts that do not fit, one after the other: less is sent then, never more. Two parts without an address always fit. */
const SHORTER: readonly ((parts: HandOver['parts']) => HandOver['parts'])[] = [
  shorterSeries,
  ...[128, 32, 8, 0].map((most) => (parts: HandOver['parts']) => reachingFewer(parts, most)),
  ...[8, 2].map((most) => (parts: HandOver['parts']) => boundedMembers(parts as Readonly<Record<string, Member>>, most)),
];

const textOf = (hand: HandOver): string => {
  let { parts } = hand;
  let text = JSON.stringify(hand);
  for (const shorter of SHORTER) {
    if (utf8Bytes(text) <= MAX_HAND_OVER) break;
    parts = shorter(parts);
    text = JSON.stringify({ ...hand, parts });
  }
  return text;
};

const handOver = (from: CustomerId, to: CustomerId, hand: HandOver, { out }: Deciding): void => {
  if (hand.hops > MAX_HOPS) throw new Error(`the customer ${from} was handed over ${hand.hops} times: the chain of those who were absorbed is a circle`);
  out.fact({ type: 'CustomerHandedOver', data: { fromCustomerId: from, toCustomerId: to, stateVersion: STATE_VERSION, state: textOf(hand), causeOffset: out.cause.offset } }, to);
};

/** This customer became a part of another: its runs end, and all that decisions rest on goes to the survivor. */
export const absorbed = (before: CustomerState, { data: { customerId, survivorId } }: CustomerAbsorbed, deciding: Deciding): CustomerState => {
  const { out: { cause }, published } = deciding;
  if (customerId !== cause.customerId) return before;
  const resting: Record<string, Resting> = {};
  for (const run of before.runs) {
    const journey = published.journeys.get(run.journey);
    if (journey?.document.reentry.rule === 'restart' && run.step === journey.first) resting[run.journey] = { at: run.enteredAt, cause: run.cause, entry: run.entry, runId: run.id };
  }
  const state = leaveSegments(before.runs.reduce((left, run) => endRun(left, run, 'merged', deciding), before), 'merged', deciding);
  handOver(customerId, survivorId, { via: customerId, hops: 1, joinedAt: cause.now, parts: { [customerId]: state.own, ...state.members }, pending: Object.keys(state.pending), journeys: state.journeys, resting }, deciding);
  return { ...state, absorbed: { by: survivorId, at: cause.now } };
};

/** Another customer became a part of this one. Until its hand-over is here, marketing is held: it may have opted out. */
export const merged = (state: CustomerState, { data: { customerId, absorbedId } }: CustomerMerged, { out: { cause } }: Deciding): CustomerState => {
  if (customerId !== cause.customerId) return state;
  if (state.early[absorbedId] !== undefined) return { ...state, early: left(state.early, absorbedId) };
  return { ...state, pending: withPending(state.pending, absorbedId, cause.now) };
};

/** Beyond the bound merges are not told apart, and what stands for them never leaves: marketing stays held rather than go out to somebody who has opted out. */
const withPending = (pending: CustomerState['pending'], id: string, at: Instant): CustomerState['pending'] => {
  const name = Object.keys(pending).length < MAX_PENDING ? id : REST;
  return pending[id] !== undefined || pending[name] !== undefined ? pending : { ...pending, [name]: at };
};

/** The log is kept for ever: an older engine's parts have less in them. */
const readHandOver = (text: string): HandOver => {
  const hand = JSON.parse(text) as HandOver;
  return { ...hand, parts: Object.fromEntries(Object.entries(hand.parts).map(([id, part]) => [id, { ...EMPTY_PART, ...part }])) };
};

/** What decisions about a merged customer rest on has arrived. Whoever was absorbed meanwhile hands it on. */
export const handedOver = (before: CustomerState, { data }: CustomerHandedOver, deciding: Deciding): CustomerState => {
  const { customerId } = deciding.out.cause;
  if (data.stateVersion !== STATE_VERSION) throw new Error(`a hand-over has the version ${data.stateVersion}; this engine knows ${STATE_VERSION}`);
  const hand = readHandOver(data.state);
  const from = data.fromCustomerId;
  const expected = before.pending[from] !== undefined;
  let pending = left(before.pending, from);
  for (const id of hand.pending) if (id !== customerId) pending = withPending(pending, id, deciding.out.cause.now);
  const early = !expected && hand.via === from && Object.keys(before.early).length < MAX_PENDING ? { ...before.early, [from]: hand.joinedAt } : before.early;
  const members = withMembers(before.members, hand, customerId);
  const state = { ...before, members: before.erased === null ? members : unreachableMembers(members), pending, early };
  if (!state.absorbed) return state.erased === null ? takeJourneys(reviewAll(state, deciding), hand, deciding) : state;
  handOver(from, state.absorbed.by, { ...hand, via: customerId, hops: hand.hops + 1, joinedAt: Math.max(hand.joinedAt, state.absorbed.at) }, deciding);
  return state;
};

const withMembers = (before: CustomerState['members'], { parts, joinedAt, via }: HandOver, self: string): CustomerState['members'] => {
  const members: Record<string, Member> = { ...before };
  for (const [id, part] of Object.entries(parts)) if (id !== self && !isEmptyPart(part)) members[id] = id === REST && members[REST] ? together(members[REST], { ...part, joinedAt, via }) : { ...part, joinedAt, via };
  return boundedMembers(members);
};

/** Two that are not told apart any more: no split takes them out. */
const together = (a: Member, b: Member): Member => ({ ...joinedPart(a, b), joinedAt: Math.max(a.joinedAt, b.joinedAt), via: REST });

/** Beyond the bound the oldest two become one. */
export const boundedMembers = (members: CustomerState['members'], most = MAX_MEMBERS): CustomerState['members'] => {
  const ids = Object.keys(members);
  if (ids.length <= most) return members;
  // The part of somebody's own that is handed over did not join.
  const age = (id: string): number => (id === REST ? -1 : (members[id]!.joinedAt ?? Infinity));
  const [a, b] = ids.sort((one, other) => age(one) - age(other) || (one < other ? -1 : 1)) as [string, string];
  const { [a]: first, [b]: second, ...kept } = members;
  return boundedMembers({ ...kept, [REST]: together(first!, second!) }, most);
};

/** What the journeys of the two remember becomes one; a run that rested since a newer event than ours goes on here. */
const takeJourneys = (before: CustomerState, { journeys, resting }: HandOver, deciding: Deciding): CustomerState => {
  const { published, out: { cause } } = deciding;
  let state = before;
  for (const [id, memory] of Object.entries(journeys)) {
    const ours = state.journeys[id] ?? {};
    const keys = [...new Set([...(memory.keys ?? []), ...(ours.keys ?? [])])].slice(-MAX_KEYS);
    if (keys.length) state = { ...state, journeys: { ...state.journeys, [id]: { ...ours, keys } } };
    const journey = published.journeys.get(id);
    if (!journey || memory.latest === undefined || memory.latest <= (ours.latest ?? -Infinity)) continue;
    const rested = resting[id];
    const run = rested ? { ...startRun(journey, cause.customerId, { key: `handed/${rested.runId}`, messageId: rested.cause, at: rested.at, data: {} }), entry: rested.entry } : null;
    state = restart(state, journey, run, null, deciding, memory.latest);
  }
  return state;
};

/** A member stands alone again: it decides for itself, and what came by it leaves the other. */
export const split = (state: CustomerState, { data: { customerId, memberId } }: CustomerSplit, deciding: Deciding): CustomerState => {
  const { cause } = deciding.out;
  if (cause.customerId === memberId) return state.absorbed === null ? state : reviewAll({ ...state, absorbed: null }, deciding);
  if (cause.customerId !== customerId) return state;
  const members = Object.fromEntries(Object.entries(state.members).filter(([id, { via }]) => id !== memberId && via !== memberId));
  return reviewAll({ ...state, members, pending: left(state.pending, memberId), early: left(state.early, memberId) }, deciding);
};

const left = <T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> => {
  const { [key]: _gone, ...others } = record;
  return others;
};
