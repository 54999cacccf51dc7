import fc from 'fast-check';
import { message, type DataOf, type Draft, type MessageName } from '@touchpoint/contracts';
import { customerIdOf, DAY, HOUR, mergerOf, MINUTE, parseDecimal, type CustomerId, type Decimal, type Instant, type Message, type Meta, type Part, type Projection, type Recorded, type Sealed, type SourceKey } from '@touchpoint/kernel';

type Row = Readonly<Record<string, unknown>>;
export type Happened = Readonly<{ event: Message; recorded: Recorded }>;

export const hex = (name: string): SourceKey => Buffer.from(name).toString('hex').padEnd(32, '0') as SourceKey;
export const sealed = (text: string): Sealed => Buffer.from(`sealed ${text}`) as Uint8Array as Sealed;
export const decimal = (text: string): Decimal => parseDecimal(text)!;
export const [ADA, BEN, CYD] = ['ada', 'ben', 'cyd'].map((name) => customerIdOf(hex(name))) as [CustomerId, CustomerId, CustomerId];
/** Noon of some day. */
export const NOON: Instant = Date.UTC(2026, 2, 14, 12);

let offset = 0;
/** Something that happened, with the data as a reader gets it from the log. */
export const happened = <N extends MessageName>(type: N, draft: Draft<DataOf<N>>, occurredAt: Instant = NOON, of: CustomerId = ADA, meta: Partial<Meta> = {}): Happened => {
  offset += 1;
  return {
    event: message(type, draft) as Message,
    recorded: {
      customerId: of, position: { partition: 3, offset }, recordedAt: occurredAt + MINUTE,
      meta: { messageId: `m${offset}`, publisher: 'shop', occurredAt, receivedAt: occurredAt, historical: false, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null, ...meta },
    },
  };
};

export const partsOf = ({ on, every }: Projection, { event, recorded }: Happened): readonly Part<Row>[] => {
  const handler = (on as Readonly<Record<string, ((message: Message, recorded: Recorded) => readonly Part<Row>[]) | undefined>>)[event.type];
  return [...(every?.(recorded, event.type) ?? []), ...(handler?.(event, recorded) ?? [])];
};

/** What a row is after it was saved and loaded again: other objects, JSON through its text. */
const reloaded = ({ columns }: Projection, row: Row): Row =>
  Object.fromEntries(Object.entries(columns).map(([name, { type }]) => {
    const value = row[name] ?? null;
    if (value === null) return [name, null];
    return [name, type === 'json' ? JSON.parse(JSON.stringify(value)) : type === 'bytes' ? Buffer.from(value as Uint8Array) : value];
  }));

/**
 * Merges as the projector does: a row for each customer and key. Parts are frozen, so a merge that writes into one is found out.
 * @param reloadAt after so many events every row is saved and loaded again
 * @returns rows with their key, by customer
 */
export const fold = (projection: Projection, timeline: readonly Happened[], reloadAt: ReadonlySet<number> = new Set()): ReadonlyMap<CustomerId, readonly Row[]> => {
  const rows = new Map<string, { of: CustomerId; key: Row; row: Row }>();
  const merger = mergerOf(projection.columns);
  timeline.forEach((happening, i) => {
    for (const { key, part } of partsOf(projection, happening)) {
      const of = happening.recorded.customerId;
      const id = JSON.stringify([of, key]);
      const entry = rows.get(id) ?? { of, key, row: merger.empty() };
      merger.into(entry.row as Record<string, unknown>, Object.freeze(part), () => undefined);
      rows.set(id, entry);
    }
    if (reloadAt.has(i)) for (const entry of rows.values()) entry.row = reloaded(projection, entry.row);
  });
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  return new Map([...new Set(sorted.map(({ of }) => of))].map((of) => [of, sorted.filter((entry) => entry.of === of).map(({ key, row }) => ({ ...key, ...reloaded(projection, row) }))]));
};

/** The rows of one customer, typed by who asks. */
export const rowsOf = <R>(projection: unknown, ...timeline: readonly Happened[]): readonly R[] => (fold(projection as Projection, timeline).get(timeline[0]!.recorded.customerId) ?? []) as readonly R[];

const keys = fc.constantFrom(...['k1', 'k2'].map(hex));
const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const text = fc.constantFrom('a', 'b', 'ü', '\u{1F600}', '\uFFFD');
const money = nullable(fc.integer({ min: -5_000_000, max: 5_000_000 }).map((n) => BigInt(n) as Decimal));
const lines = fc.array(fc.record({ productId: text, quantity: fc.integer({ min: -3, max: 3 }).map((n) => BigInt(n * 500_000) as Decimal), price: money }), { maxLength: 2 });
const context = nullable(fc.record({ appVersion: nullable(text), osName: nullable(text), deviceClass: nullable(text) }));
const channel = fc.constantFrom('email' as const, 'sms' as const, 'push' as const);
const command = fc.constantFrom('6f1d4f39-4a55-4f0c-9e0b-3c1f5d7a2b10', '6f1d4f39-4a55-4f0c-9e0b-3c1f5d7a2b11');
const about = fc.record({ channel, contactPoint: nullable(keys), commandId: nullable(fc.oneof(command, text)) });
const blob = fc.constantFrom('1', '2').map(sealed);
const id = nullable(fc.constantFrom('1', '2'));
const order = { orderId: id, currency: fc.constantFrom('EUR', 'GBP'), lines, total: money };
const outcome = fc.record({ message: about, permanent: fc.boolean(), automatic: nullable(fc.boolean()), reason: nullable(text) });
const traits = nullable(fc.dictionary(fc.constantFrom('plan', 'size', '__proto__', 'toString'), fc.oneof(text, fc.nat(3)), { maxKeys: 3 }).map((object) => JSON.stringify(object)));

