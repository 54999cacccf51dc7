import type { Channel, Place } from '@touchpoint/contracts';
import type { Decimal } from '@touchpoint/kernel';
import { amountOf } from './amount.ts';
import { TEXT, URL_TEXT } from './bounds.ts';
import type { Keyed } from './clear.ts';
import { emailOf, phoneOf } from './contact-points.ts';
import type { IssueCode, Issues } from './issues.ts';
import { holdsPersonal } from './personal-text.ts';

/** Reads one value that is there. Undefined: it says nothing (empty text), or is wrong, and then an issue was added. */
export type Reader<T> = (value: unknown, issues: Issues) => T | undefined;

const wrong = (issues: Issues, expected: string): undefined => refuse(issues, 'INTAKE.WRONG_TYPE', `Expected ${expected}.`);
const refuse = (issues: Issues, code: IssueCode, message: string): undefined => {
  issues.add(code, message);
  return undefined;
};

const textWithin = (most: number): Reader<string> => (value, issues) => {
  if (typeof value === 'string') {
    if (value.length > most) return refuse(issues, 'INTAKE.TOO_LONG', `This text has at most ${most} characters.`);
    return value || undefined;
  }
  // Order and product numbers come as numbers from many shops.
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : wrong(issues, 'text');
};
export const text = textWithin(TEXT);
const longText = textWithin(URL_TEXT);

export const amount: Reader<Decimal> = (value, issues) => {
  const read = typeof value === 'number' || typeof value === 'string' ? amountOf(value) : undefined;
  return read ?? wrong(issues, 'a number, or a decimal as text, of at most six places');
};

export const flag: Reader<boolean> = (value, issues) => (typeof value === 'boolean' ? value : wrong(issues, 'true or false'));

const INT = 2 ** 31;
export const whole: Reader<number> = (value, issues) => {
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < INT ? number : wrong(issues, 'a whole number that is not negative');
};

export const currency: Reader<string> = (value, issues) =>
  typeof value === 'string' && /^[A-Za-z]{3}$/.test(value) ? value.toUpperCase() : wrong(issues, 'a currency of three letters (ISO 4217), such as EUR');

/** Queries and fragments hold search words, addresses and tokens. */
export const cut = (url: string): string => {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
};
/** A URL without query and fragment. */
export const bareUrl: Reader<string> = (value, issues) => {
  const read = longText(value, issues);
  return read === undefined ? undefined : cut(read);
};
/** A product's page or picture: shops name products in the query, so it stays unless anything personal stands in it. */
export const productUrl: Reader<string> = (value, issues) => {
  const read = longText(value, issues);
  return read !== undefined && holdsPersonal(read, true) ? cut(read) : read;
};

const oneOf = <T extends string>(words: Readonly<Record<string, T>>): Reader<T> => (value, issues) => {
  const found = typeof value === 'string' ? words[value.toLowerCase()] : undefined;
  return found !== undefined && Object.hasOwn(words, (value as string).toLowerCase()) ? found : wrong(issues, `one of ${Object.keys(words).join(', ')}`);
};
export const channel: Reader<Channel> = oneOf<Channel>({ email: 'email', sms: 'sms', push: 'push', other: 'other' });
export const place: Reader<Place> = oneOf<Place>({ app: 'app', web: 'web', store: 'store', other: 'other', mobile: 'app', browser: 'web', pos: 'store' });
/** Whether a bounce is for good, in the words that senders use. */
const bounceKind = oneOf<'hard' | 'soft'>({ hard: 'hard', permanent: 'hard', soft: 'soft', transient: 'soft', temporary: 'soft' });
export const permanence: Reader<boolean> = (value, issues) => {
  const kind = bounceKind(value, issues);
  return kind === undefined ? undefined : kind === 'hard';
};

export const emailPoint: Reader<Keyed> = (value, issues) => {
  const email = typeof value === 'string' ? emailOf(value) : undefined;
  return email === undefined ? wrong(issues, 'an e-mail address') : { kind: 'email', value: email };
};
export const phonePoint: Reader<Keyed> = (value, issues) => {
  const phone = typeof value === 'string' ? phoneOf(value) : undefined;
  return phone === undefined ? wrong(issues, 'a phone number in international form, such as +41791234567') : { kind: 'phone', value: phone };
};
const anyToken: Reader<string> = textWithin(4_096);
export const token: Reader<string> = (value, issues) => (typeof value === 'string' ? anyToken(value, issues) : wrong(issues, 'a push token'));
export const tokenPoint: Reader<Keyed> = (value, issues) => {
  const read = token(value, issues);
  return read === undefined ? undefined : { kind: 'token', value: read };
};
/** Where an address only adds to what is known of a message: one that is none (it may be why the message bounced) says nothing. */
export const ifAny = (read: Reader<Keyed>): Reader<Keyed> => (value, issues) => (typeof value === 'string' ? read(value, SILENT) : read(value, issues));
const SILENT = { add: () => undefined } as unknown as Issues;

/** `email:…`, `phone:…` or `token:…`. */
export const anyPoint: Reader<Keyed> = (value, issues) => {
  const colon = typeof value === 'string' ? value.indexOf(':') : -1;
  const kind = colon > 0 ? (value as string).slice(0, colon) : '';
  const read = POINTS[kind];
  return read && Object.hasOwn(POINTS, kind) ? read((value as string).slice(colon + 1), issues) : wrong(issues, 'a contact point: email:…, phone:… or token:…');
};
const POINTS: Readonly<Record<string, Reader<Keyed>>> = { email: emailPoint, phone: phonePoint, token: tokenPoint };
