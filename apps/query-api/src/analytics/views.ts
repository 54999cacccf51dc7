import type { Columns, KeyColumns } from '@touchpoint/kernel';
import { readModels } from '@touchpoint/profile';
import { snake } from '@touchpoint/store';
import { mergedSelect } from './merged-select.ts';
import { orderViews } from './order-views.ts';
import type { View } from './view.ts';

type Model = Readonly<{ name: string; version: number; doc: string; key: KeyColumns; columns: Columns }>;

export const CUSTOMER = 'The customer; of merged ones, the one that survives.';

/** A read model as a view: its key and these columns, under their own documentation. */
const plainView = (model: Model, doc: string, hidden: readonly string[] = []): View => {
  const shown = Object.keys(model.columns).filter((name) => !hidden.includes(name) && !model.columns[name]!.personal);
  return {
    name: snake(model.name), version: model.version, doc,
    columns: { customer_id: CUSTOMER, ...Object.fromEntries([...Object.keys(model.key), ...shown].map((name) => [snake(name), (model.key[name] ?? model.columns[name]!).doc])) },
    select: mergedSelect(model, shown),
  };
};

/**
 * Who belongs to whom. Chains are followed; while a split and a new merge have been read on one timeline and not yet on the other, two may name each other: the
 * lesser id then stands for both.
 */
const membership: View = {
  name: 'membership', version: 1,
  doc: 'Customers that were merged: one row per customer id of a set of two or more. Look up an old id here. All other views speak of the customer that survives.',
  columns: { member_id: 'A customer id of the set, the surviving one too.', customer_id: 'The customer that survives.', joined_at: 'When it was absorbed. null: it is the one that survives.' },
  select: `with recursive absorbed as (select customer_id, survivor_id, changed_at from profile.membership where survivor_id is not null),
  walk(member_id, at_id) as (
    select customer_id, survivor_id from absorbed
    union select w.member_id, a.survivor_id from walk w join absorbed a on a.customer_id = w.at_id
  ), root as (
    select w.member_id, coalesce(min(w.at_id::text) filter (where a.customer_id is null), min(w.at_id::text) filter (where c.member_id is not null))::uuid as customer_id
    from walk w left join absorbed a on a.customer_id = w.at_id left join (select member_id from walk where member_id = at_id) c on c.member_id = w.at_id
    group by w.member_id
  )
  select r.member_id, r.customer_id, case when r.member_id <> r.customer_id then a.changed_at end from root r join absorbed a on a.customer_id = r.member_id
  union all select distinct r.customer_id, r.customer_id, null::timestamptz from root r where not exists (select from absorbed a where a.customer_id = r.customer_id)`,
};

const customers: View = {
  name: 'customers', version: 1,
  doc: 'One row per customer.',
  columns: {
    customer_id: CUSTOMER,
    first_seen_at: 'First time the customer did something. null: it was only written to.',
    last_seen_at: 'Last time the customer did something. Messages to it, bounces and opens do not count.',
    events: 'Touchpoints on the timeline, of either side.',
    source_kinds: 'What kinds of id it is known by: user, email, phone, device, anonymous. One with a user is a known customer.',
    traits: 'Traits that are not personal, name → value: traits ->> \'plan\'.',
    traits_updated_at: 'When a trait was stated last.',
    members: 'Customer ids that were merged into it, its own included.',
  },
  select: `with a as (${mergedSelect(readModels.activity, ['firstSeenAt', 'lastSeenAt', 'events'])}),
  p as (${mergedSelect(readModels.profile, ['traits', 'sources', 'updatedAt'])}),
  m as (select customer_id, count(*) as members from analytics.membership group by customer_id)
  select coalesce(a.customer_id, p.customer_id), a.first_seen_at, a.last_seen_at, coalesce(a.events, 0),
    coalesce((select array_agg(distinct s.value ->> 'kind' order by s.value ->> 'kind') from jsonb_each(p.sources) s), '{}'),
    coalesce((select jsonb_object_agg(t.key, t.value -> 'value') from jsonb_each(p.traits) t where t.value -> 'value' <> 'null'), '{}'),
    p.updated_at, coalesce(m.members, 1)
  from a full join p on p.customer_id = a.customer_id left join m on m.customer_id = coalesce(a.customer_id, p.customer_id)`,
};

const appUsage: View = {
  name: 'app_usage', version: 1,
  doc: 'Use of the app. One row per customer and UTC day with activity.',
  columns: {
    customer_id: CUSTOMER, day: 'The day, UTC.', opens: 'How often the app was opened or came to the foreground.',
    sessions: 'Runs of half hours with activity: between two sessions lies at least one whole half hour without any.', screens: 'Screens seen.',
    first_at: 'First activity of the day.', last_at: 'Last activity of the day.', app_version: 'Version of the app, as it was last said that day.', platform: 'Operating system.', device_class: 'phone, tablet, desktop, tv, watch or other.',
  },
  select: `select customer_id, day, opens, bit_count((slots & ~(slots << 1))::bit(64)), screens, first_at, last_at, app_version, platform, device_class
  from (${mergedSelect(readModels.appUsage, ['opens', 'screens', 'slots', 'firstAt', 'lastAt', 'appVersion', 'platform', 'deviceClass'])}) u`,
};

