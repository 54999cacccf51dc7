import type { Channel } from '@touchpoint/contracts';
import type { Link } from '@touchpoint/kernel';
import { appContextOf, clearText, NO_CONTEXT, objectAt, type Raw } from './app-context.ts';
import type { Canonical } from './canonical.ts';
import type { SourceId, TouchpointName } from './clear.ts';
import { contextDevice } from './device-messages.ts';
import { planOf, take } from './fields.ts';
import type { Issues } from './issues.ts';
import { messagePlans, type EventName } from './messages.ts';
import { holdsPersonal } from './personal-text.ts';
import { idText } from './sources.ts';
import { takeTraits } from './traits.ts';

/** One event under reading. `sources` are whom it is about. */
export type Reading = Readonly<{ context: Raw | undefined; canon: Canonical; issues: Issues; sources: readonly SourceId[] }>;
/** What an event says, before it is known when. `canonical` is of its properties or traits alone. */
export type Said = Readonly<{ type: TouchpointName; data: object; canonical: string; sources: readonly SourceId[]; link: Link }>;

export const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);
const EMPTY: Raw = {};
/** An object that may be left out. */
export const objectOrNone = (value: unknown, name: string, issues: Issues): Raw => {
  if (value === undefined || value === null) return EMPTY;
  if (isObject(value)) return value;
  issues.add('INTAKE.WRONG_TYPE', 'Expected an object.', name);
  return EMPTY;
};

/** What an event says beside its properties. `bag` is what its properties are called. */
export type EventSaid = Readonly<{ bag: 'properties' | 'data'; name?: string | null; category?: string | null; ranOn?: string | null; channel?: Channel | undefined; /** Members that are personal, as JSON. */ personal?: string | null }>;

/** Reads properties as the message `type`. */
export const sayEvent = (reading: Reading, type: EventName, given: unknown, { bag, name = null, category = null, ranOn = null, channel, personal = null }: EventSaid): Said => {
  const { context, canon, issues } = reading;
  const { plan, finish, keeps } = messagePlans[type];
  const properties = objectOrNone(given, bag, issues);
  issues.enter(bag);
  const { data, ...taken } = take(properties, plan, canon, issues);
  finish?.(data, { properties, name, category, context, ranOn, channel, issues });
  issues.leave();
  const campaign = campaignOf(properties, context, canon);
  if (keeps.has('properties')) data['properties'] = withMembers(campaign.clear, taken.properties);
  if (keeps.has('personal')) data['personal'] = withMembers(campaign.personal, withMembers(personal, taken.personal));
  if (keeps.has('context')) data['context'] = withVersion(type, appContextOf(context), properties);
  return { type, data, canonical: taken.canonical, sources: reading.sources, link: 'none' };
};

/** The campaign that led here stands in the context (utm parameters); no message has a field of its own for it. */
const campaignOf = (properties: Raw, context: Raw | undefined, canon: Canonical): Readonly<{ clear: string | null; personal: string | null }> => {
  const campaign = objectAt(context, 'campaign');
  if (campaign === undefined || 'campaign' in properties) return NO_CAMPAIGN;
  canon.personal = false;
  canon.isId = false;
  const member = `"campaign":${canon.value(campaign)}`;
  return canon.personal ? { clear: null, personal: member } : { clear: member, personal: null };
};
const NO_CAMPAIGN = { clear: null, personal: null };

/** Puts members before those of a JSON object. */
const withMembers = (members: string | null, object: string | null): string | null => {
  if (members === null) return object;
  return object === null ? `{${members}}` : `{${members},${object.slice(1)}`;
};

/** The mobile spec gives the app's version as a property; a context without one is completed by it. */
const withVersion = (type: EventName, context: ReturnType<typeof appContextOf>, properties: Raw) => {
  if ((type !== 'ApplicationInstalled' && type !== 'ApplicationOpened') || (context?.appVersion ?? null) !== null) return context;
  const version = clearText(properties, 'version');
  return version === null ? context : { ...(context ?? NO_CONTEXT), appVersion: version, appBuild: context?.appBuild ?? clearText(properties, 'build') };
};

/** Reads traits of a person. */
export const sayTraits = ({ context, canon, issues, sources }: Reading, given: unknown, bag: 'traits' | 'data'): Said => {
  const traits = objectOrNone(given, bag, issues);
  issues.enter(bag);
  const taken = takeTraits(traits, canon, issues);
  issues.leave();
  const device = contextDevice(context) as SourceId | null;
  return {
    type: 'TraitsSet', data: { ...taken.data, context: appContextOf(context) }, canonical: taken.canonical,
    sources: [...sources, ...(device ? [device] : []), ...taken.sources], link: 'identify',
  };
};

const groupPlan = planOf<object>({});
/** Reads traits of a group: a company's name is no person's, so only what is known to be personal is sealed. */
export const sayGroup = ({ canon, issues, sources }: Reading, id: unknown, given: unknown): Said => {
  const before = issues.count;
  const groupId = idText(id, 'groupId', issues) ?? '';
  if (holdsPersonal(groupId, true)) issues.addPersonal('groupId');
  if (groupId === '' && issues.count === before) issues.add('INTAKE.MISSING', 'A group has a groupId.', 'groupId');
  const traits = objectOrNone(given, 'traits', issues);
  issues.enter('traits');
  const taken = take(traits, groupPlan, canon, issues);
  issues.leave();
  return { type: 'GroupJoined', data: { groupId, traits: taken.properties, personal: taken.personal }, canonical: taken.canonical, sources, link: 'none' };
};
