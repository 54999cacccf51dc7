import { evaluate, holds, nextFlip } from '@touchpoint/conditions';
import { derivedId, type Instant } from '@touchpoint/kernel';
import type { PublishedSegment } from '@touchpoint/segments';
import { prunedPart } from './part.ts';
import type { Published } from './published.ts';
import type { Deciding } from './running.ts';
import { outlookOf } from './sight.ts';
import type { CustomerState, Membership } from './state.ts';

/** Most instants of the past at which one timer moves a customer: a daily change over an outage of years. Beyond it, the next timer goes on. */
const MAX_INSTANTS = 1_000;

/** Looks at the segments that a touchpoint of this type may move the customer into or out of; at all of them where others count by now than when that was done last. */
export const reviewFor = (state: CustomerState, type: string, deciding: Deciding): CustomerState => {
  const { published, out: { cause } } = deciding;
  return reviewedSet(state) === published.live ? timed(reviewed(state, published.watch.byEvent.get(type), cause.now, deciding), deciding) : reviewAll(state, deciding);
};

/** Looks at all segments: others count, or the customer consists of other timelines. @param found what it is in by now it did nothing to get into: only more is known */
export const reviewAll = (before: CustomerState, deciding: Deciding, found = false): CustomerState => {
  const { published, out: { cause } } = deciding;
  if (before.absorbed || before.erased !== null) return before;
  const known = new Set(published.segments.map(({ id }) => id));
  const gone = Object.keys(before.segments).filter((id) => !known.has(id));
  const state = reviewed(pruned(leaving(before, gone, 'archived', deciding), published), known, cause.now, deciding, found);
  return timed(reviewedSet(state) === published.live ? state : { ...state, review: { ...state.review, set: published.live } }, deciding);
};

/** What a set that waits for history leaves out may be what the one that counts asks for: only when it counts itself is the rest let go. */
const pruned = (state: CustomerState, published: Published): CustomerState => {
  if (published.live !== published.setNumber) return state;
  const own = prunedPart(state.own, published);
  const members = Object.entries(state.members).map(([id, member]) => [id, prunedPart(member, published)] as const);
  if (own === state.own && members.every(([id, member]) => member === state.members[id])) return state;
  return { ...state, own, members: Object.fromEntries(members) };
};

/** A timer of the segments is due: each change by time alone is made at its own instant, also where the timer is late. */
export const reviewDue = (before: CustomerState, timerId: string, deciding: Deciding): CustomerState => {
  const { published, out: { cause } } = deciding;
  let state = before.review.timer?.id === timerId ? { ...before, review: without(before.review, 'timer') } : before;
  if (state.absorbed || state.erased !== null) return state;
  if (reviewedSet(state) !== published.live) return reviewAll(state, deciding);
  for (let instants = 0, at = nextOf(state, published); at !== undefined && at <= cause.now && instants < MAX_INSTANTS; at = nextOf(state, published), instants++) {
    const due = published.segments.filter(({ id }) => (state.segments[id]?.next ?? Infinity) <= at!).map(({ id }) => id);
    state = reviewed(state, new Set(due), at, deciding);
  }
  return timed(state, deciding);
};

/** The customer is in no segment any more. */
export const leaveSegments = (before: CustomerState, reason: 'merged' | 'erased', deciding: Deciding): CustomerState => timed(leaving(before, Object.keys(before.segments), reason, deciding), deciding);

const leaving = (state: CustomerState, ids: readonly string[], reason: string, { out }: Deciding): CustomerState => {
  if (ids.length === 0) return state;
  for (const id of ids) if (state.segments[id]!.since !== undefined) out.left(id, out.cause.now, reason, null);
  return { ...state, segments: Object.fromEntries(Object.entries(state.segments).filter(([id]) => !ids.includes(id))) };
};

/** Looks at some segments, and at those that look at one that changed, each behind what it looks at. */
const reviewed = (before: CustomerState, ids: ReadonlySet<string> | undefined, time: Instant, deciding: Deciding, found = false): CustomerState => {
  const { published } = deciding;
  if (!ids || ids.size === 0 || before.absorbed || before.erased !== null) return before;
  // Never back: a clock may stand a little behind the one that the last change was made by.
  const at = Math.max(time, before.review.at ?? 0);
  const look = new Set(ids);
  let state = before;
  for (const segment of published.segments) {
    if (!look.has(segment.id) || segment.since > published.live) continue;
    const next = looked(state, segment, at, deciding, found);
    if (!same(next, state.segments[segment.id])) state = { ...state, review: { ...state.review, at }, segments: withMembership(state.segments, segment.id, next) };
    if (next.since !== before.segments[segment.id]?.since) for (const id of published.watch.bySegment.get(segment.id) ?? []) look.add(id);
  }
  return state;
};

const looked = (state: CustomerState, { id, when, since: newSince }: PublishedSegment, at: Instant, { published, out }: Deciding, found: boolean): Membership => {
  const was = state.segments[id]?.since;
  const outlook = outlookOf(state, published);
  const sight = outlook.sightAt(at);
  const is = holds(when, sight);
  const next = nextFlip(when, outlook, at);
  if (is && was === undefined) out.entered(id, at, found || (state.offset !== NEVER && newSince > reviewedSet(state)), evaluate(when, sight));
  if (!is && was !== undefined) out.left(id, at, 'condition', evaluate(when, sight));
  return { ...(is && { since: was ?? at }), ...(next !== undefined && { next }) };
};
/** The offset of a state that nothing has changed yet: whatever its customer is found in was just entered. */
const NEVER = -1;

const same = (a: Membership, b: Membership | undefined): boolean => a.since === b?.since && a.next === b?.next;
const withMembership = (segments: CustomerState['segments'], id: string, membership: Membership): CustomerState['segments'] => {
  if (membership.since !== undefined || membership.next !== undefined) return { ...segments, [id]: membership };
  return without(segments, id);
};
const without = <R extends object, K extends keyof R>(record: R, key: K): Omit<R, K> => {
  const { [key]: _gone, ...others } = record;
  return others;
};
/** The set whose segments were looked at last. */
const reviewedSet = ({ review }: CustomerState): number => review.set ?? 0;

/** When time next moves the customer, as far as segments count that it moves. */
const nextOf = ({ segments }: CustomerState, published: Published): Instant | undefined => {
  let first: Instant | undefined;
  for (const { id, since } of published.segments) {
    const next = since > published.live ? undefined : segments[id]?.next;
    if (next !== undefined && (first === undefined || next < first)) first = next;
  }
  return first;
};

/** One timer for all segments of a customer. */
const timed = (state: CustomerState, { published, out }: Deciding): CustomerState => {
  const dueAt = nextOf(state, published);
  const kept = state.review.timer;
  if (kept?.dueAt === dueAt) return state;
  if (kept) out.cancelled.push(kept.id);
  if (dueAt === undefined) return { ...state, review: without(state.review, 'timer') };
  const id = derivedId('segments', out.cause.customerId, String(dueAt));
  out.set.push({ timerId: id, runId: null, journeyId: null, stepId: null, dueAt, historical: false });
  return { ...state, review: { ...state.review, timer: { id, dueAt } } };
};
