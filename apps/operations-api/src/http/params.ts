import * as z from 'zod';
import { badRequest } from '@touchpoint/host';

export const OPERATOR_HEADER = 'x-touchpoint-operator';
/** What is kept of a text that somebody typed: one line. */
const line = (max: number) => z.string().max(max).transform((text) => text.replaceAll(/\s+/g, ' ').trim());
const limit = z.coerce.number().int().min(1).max(1_000).default(50);

/** @throws HttpProblem 400 `OPERATIONS.INVALID` that names each mistake and repeats no value. */
export const valid = <S extends z.ZodType>(schema: S, value: unknown, at = ''): z.output<S> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badRequest('OPERATIONS.INVALID', 'The request is not valid', parsed.error.issues.map(({ path, code, message }) => ({ path: `${at}/${path.join('/')}`, code, message })));
};

export const NewRunBody = z
  .strictObject({ id: z.uuid().optional(), operation: z.string().max(60), arguments: z.record(z.string(), z.unknown()).default({}), apply: z.boolean().default(false), why: line(500).default('') })
  .refine(({ apply, why }) => !apply || why !== '', { path: ['why'], message: 'say why: it is kept in the audit log' });
export const RunId = z.uuid('a run is named by its id, a UUID');
export const RunsQuery = z.strictObject({ operation: z.string().max(60).optional(), state: z.enum(['waiting', 'running', 'stopped', 'done', 'failed']).optional(), limit, before: z.uuid().optional() });
export const RowsQuery = z.strictObject({ after: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(10_000).default(1_000) });
export const AuditQuery = z.strictObject({ operation: z.string().max(60).optional(), limit, before: z.coerce.number().int().min(1).optional() });

const OPERATOR = /^[\w.@+ -]{1,60}$/;
/** The key's name, and who holds it where the caller says so: `touchpoint-cli (ada)`. */
export const whoOf = (key: string, operator: string | undefined): string => (operator !== undefined && OPERATOR.test(operator) ? `${key} (${operator})` : key);
