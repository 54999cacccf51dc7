import { formatDecimal, toIso } from '@touchpoint/kernel';
import {
  ALL_POINTS, consentFor, customerAppUsage, customerOrders, customerSegments, merge, reachable, readModels, sealedOf,
  type ActivityRow, type AppUsageRow, type ConsentRow, type ContactPointRow, type DeviceRow, type EngagementRow, type MessageRow, type OrderReversalRow, type OrderRow, type ProfileRow, type SeenSource, type SegmentMoveRow, type Trait,
} from '@touchpoint/profile';
import { jsonOr, pointer, type Channel } from '@touchpoint/contracts';
import type { CustomerBody } from './http/answers.schema.ts';
import { statusOf, told } from './message-view.ts';
import type { PersonalValues } from './personal-values.ts';

/** Rows of every timeline in a customer's set, not merged yet. `currentSources`: keys that the set still has. */
export type CustomerRows = Readonly<{
  profile: readonly ProfileRow[]; activity: readonly ActivityRow[]; orders: readonly OrderRow[]; orderReversals: readonly OrderReversalRow[]; appUsage: readonly AppUsageRow[];
  engagement: readonly EngagementRow[]; devices: readonly DeviceRow[]; contactPoints: readonly ContactPointRow[]; consent: readonly ConsentRow[]; messages: readonly MessageRow[]; segmentMoves: readonly SegmentMoveRow[];
  currentSources: ReadonlySet<string>;
}>;

type Part<K extends keyof CustomerBody> = CustomerBody[K];
type Traits = Readonly<Record<string, Trait>>;

