import { trackTarget, type TrackTarget } from '@touchpoint/contracts';
import { objectAt, shortText, type Raw } from './app-context.ts';
import { EVENT_NAME } from './bounds.ts';
import { Canonical } from './canonical.ts';
import { incomingOf } from './incoming-of.ts';
import type { Arrival, Intake } from './incoming.ts';
import { Issues } from './issues.ts';
import { messagePlans, type EventName } from './messages.ts';
import { holdsPersonal } from './personal-text.ts';
import { text } from './readers.ts';
import { isObject, sayEvent, sayGroup, sayTraits, type Reading, type Said } from './say.ts';
import { isStorable } from './storable.ts';
import { aliasSources, idText, messageIdOf, sourcesOf } from './sources.ts';
import { NO_TRAITS } from './traits.ts';

/** Segment's calls, as its HTTP API names them. */
export const CALLS = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const;
export type Call = (typeof CALLS)[number];
const isCall = (value: unknown): value is Call => CALLS.includes(value as Call);

const targets = new Map<string, TrackTarget | null>();
/** Names repeat; publishers choose them, so only so many are remembered. */
const targetOf = (name: string): TrackTarget | null => {
  const known = targets.get(name);
  if (known !== undefined) return known;
  const found = trackTarget(name) ?? null;
  if (targets.size < 5_000) targets.set(name, found);
  return found;
};

/** A name or category that stands beside the properties. */
const ownText = (event: Raw, name: string, { issues }: Reading): string | null => {
  const value = event[name];
  if (value === undefined || value === null) return null;
  issues.enter(name);
  const read = text(value, issues) ?? null;
  issues.leave();
  return read;
};

const sayTrack = (reading: Reading, event: Raw): Said => {
  const { issues } = reading;
  const before = issues.count;
  const name = idText(event['event'], 'event', issues, EVENT_NAME) ?? '';
  if (name === '' && issues.count === before) issues.add('INTAKE.MISSING', 'A track call has the name of the event.', 'event');
  const target = targetOf(name);
  const ranOn = shortText(event, 'channel');
  if (target && Object.hasOwn(messagePlans, target.type)) return sayEvent(reading, target.type as EventName, event['properties'], { bag: 'properties', ranOn, channel: target.channel });
  if (holdsPersonal(name)) issues.addPersonal('event');
  const said = sayEvent(reading, 'Tracked', event['properties'], { bag: 'properties', ranOn });
  (said.data as { name: string }).name = name;
  return said;
};

const OWN = ['name', 'category'] as const;
const sayView = (type: 'PageViewed' | 'ScreenViewed') => (reading: Reading, event: Raw): Said => {
  const own: Record<'name' | 'category', string | null> = { name: ownText(event, 'name', reading), category: ownText(event, 'category', reading) };
  let personal: string | null = null;
  for (const part of OWN) {
    const text = own[part];
    if (text === null || !holdsPersonal(text)) continue;
    const member = `"${part}":${JSON.stringify(text)}`;
    personal = personal === null ? member : `${personal},${member}`;
    // A screen has a name, and it stands in clear.
    if (part === 'name' && type === 'ScreenViewed') reading.issues.addPersonal(part);
    else own[part] = null;
  }
  return sayEvent(reading, type, event['properties'], { bag: 'properties', ...own, personal });
};

const say: { readonly [C in Call]: (reading: Reading, event: Raw) => Said } = {
  track: sayTrack,
  page: sayView('PageViewed'),
  screen: sayView('ScreenViewed'),
  identify: (reading, event) => sayTraits(reading, event['traits'], 'traits'),
  group: (reading, event) => sayGroup(reading, event['groupId'], event['traits']),
  // An alias says nothing but who is who: its record sets no trait, and its meta links.
  alias: ({ sources }) => ({ type: 'TraitsSet', data: { ...NO_TRAITS, context: null }, canonical: '{}', sources, link: 'alias' }),
};

/** The context of an event, completed by what its batch says for all. */
const contextOf = (event: Raw, { context: shared }: Arrival): Raw | undefined => {
  const own = objectAt(event, 'context');
  return own && shared ? { ...shared, ...own } : (own ?? shared);
};

/** What stands in an event beside properties and traits, and makes it another event. A NUL divides the parts: none of them may hold one. */
const headOf = (call: string, event: Raw): string => {
  const { event: name, userId, anonymousId, previousId, groupId, name: view, category, timestamp } = event;
  return `${call}\0${said(name)}\0${said(userId)}\0${said(anonymousId)}\0${said(previousId)}\0${said(groupId)}\0${said(view)}\0${said(category)}\0${said(timestamp)}\0`;
};
const said = (value: unknown): string => (typeof value === 'string' ? value : value === undefined || value === null ? '' : String(value));

/**
 * One event of Segment's HTTP API: the body of a call, or a member of a batch (then it names its call as `type`). Never throws on what a publisher
 * may send.
 */
export const takeSegment = (event: unknown, arrival: Arrival, call?: Call): Intake => {
  const issues = new Issues();
  if (!isObject(event)) {
    issues.add('INTAKE.NOT_AN_OBJECT', 'Expected an event: a JSON object.');
    return { refused: issues.refusal() };
  }
  const kind = call ?? event['type'];
  if (!isCall(kind)) {
    issues.add('INTAKE.UNKNOWN_TYPE', `Expected one of ${CALLS.join(', ')}.`, 'type');
    return { refused: issues.refusal() };
  }
  if (arrival.escaped && !isStorable(event, arrival, issues)) return { refused: issues.refusal() };
  const context = contextOf(event, arrival);
  const messageId = messageIdOf(event['messageId'], issues);
  const sources = kind === 'alias' ? aliasSources(event, issues) : sourcesOf(event, issues);
  const what = say[kind]({ context, canon: new Canonical(issues), issues, sources }, event);
  return incomingOf(what, { messageId, timestamp: event['timestamp'], sentAt: event['sentAt'] ?? arrival.sentAt, historical: event['historical'], context, headOf, kind, event }, arrival, issues);
};