const contactPoints: View = {
  name: 'contact_points', version: 1,
  doc: 'Addresses, numbers and push tokens, without the address itself. One row per customer, channel and contact point.',
  columns: {
    customer_id: CUSTOMER, channel: 'email, sms or push.', contact_point: 'Key of the address, number or token: it tells two apart and does not give the value away.',
    first_stated_at: 'When the customer was first known by it.', stated_at: 'When it was last stated. Of e-mail addresses and numbers, the one stated last is written to.',
    status: 'active, bounced (void), complained or removed. Only active ones are written to.', status_reason: 'Why, as a short code.', status_at: 'When something was last said of it. null: nothing was.',
  },
  select: `select customer_id, channel, contact_point, first_stated_at, stated_at, coalesce(status, 'active'), status_reason, status_at
  from (${mergedSelect(readModels.contactPoints, ['firstStatedAt', 'statedAt', 'status', 'statusReason', 'statusAt'])}) c where contact_point <> ''`,
};

const consent: View = {
  name: 'consent', version: 1,
  doc: 'What counts now of what the customer agreed to. One row per customer, channel, purpose and contact point that something was said about. Who never said anything has no row.',
  columns: {
    customer_id: CUSTOMER, channel: 'email, sms, push or other.', purpose: 'marketing, transactional, …; *: everything but transactional messages.',
    contact_point: 'Key of the one address that it holds for. null: all of the channel.', state: 'granted or withdrawn: the latest statement that applies, also one for * or for all of the channel. Of two at one instant the withdrawal.',
    stated_at: 'When that statement was made.', method: 'How: form, double opt-in, unsubscribe link, complaint, …', source: 'Who published it.', wording: 'Version or text of the wording that the customer saw.',
  },
  select: `with c as (${mergedSelect(readModels.consent, ['at', 'state', 'method', 'source', 'wording'])})
  select distinct on (a.customer_id, a.channel, a.purpose, a.contact_point) a.customer_id, a.channel, a.purpose, nullif(a.contact_point, ''), b.state, b.at, b.method, b.source, b.wording
  from c a join c b on b.customer_id = a.customer_id and b.channel = a.channel
    and (b.purpose = a.purpose or (b.purpose = '*' and a.purpose <> 'transactional')) and (b.contact_point = '' or b.contact_point = a.contact_point)
  where b.at is not null
  order by a.customer_id, a.channel, a.purpose, a.contact_point, b.at desc, b.state desc`,
};

const MESSAGE_COLUMNS = Object.keys(readModels.messages.columns);
const messages: View = {
  name: 'messages', version: 1,
  doc: 'Messages that were decided on, why, and what became of them. One row per customer and command.',
  columns: {
    customer_id: CUSTOMER, command_id: readModels.messages.key.commandId.doc,
    status: 'held, pending, sent, delivered, opened, clicked, bounced, complained, failed or unknown: the furthest that it came, and what speaks against it first.',
    ...Object.fromEntries(Object.entries(readModels.messages.columns).map(([name, { doc }]) => [name === 'statedAt' ? 'decided_at' : snake(name), doc])),
  },
  select: `select customer_id, command_id, case
      when complained_at is not null then 'complained' when bounced_at is not null then 'bounced' when clicked_at is not null then 'clicked' when opened_at is not null then 'opened'
      when delivered_at is not null then 'delivered' when sent_at is not null then 'sent' when failed_at is not null then 'failed'
      when held_at is not null or verdict = 'hold' then 'held' when unknown_at is not null then 'unknown' else 'pending' end,
    ${MESSAGE_COLUMNS.map(snake).join(', ')}
  from (${mergedSelect(readModels.messages, MESSAGE_COLUMNS)}) m`,
};

const segmentMoves = plainView(readModels.segmentMoves, 'Customers entering and leaving segments. One row per move: its sum over time is the size of a segment.');

const segmentMembers: View = {
  name: 'segment_members', version: 1,
  doc: 'Who is in a segment now. One row per customer and segment.',
  columns: { customer_id: CUSTOMER, segment_id: 'The segment.', since: 'When it was entered last.' },
  select: 'select customer_id, segment_id, max(at) filter (where entered) from analytics.segment_moves group by 1, 2 having count(*) filter (where entered) > count(*) filter (where not entered)',
};

const events: View = {
  name: 'events', version: 1,
  doc: 'What happened, without its content. One row per event on the timeline; large: give a time or a type.',
  columns: { customer_id: CUSTOMER, type: 'The message, such as OrderCompleted.', occurred_at: 'When it happened.' },
  select: `select coalesce(m.customer_id, t.customer_id), t.type, t.occurred_at from profile.timeline_index t left join analytics.membership m on m.member_id = t.customer_id`,
};

const freshness: View = {
  name: 'freshness', version: 1,
  doc: 'How far the views are. One row.',
  columns: { received_until: 'Everything that was received by then is on the timelines. null: not all partitions have begun.', folded_at: 'When the read models last took something in. They are less than a second behind the timelines unless their worker stands still.' },
  select: `select (select case when count(*) = count(resolved_to) then to_timestamp(min(resolved_to) / 1000.0) end from log.checkpoint where consumer = 'identity-resolver'),
    (select max(updated_at) from log.checkpoint where consumer = 'profile-projector')`,
};

/** Every view of schema analytics, each after those it rests on. */
export const views: readonly View[] = [
  membership, customers, ...orderViews, appUsage,
  plainView(readModels.engagement, 'What became of the messages to a customer, as counts of events: one that is opened twice counts two opens. One row per customer and channel.'),
  plainView(readModels.devices, 'Devices of a customer. One row per customer and device; tokens are left out.'),
  contactPoints, consent, messages, segmentMoves, segmentMembers, events, freshness,
];