/** A trait may be stated in clear and under the seal, and the later counts; one that was taken back was so in both. Publishers choose the names, `__proto__` is one too: so a map. */
const traitsOf = (row: ProfileRow | undefined, values: PersonalValues): Part<'traits'> => {
  const plain = (row?.traits ?? {}) as Traits;
  const personal = (row?.personal ?? {}) as Readonly<Record<string, Trait<string>>>;
  const shown = new Map<string, Part<'traits'>[string]>();
  for (const [name, { at, value }] of Object.entries(plain)) if (value !== null) shown.set(name, { value, statedAt: toIso(at), personal: false });
  for (const [name, { at, value }] of Object.entries(personal)) {
    const clear = Object.hasOwn(plain, name) ? plain[name]! : undefined;
    if (value === null || (clear && clear.at > at)) continue;
    const trait = { value: null as unknown, statedAt: toIso(at), personal: true };
    shown.set(name, trait);
    values.add(sealedOf(value), pointer('traits', name, 'value'), (text) => { trait.value = name === 'email' || name === 'phone' ? jsonText(text) : jsonOr(text); });
  }
  return Object.fromEntries([...shown].sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** An address stands there as clear text; what ingest could not read as one, as JSON text. */
const jsonText = (text: string): unknown => (text.startsWith('"') ? jsonOr(text) : text);

const sourcesOf = (row: ProfileRow | undefined, current: ReadonlySet<string>, values: PersonalValues): Part<'sources'> =>
  Object.entries((row?.sources ?? {}) as Readonly<Record<string, SeenSource>>)
    .sort(([a, { at: x }], [b, { at: y }]) => x - y || (a < b ? -1 : 1))
    .map(([key, { at, kind, label }], i) => {
      const source = { kind, key, value: null as string | null, firstLinkedAt: toIso(at), current: current.has(key) };
      if (label !== '') values.add(sealedOf(label), pointer('sources', i, 'value'), (text) => { source.value = text; });
      return source;
    });

const ordersOf = (orders: readonly OrderRow[], reversals: readonly OrderReversalRow[]): Part<'orders'> =>
  customerOrders(orders, reversals).map(({ currency, count, gross, cancelled, returned, adjusted, net, first, last }) => ({
    currency, count, gross: formatDecimal(gross), cancelled: formatDecimal(cancelled), returned: formatDecimal(returned), adjusted: formatDecimal(adjusted), net: formatDecimal(net),
    firstAt: told(first), lastAt: told(last),
  }));

const appUsageOf = (rows: readonly AppUsageRow[]): Part<'appUsage'> => {
  if (rows.length === 0) return null;
  const { firstAt, lastAt, ...sums } = customerAppUsage(rows);
  return { ...sums, firstAt: told(firstAt), lastAt: told(lastAt) };
};

const engagementOf = (rows: readonly EngagementRow[]): Part<'engagement'> =>
  rows.map(({ lastSentAt, lastDeliveredAt, lastOpenedAt, lastClickedAt, lastBouncedAt, ...counts }) => ({
    ...counts, lastSentAt: told(lastSentAt), lastDeliveredAt: told(lastDeliveredAt), lastOpenedAt: told(lastOpenedAt), lastClickedAt: told(lastClickedAt), lastBouncedAt: told(lastBouncedAt),
  }));

const devicesOf = (rows: readonly DeviceRow[]): Part<'devices'> =>
  rows.map(({ firstRegisteredAt, registeredAt, stateAt: _, tokenKey, ...device }) => ({ ...device, firstRegisteredAt: told(firstRegisteredAt), registeredAt: told(registeredAt), pushContactPoint: tokenKey }));

const contactPointsOf = (points: readonly ContactPointRow[], devices: readonly DeviceRow[], values: PersonalValues): Part<'contactPoints'> => {
  const open = new Set((['email', 'sms', 'push'] as const).flatMap((channel) => reachable(channel, points, devices)));
  return points.filter(({ contactPoint }) => contactPoint !== ALL_POINTS).map((point, i) => {
    const { channel, contactPoint, address, status, statusReason, statusAt, firstStatedAt, statedAt } = point;
    const shown = {
      channel, contactPoint, address: null as string | null, status: status ?? 'active', statusReason, statusAt: told(statusAt), firstStatedAt: told(firstStatedAt), statedAt: told(statedAt), reachable: open.has(point),
    };
    if (address !== null) values.add(address as never, pointer('contactPoints', i, 'address'), (text) => { shown.address = text; });
    return shown;
  });
};

const consentOf = (rows: readonly ConsentRow[]): Part<'consent'> =>
  rows.flatMap(({ channel, purpose, contactPoint }) => {
    const answer = consentFor(rows, { channel: channel as Channel, purpose, contactPoint });
    if (answer === undefined || answer.at === null) return [];
    const { state, at, method, source, purpose: statedFor, contactPoint: statedOf } = answer;
    const wording = rows.find((row) => row.channel === channel && row.purpose === statedFor && row.contactPoint === statedOf)?.wording ?? null;
    return [{ channel, purpose, contactPoint: pointOf(contactPoint), state, statedAt: toIso(at), method, source, wording, statedFor: { purpose: statedFor, contactPoint: pointOf(statedOf) } }];
  });
const pointOf = (contactPoint: string): string | null => (contactPoint === ALL_POINTS ? null : contactPoint);

const messagesOf = (rows: readonly MessageRow[]): Part<'messages'> => {
  const counts = { total: rows.length, held: 0, pending: 0, sent: 0, delivered: 0, opened: 0, clicked: 0, bounced: 0, complained: 0, failed: 0, unknown: 0 };
  for (const row of rows) counts[statusOf(row)] += 1;
  return counts;
};

/** What is shown of a customer, but for whose it is: the rows of its set merged. Personal values are null until `values` is opened. */
export const showCustomer = (rows: CustomerRows, values: PersonalValues): Omit<CustomerBody, 'customerId' | 'requested' | 'members' | 'redacted' | 'incomplete'> => {
  const { profile: P, activity: A, orders: O, orderReversals: R, appUsage: U, engagement: E, devices: D, contactPoints: C, consent: N, messages: M, segmentMoves: S } = readModels;
  const [profile] = merge(P, rows.profile);
  const [activity] = merge(A, rows.activity);
  const devices = merge(D, rows.devices);
  return {
    traits: traitsOf(profile, values),
    sources: sourcesOf(profile, rows.currentSources, values),
    activity: { firstSeenAt: told(activity?.firstSeenAt ?? null), lastSeenAt: told(activity?.lastSeenAt ?? null), events: activity?.events ?? 0 },
    orders: ordersOf(merge(O, rows.orders), merge(R, rows.orderReversals)),
    appUsage: appUsageOf(merge(U, rows.appUsage)),
    engagement: engagementOf(merge(E, rows.engagement)),
    devices: devicesOf(devices),
    contactPoints: contactPointsOf(merge(C, rows.contactPoints), devices, values),
    consent: consentOf(merge(N, rows.consent)),
    messages: messagesOf(merge(M, rows.messages)),
    segments: customerSegments(merge(S, rows.segmentMoves)).map(({ id, since }) => ({ id, since: toIso(since) })),
  };
};
