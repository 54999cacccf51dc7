import { types } from 'node:util';

/** Node's own errors are told from another context's `Error`, too. */
export const isError = (thrown: unknown): thrown is Error => thrown instanceof Error || types.isNativeError(thrown);

/** What a log line says of an error. No body, no SQL parameter, no configuration value: only what is listed here is looked at. */
export type ErrorText = Readonly<{
  name: string;
  kind?: string;
  code?: string;
  message: string;
  frames: readonly string[];
  table?: string;
  constraint?: string;
  column?: string;
  issues?: readonly string[];
  cause?: ErrorText;
}>;

const MAX_MESSAGE = 300;
const MAX_FRAMES = 12;
const MAX_CAUSES = 4;
const NAME = /^[\w.:-]{1,80}$/;

const EMAIL = /[^\s"'<>(),;:]+@[^\s"'<>(),;:]+/g;
const DIGITS = /\+?\d(?:[\s().-]?\d){6,}/g;
const QUOTED = /"[^"]*"|“[^”]*”|`[^`]*`/g;
const SINGLE = /'[^']*'/g;
const URL_QUERY = /\?[^\s]*/g;

/**
 * Takes out of free text what may be somebody's data: addresses, long numbers, what stands in quotes, queries of URLs. It cannot know a
 * name in the middle of a sentence: do not throw with one.
 */
export const scrubbed = (text: string): string => {
  const short = text.length > 4 * MAX_MESSAGE ? text.slice(0, 4 * MAX_MESSAGE) : text;
  const clean = short.replace(EMAIL, '<address>').replace(URL_QUERY, '?…').replace(QUOTED, '"…"').replace(SINGLE, "'…'").replace(DIGITS, '<number>');
  return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE)}…` : clean;
};

type Loose = Readonly<Record<string, unknown>>;
const name = (value: unknown): string | undefined => (typeof value === 'string' && NAME.test(value) ? value : undefined);
const isPostgres = (error: Loose): boolean => typeof error['severity'] === 'string' && typeof error['routine'] === 'string';
/** `cannot read properties of undefined (reading 'x')`: what these quote is code, not data. */
const QUOTES_CODE = new Set(['TypeError', 'ReferenceError']);

/** Packages whose messages quote whom they speak of, in any form: what they say is not printed at all. */
const SPEAKS_OF_PEOPLE = /node_modules\/(twilio|nodemailer|smtp-server|firebase-admin|@firebase|libphonenumber-js|liquidjs|ajv|csv-parse)\//;
const firstFrame = (error: Error): string => /^\s+at .*$/m.exec(error.stack ?? '')?.[0] ?? '';

const messageOf = (error: Error & Loose): string => {
  if (isPostgres(error)) return String(error['code']).startsWith('22') ? `data exception in ${name(error['routine']) ?? 'Postgres'}` : scrubbed(error.message).replaceAll('"…"', 'a name');
  if (error.name === 'SyntaxError') return 'not valid syntax';
  if (Array.isArray(error['issues'])) return 'not valid';
  const speaker = SPEAKS_OF_PEOPLE.exec(firstFrame(error))?.[1];
  if (speaker !== undefined) return `something that ${speaker} said`;
  if (QUOTES_CODE.has(error.name)) return error.message.replace(EMAIL, '<address>').replace(DIGITS, '<number>').slice(0, MAX_MESSAGE);
  return scrubbed(error.message);
};

const framesOf = (error: Error): readonly string[] =>
  (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)).slice(0, MAX_FRAMES).map((line) => line.trim().slice(0, 200));

const issuesOf = (issues: unknown): readonly string[] =>
  Array.isArray(issues) ? issues.slice(0, 20).map((issue: Loose) => `${Array.isArray(issue?.['path']) ? issue['path'].filter((part) => name(String(part))).join('.') : ''}: ${name(issue?.['code']) ?? 'invalid'}`) : [];

export const errorText = (thrown: unknown, depth = 0): ErrorText => {
  if (!isError(thrown)) return { name: typeof thrown, message: 'something that is no error was thrown', frames: [] };
  const error = thrown as Error & Loose;
  const optional: Record<string, unknown> = { kind: name(error['kind']), code: name(error['code']) };
  if (isPostgres(error)) for (const part of ['table', 'constraint', 'column']) optional[part] = name(error[part]);
  if (Array.isArray(error['issues'])) optional['issues'] = issuesOf(error['issues']);
  if (isError(error.cause) && depth < MAX_CAUSES) optional['cause'] = errorText(error.cause, depth + 1);
  return {
    name: name(error.name) ?? 'Error',
    message: messageOf(error),
    frames: framesOf(error),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
};
