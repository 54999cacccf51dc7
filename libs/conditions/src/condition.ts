/** The channels that a message can take. `other` on the log is one that this reader does not know: nothing is sent there. */
export type ReachChannel = 'email' | 'sms' | 'push';
export type Scalar = string | number | boolean;

/** What a leaf asks of the value that it sees. All that are named must hold; a value that is not there holds none of them, but `exists: false`. */
export type Tests = Readonly<{
  exists?: boolean;
  equals?: Scalar;
  oneOf?: readonly Scalar[];
  /** A number, an exact decimal as text ("19.90"), or an ISO 8601 instant. */
  lessThan?: number | string;
  atMost?: number | string;
  moreThan?: number | string;
  atLeast?: number | string;
  /** ISO 8601 duration of fixed length (P30D, PT2H): the instant seen lies no further back than this. */
  within?: string;
  /** The instant seen lies at least this far back. */
  olderThan?: string;
  /** In so many days, by the calendar of the customer's zone, is the anniversary of the instant or date seen. */
  anniversaryIn?: number;
}>;

export type All = Readonly<{ all: readonly Condition[] }>;
export type Any = Readonly<{ any: readonly Condition[] }>;
export type Not = Readonly<{ not: Condition }>;
/** A measure of the customer, such as `orders.count`. */
export type MeasureTest = Tests & Readonly<{ measure: string }>;
/** A property of the event at hand, by its path: `place`, `context.osName`, `properties.colour`. */
export type EventTest = Tests & Readonly<{ event: string }>;
/** What the customer said about a channel and a purpose (marketing where none is named). */
export type ConsentTest = Readonly<{ consent: Readonly<{ channel: ReachChannel; purpose?: string }>; is?: ConsentAnswer }>;
/** There is an address or a device of this channel that is not suppressed. */
export type ReachableTest = Readonly<{ reachable: ReachChannel }>;

/** A trait that is not personal, by its path: `plan`, `loyalty.tier`. */
export type TraitTest = Tests & Readonly<{ trait: string }>;
/** Being in another segment. */
export type SegmentTest = Readonly<{ segment: string }>;
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** What day it is in the customer's zone. `from` and `until` are dates (2026-12-01) and belong to it. */
export type TodayTest = Readonly<{ today: Readonly<{ from?: string; until?: string; weekdays?: readonly (typeof WEEKDAYS)[number][] }> }>;
/** What was done, how often, how much or when: an event measure. */
export type DidTest = Tests & Readonly<{ did: EventMeasure }>;

/** Events of one type that meet a condition on their properties. `sum`: path of what is added up; `amount` is what an order, a cancellation or a refund is worth. */
export type EventTerm = Readonly<{ event: string; where?: Condition; sum?: string }>;
/** What is made of a customer's events: how many there were, unless `sum` or `take` says otherwise. */
export type EventMeasure = EventTerm & Readonly<{
  /** Instead of a number, when it was. */
  take?: 'first' | 'last';
  /** What is taken off, such as cancellations. */
  less?: readonly EventTerm[];
  /** Only what lies no further back than this ISO 8601 duration. */
  within?: string;
  /** Only what happened from this ISO 8601 instant on, and before that one. */
  from?: string;
  until?: string;
  /** Only those events that another one followed in time; with `happens: false`, that none followed: such a one counts from when the time is over. */
  then?: Readonly<{ event: string; where?: Condition; within: string; happens?: boolean }>;
}>;

/** The one condition language, as authors write it in JSON. */
export type Condition = All | Any | Not | MeasureTest | EventTest | TraitTest | DidTest | SegmentTest | TodayTest | ConsentTest | ReachableTest;
export type Leaf = Exclude<Condition, All | Any | Not>;

export type ConsentAnswer = 'granted' | 'withdrawn' | 'unknown';
/** A value that a leaf may see. Exact decimals are bigints of millionths, instants are epoch milliseconds. */
export type Value = string | number | boolean | bigint | null | undefined;

/** What a condition may look at; whoever evaluates gives it. Nothing here reads a clock: `at` is the time that durations count back from. */
export type Sight = Readonly<{
  at: number;
  /** IANA name of the customer's time zone. */
  zone: string;
  measure: (name: string) => Value;
  event: (path: string) => Value;
  trait: (path: string) => Value;
  did: (measure: EventMeasure) => Value;
  member: (segment: string) => boolean;
  consent: (channel: ReachChannel, purpose: string) => ConsentAnswer;
  reachable: (channel: ReachChannel) => boolean;
}>;

export const TESTS = ['exists', 'equals', 'oneOf', 'lessThan', 'atMost', 'moreThan', 'atLeast', 'within', 'olderThan', 'anniversaryIn'] as const satisfies readonly (keyof Tests)[];

/** The purpose that is meant where none is named. */
export const MARKETING = 'marketing';

/** Each leaf of a condition, with its path below `path`. */
export const leavesOf = (condition: Condition, path = ''): readonly (readonly [leaf: Leaf, path: string])[] => {
  if ('all' in condition) return condition.all.flatMap((one, i) => leavesOf(one, `${path}/all/${i}`));
  if ('any' in condition) return condition.any.flatMap((one, i) => leavesOf(one, `${path}/any/${i}`));
  if ('not' in condition) return leavesOf(condition.not, `${path}/not`);
  return [[condition, path]];
};
