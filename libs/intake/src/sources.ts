import type { SourceKind } from '@touchpoint/kernel';
import type { Raw } from './app-context.ts';
import { MESSAGE_ID, SOURCE_ID } from './bounds.ts';
import type { SourceId } from './clear.ts';
import { emailOf, phoneOf } from './contact-points.ts';
import type { Issues } from './issues.ts';
import { holdsPersonal } from './personal-text.ts';

/** What programs send when they have no id. Taken as one, it would make one customer of all strangers. */
const PLACEHOLDER = /^(?:[\s0-]*|-1|null|undefined|nan|none|nil|false|true|anonymous|unknown|guest|\[object object\])$/i;

/** An id as text. Undefined: there is none, or it is wrong, and then an issue was added. */
export const idText = (value: unknown, name: string, issues: Issues, most = SOURCE_ID): string | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return idText(String(value), name, issues, most);
  if (typeof value !== 'string') return void issues.add('INTAKE.WRONG_TYPE', 'Expected an id: text.', name);
  if (value.length > most) return void issues.add('INTAKE.TOO_LONG', `An id has at most ${most} characters.`, name);
  return value === '' ? undefined : value;
};

const sourceOf = (kind: SourceKind, value: unknown, name: string, issues: Issues): SourceId | undefined => {
  const id = idText(value, name, issues);
  if (id === undefined) return undefined;
  if (!PLACEHOLDER.test(id)) return { kind, value: id };
  return void issues.add('INTAKE.BAD_ID', 'This stands for no id. Leave it out where there is none.', name);
};

/** Without it a repeat could not be told from a second event, so none is made up here. */
export const messageIdOf = (value: unknown, issues: Issues): string => {
  const before = issues.count;
  const id = idText(value, 'messageId', issues, MESSAGE_ID);
  if (id === undefined && issues.count === before) {
    issues.add('INTAKE.NO_MESSAGE_ID', 'Give each event a messageId of its own, such as a UUID, and send it again with the same one: then it counts once.', 'messageId');
  }
  // It stands in clear in the record's meta.
  if (id !== undefined && holdsPersonal(id, true)) issues.addPersonal('messageId');
  return id ?? '';
};

/** Whom an event is about: userId first, then anonymousId. None at all is an issue. */
export const sourcesOf = (event: Raw, issues: Issues): SourceId[] => {
  const before = issues.count;
  const user = sourceOf('user', event['userId'], 'userId', issues);
  const anonymous = sourceOf('anonymous', event['anonymousId'], 'anonymousId', issues);
  const sources = [user, anonymous].filter((source) => source !== undefined);
  if (sources.length === 0 && issues.count === before) issues.add('INTAKE.NO_SOURCE', 'Say whom this is about: a userId or an anonymousId.');
  return sources;
};

/**
 * Who is to be one person with whom by `alias`. Segment does not say of what kind the previous id is. Where the event does not show it to be the
 * anonymous one, it may be either, so both are named: a key that nobody uses ties nothing.
 */
export const aliasSources = (event: Raw, issues: Issues): SourceId[] => {
  const previous = sourceOf('user', event['previousId'], 'previousId', issues);
  const sources = sourcesOf(event, issues);
  const primary = sources[0];
  if (event['userId'] === undefined || event['userId'] === null) issues.add('INTAKE.MISSING', 'An alias has a userId: the id from now on.', 'userId');
  if (event['previousId'] === undefined || event['previousId'] === null) issues.add('INTAKE.MISSING', 'An alias has a previousId: the id until now.', 'previousId');
  if (!primary || !previous) return sources;
  const anonymous: SourceId = { kind: 'anonymous', value: previous.value };
  const isAnonymous = sources.some(({ kind, value }) => kind === 'anonymous' && value === previous.value);
  return [primary, ...(isAnonymous || previous.value === primary.value ? [] : [previous]), anonymous];
};

const SUBJECT_KINDS: readonly SourceKind[] = ['user', 'anonymous', 'device', 'email', 'phone'];
/** `user:42`, `email:…`, as a CloudEvent's subject has it. `customer:` is ours alone: outcomes come with it, from inside. */
export const subjectSource = (subject: unknown, issues: Issues): SourceId | undefined => {
  const before = issues.count;
  const text = idText(subject, 'subject', issues, SOURCE_ID + 10);
  if (text === undefined) {
    if (issues.count === before) issues.add('INTAKE.NO_SOURCE', 'Say whom this is about as the subject: user:<id>, anonymous:<id>, device:<id>, email:<address> or phone:<number>.', 'subject');
    return undefined;
  }
  const colon = text.indexOf(':');
  const kind = text.slice(0, Math.max(colon, 0)) as SourceKind;
  if (kind === 'customer') return void issues.add('INTAKE.FORBIDDEN_SOURCE', 'customer:<id> is given by this system itself. Use an id of yours.', 'subject');
  if (!SUBJECT_KINDS.includes(kind)) return void issues.add('INTAKE.BAD_ID', `Expected kind:value, where the kind is one of ${SUBJECT_KINDS.join(', ')}.`, 'subject');
  const value = text.slice(colon + 1);
  const known = kind === 'email' ? emailOf(value) : kind === 'phone' ? phoneOf(value) : value;
  if (known === undefined) return void issues.add('INTAKE.BAD_ID', kind === 'email' ? 'This is no e-mail address.' : 'Expected a phone number in international form, such as +41791234567.', 'subject');
  return known === '' ? void issues.add('INTAKE.BAD_ID', 'The id is empty.', 'subject') : sourceOf(kind, known, 'subject', issues);
};

export const unique = (sources: readonly SourceId[]): readonly SourceId[] =>
  sources.length < 2 ? sources : sources.filter(({ kind, value }, i) => sources.findIndex((other) => other.kind === kind && other.value === value) === i);
