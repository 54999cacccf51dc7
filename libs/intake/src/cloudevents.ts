import { derivedId } from '@touchpoint/kernel';
import { EVENT_NAME, MESSAGE_ID } from './bounds.ts';
import { Canonical } from './canonical.ts';
import { incomingOf } from './incoming-of.ts';
import type { Arrival, Intake } from './incoming.ts';
import { Issues } from './issues.ts';
import { messagePlans, type EventName } from './messages.ts';
import type { Raw } from './app-context.ts';
import { holdsPersonal } from './personal-text.ts';
import { isObject, objectOrNone, sayEvent, sayGroup, sayTraits, type Reading, type Said } from './say.ts';
import { idText, subjectSource } from './sources.ts';
import { isStorable } from './storable.ts';

const PREFIX = 'com.touchpoint.';
const JSON_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?json\s*(?:;.*)?$/i;
const ATTRIBUTE_LENGTH = 512;

/** A required attribute: text that is not empty. */
const attribute = (event: Raw, name: string, issues: Issues, most = ATTRIBUTE_LENGTH): string => {
  const before = issues.count;
  const value = idText(event[name], name, issues, most);
  if (value === undefined && issues.count === before) issues.add('INTAKE.BAD_CLOUDEVENT', `A CloudEvent has the attribute ${name}.`, name);
  return value ?? '';
};

/** The two together are a CloudEvent's identity. They stay readable where they fit and the source is no `mailto:`; a source is a URI, so a space divides them. */
const messageIdOf = (source: string, id: string): string => {
  const readable = `${source} ${id}`;
  return readable.length <= MESSAGE_ID && !source.includes(' ') && !holdsPersonal(source, true) ? readable : derivedId('cloudevent', source, id);
};

/** The message by its name, with or without our prefix; any other type is Tracked by its own name. */
const sayAs = (reading: Reading, type: string, data: unknown): Said => {
  const name = type.startsWith(PREFIX) ? type.slice(PREFIX.length) : type;
  if (name === 'TraitsSet') return sayTraits(reading, data, 'data');
  if (name === 'GroupJoined') {
    const { groupId, group_id: snakeId, traits } = objectOrNone(data, 'data', reading.issues);
    return sayGroup(reading, groupId ?? snakeId, traits);
  }
  if (name !== 'Tracked' && Object.hasOwn(messagePlans, name)) return sayEvent(reading, name as EventName, data, { bag: 'data' });
  const said = sayEvent(reading, 'Tracked', data, { bag: 'data' });
  if (holdsPersonal(type)) reading.issues.addPersonal('type');
  (said.data as { name: string }).name = type;
  return said;
};

const headOf = (type: string, event: Raw): string => JSON.stringify(['cloudevent', type, event['subject'], event['time'] ?? null]);

/**
 * One CloudEvent 1.0 in its structured form (the HTTP side makes one of the binary form): `type` is a message's name, `subject` a source id, `data` what a
 * track call has as properties. The extension `historical` marks history. Never throws on what a publisher may send.
 */
export const takeCloudEvent = (event: unknown, arrival: Arrival): Intake => {
  const issues = new Issues();
  if (!isObject(event)) {
    issues.add('INTAKE.NOT_AN_OBJECT', 'Expected a CloudEvent: a JSON object.');
    return { refused: issues.refusal() };
  }
  if (arrival.escaped && !isStorable(event, arrival, issues)) return { refused: issues.refusal() };
  if (event['specversion'] !== '1.0') issues.add('INTAKE.BAD_CLOUDEVENT', 'Expected "1.0".', 'specversion');
  const id = attribute(event, 'id', issues);
  if (holdsPersonal(id, true)) issues.addPersonal('id');
  const source = attribute(event, 'source', issues);
  const type = attribute(event, 'type', issues, EVENT_NAME);
  const contentType = event['datacontenttype'] ?? 'application/json';
  if (typeof contentType !== 'string' || !JSON_TYPE.test(contentType)) issues.add('INTAKE.BAD_CLOUDEVENT', 'Expected application/json: data is a JSON object.', 'datacontenttype');
  if ('data_base64' in event) issues.add('INTAKE.BAD_CLOUDEVENT', 'Send data as a JSON object, not as base64.', 'data_base64');
  const subject = subjectSource(event['subject'], issues);
  const reading: Reading = { context: undefined, canon: new Canonical(issues), issues, sources: subject ? [subject] : [] };
  const said = sayAs(reading, type, event['data']);
  // Header values of the binary form are text.
  const historical = event['historical'] === 'true' ? true : event['historical'] === 'false' ? false : event['historical'];
  return incomingOf(said, { messageId: messageIdOf(source, id), timestamp: event['time'], sentAt: null, historical, context: undefined, headOf, kind: type, event }, arrival, issues);
};