/** Drafts of what the read models fold, from few values, so that events meet in the same rows and at the same instants. */
const DRAFTS: { readonly [N in MessageName]?: fc.Arbitrary<Draft<DataOf<N>>> } = {
  TraitsSet: fc.record({ email: nullable(blob), emailKey: nullable(keys), phone: nullable(blob), phoneKey: nullable(keys), personal: fc.array(fc.record({ name: text, value: blob }), { maxLength: 2 }), traits, removed: fc.subarray(['plan', 'email', 'phone']) }),
  IdentitiesLinked: fc.record({ customerId: fc.constant(ADA), by: fc.constant('none' as const), linked: fc.array(fc.record({ kind: fc.constantFrom('user' as const, 'device' as const), key: keys }), { maxLength: 2 }) }),
  CustomerAbsorbed: fc.record({ customerId: fc.constant(ADA), survivorId: fc.constantFrom(BEN, CYD), by: fc.constant('alias' as const) }),
  CustomerSplit: fc.record({ customerId: fc.constant(BEN), memberId: fc.constantFrom(ADA, CYD), sources: fc.constant([]), requestedBy: text }),
  OrderCompleted: fc.record({ ...order, orderId: fc.constantFrom('1', '2'), place: fc.constantFrom('app' as const, 'web' as const) }),
  OrderCancelled: fc.record({ ...order, cancellationId: id, place: fc.constant('web' as const) }),
  OrderRefunded: fc.record({ ...order, refundId: id, whole: fc.boolean(), place: fc.constant('store' as const) }),
  OrderAdjusted: fc.record({ ...order, adjustmentId: id }),
  ApplicationInstalled: fc.record({ context }),
  ApplicationOpened: fc.record({ context }),
  ApplicationBackgrounded: fc.record({ context }),
  ScreenViewed: fc.record({ name: text, context }),
  MessageSent: outcome.map((data) => ({ ...data, attempt: 1 })), MessageDelivered: outcome, MessageOpened: outcome, MessageClicked: outcome, MessageBounced: outcome, MessageComplained: outcome,
  MessageFailed: outcome.map((data) => ({ ...data, attempt: 1 })), MessageHeld: outcome.map((data) => ({ ...data, reason: 'expired' })), MessageUnknown: outcome.map((data) => ({ ...data, attempt: 1 })),
  MessageDecided: fc.record({
    commandId: command, runId: command, journeyId: text, stepId: text, verdict: fc.constantFrom('send' as const, 'hold' as const), reason: nullable(text), channel, templateId: text, messageClass: text,
    setNumber: fc.nat(2), causeOffset: fc.nat(2), why: nullable(fc.constantFrom('{"b":1,"aa":2}', '{"aa":2,"b":1}', '[]')),
  }),
  Unsubscribed: fc.record({ channel, purpose: nullable(fc.constant('marketing')), contactPoint: nullable(keys) }),
  ConsentChanged: fc.record({ channel, purpose: fc.constantFrom('marketing', 'transactional'), granted: fc.boolean(), contactPoint: nullable(keys), method: nullable(text) }),
  DeviceRegistered: fc.record({ deviceKey: keys, platform: fc.constantFrom('ios', 'android'), token: nullable(blob), tokenKey: nullable(keys), context }),
  DeviceRemoved: fc.record({ deviceKey: keys, tokenKey: nullable(keys), reason: nullable(text) }),
  SegmentEntered: fc.record({ segmentId: text, at: fc.nat(9), initial: fc.boolean(), setNumber: fc.nat(2), causeOffset: fc.nat(2), why: fc.constant(null) }),
  SegmentLeft: fc.record({ segmentId: text, at: fc.nat(9), reason: text, setNumber: fc.nat(2), causeOffset: fc.nat(2), why: fc.constant(null) }),
  PageViewed: fc.record({}), ProductViewed: fc.record({ product: fc.record({ productId: text, quantity: fc.constant(1n as Decimal) }) }),
};
export const FOLDED = Object.keys(DRAFTS) as readonly MessageName[];

const instants = fc.constantFrom(...[-DAY, 0, 10 * MINUTE, 40 * MINUTE, 70 * MINUTE, 11 * HOUR + 59 * MINUTE, 12 * HOUR, DAY].map((after) => NOON + after));
const sources = fc.array(fc.record({ kind: fc.constantFrom('user' as const, 'anonymous' as const), key: keys, label: nullable(blob) }), { maxLength: 2 });
/** Timelines of three customers, interleaved, out of order in time. */
export const anyTimeline = (types: readonly MessageName[]): fc.Arbitrary<readonly Happened[]> =>
  fc.array(
    fc.constantFrom(...types).chain((type) =>
      fc.tuple(DRAFTS[type]!, instants, fc.constantFrom(ADA, BEN, CYD), sources).map(([draft, at, of, seen]) => happened(type, draft as never, at, of, { sources: seen }))),
    { maxLength: 20 },
  );
