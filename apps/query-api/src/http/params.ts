import * as z from 'zod';
import { catalog } from '@touchpoint/contracts';
import { badRequest } from '@touchpoint/host';
import { SOURCE_KINDS, type SourceKind } from '@touchpoint/kernel';
import { decodeCursor, UUID } from '../cursor.ts';
import type { MessagesCursor } from '../messages.query.ts';
import type { TimelineCursor } from '../timeline.query.ts';

export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 100;
/** Kinds that a customer can be looked up by. `customer` is none: it is the id itself. */
export const LOOKUP_KINDS = SOURCE_KINDS.filter((kind): kind is Exclude<SourceKind, 'customer'> => kind !== 'customer');
/** Everything that a customer's timeline may hold. */
export const TIMELINE_TYPES: readonly string[] = Object.values(catalog).flatMap(({ name, context }) => (['touchpoint', 'identity', 'orchestration'].includes(context) ? [name] : [])).sort();
const MAX_TYPES = 20;

const E164 = /^\+[1-9]\d{4,14}$/;
const MAX_VALUE = 400;

const limit = z.string().regex(/^\d{1,3}$/, `expected a whole number from 1 to ${MAX_LIMIT}`).transform(Number).pipe(z.number().min(1).max(MAX_LIMIT)).default(DEFAULT_LIMIT);
const cursor = <T>(read: (text: string) => T | undefined) =>
  z.string().transform((text, context) => read(text) ?? (context.addIssue({ code: 'custom', message: 'expected what an earlier page gave as next' }), z.NEVER)).nullable().default(null);
const types = z.string().transform((text) => text.split(',')).pipe(
  z.array(z.string().refine((name) => TIMELINE_TYPES.includes(name), 'expected names of messages, comma-separated')).max(MAX_TYPES)).nullable().default(null);

const timelineParams = z.strictObject({ limit, before: cursor((text): TimelineCursor | undefined => decodeCursor(text, ['number', 'number', 'number'])), type: types });
const messagesParams = z.strictObject({ limit, before: cursor((text): MessagesCursor | undefined => decodeCursor(text, ['number', 'uuid'])) });
const noParams = z.strictObject({});

/** @throws HttpProblem 400 `QUERY.PARAMETER` that names each parameter that is wrong, unknown ones too. */
const parsed = <S extends z.ZodType>(schema: S, query: unknown): z.output<S> => {
  const result = schema.safeParse(query);
  if (result.success) return result.data;
  throw badRequest('QUERY.PARAMETER', 'A parameter is not valid', result.error.issues.map(({ path, code, message }) => ({ path: path.join('.'), code, message })));
};

export const timelinePage = (query: unknown) => {
  const { type, ...page } = parsed(timelineParams, query);
  return { ...page, types: type };
};
export const messagesPage = (query: unknown) => parsed(messagesParams, query);
export const nothingElse = (query: unknown) => void parsed(noParams, query);

/** @throws HttpProblem 400 `QUERY.CUSTOMER_ID` */
export const customerIdFrom = (text: string): string => {
  const id = text.toLowerCase();
  if (!UUID.test(id)) throw badRequest('QUERY.CUSTOMER_ID', 'A customer id is a UUID. Look one up by what you call the customer: /v1/customers/by/user/42');
  return id;
};

/** @throws HttpProblem 400 `QUERY.SOURCE`; what was given is not repeated, it is personal. */
export const sourceFrom = (kind: string, value: string): readonly [SourceKind, string] => {
  const known = LOOKUP_KINDS.find((one) => one === kind);
  if (!known) throw badRequest('QUERY.SOURCE', `A source is one of: ${LOOKUP_KINDS.join(', ')}`);
  if (value === '' || value.length > MAX_VALUE) throw badRequest('QUERY.SOURCE', `A source id has 1 to ${MAX_VALUE} characters`);
  if (known === 'phone' && !E164.test(value)) throw badRequest('QUERY.SOURCE', 'A phone number is written in international form, such as +41791234567');
  return [known, value];
};
