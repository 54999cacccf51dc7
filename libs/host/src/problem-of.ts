import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { failureKind, type FailureKind } from '@touchpoint/kernel';
import { isError } from './error-text.ts';
import type { FieldIssue, HttpProblem, Problem } from './problem.ts';

type Answer = Readonly<{ problem: Problem; headers: Readonly<Record<string, string>> }>;
type Loose = Readonly<Record<string, unknown>>;

const CODE = /^[\w.:-]{1,80}$/;
const STATUS: Readonly<Record<FailureKind, number>> = { InvalidMessage: 400, VersionConflict: 409, Transient: 503, Fenced: 503, LogMismatch: 500, Halt: 500 };

/** Fastify's own refusals, by its code: what we call them and what we say. Its messages are not shown, one may quote the body. */
const FASTIFY: Readonly<Record<string, readonly [status: number, code: string, title: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'HTTP.TOO_LARGE', 'The body is too large'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'HTTP.MEDIA_TYPE', 'The body has a media type that is not taken here'],
  FST_ERR_CTP_EMPTY_TYPE: [415, 'HTTP.MEDIA_TYPE', 'The body has no media type'],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'HTTP.NO_BODY', 'The body is empty'],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, 'HTTP.BAD_JSON', 'The body is not valid JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'HTTP.CONTENT_LENGTH', 'The body is not as long as it says'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'HTTP.URI_TOO_LONG', 'A part of the path is too long'],
  FST_ERR_BAD_URL: [400, 'HTTP.BAD_URL', 'The path is not valid'],
};

const issuesFrom = (found: unknown): readonly FieldIssue[] | undefined => {
  const list = Array.isArray(found) ? found : typeof found === 'object' && found !== null && Array.isArray((found as Loose)['issues']) ? ((found as Loose)['issues'] as unknown[]) : undefined;
  return list?.slice(0, 100).flatMap((entry): FieldIssue[] => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { path, code, message } = entry as Loose;
    const text = Array.isArray(path) ? path.map(String).join('.') : String(path ?? '');
    return [{ path: text, code: typeof code === 'string' ? code : 'invalid', ...(typeof message === 'string' && { message }) }];
  });
};

const plain = (status: number, code: string, title: string, detail?: string, errors?: readonly FieldIssue[]): Problem => ({
  type: 'about:blank', title, status, code, ...(detail !== undefined && { detail }), ...(errors?.length && { errors }),
});
const titleOf = (status: number) => STATUS_CODES[status] ?? 'Error';

const fromFailure = (error: Error & Loose, kind: FailureKind): Problem => {
  const status = STATUS[kind] ?? 500;
  const code = typeof error['code'] === 'string' && CODE.test(error['code']) ? error['code'] : 'FAILURE';
  if (kind === 'InvalidMessage') return plain(status, code, 'The message is not valid', error.message, issuesFrom(error.cause));
  if (status === 500) return defect;
  return plain(status, code, status === 409 ? 'It was changed by somebody else meanwhile' : 'This cannot be done now; try again');
};

const defect = plain(500, 'DEFECT', 'Something went wrong here', 'It is logged under the correlation id.');

const fromHttpException = (error: HttpException): Problem => {
  const status = error.getStatus();
  if (status >= 500) return status === 503 ? plain(503, 'HTTP.UNAVAILABLE', titleOf(503)) : defect;
  return plain(status, `HTTP.${titleOf(status).toUpperCase().replaceAll(/[^A-Z]+/g, '_')}`, titleOf(status), status === 404 ? undefined : error.message);
};

const problemFrom = (error: unknown): Problem => {
  if (!isError(error)) return defect;
  const loose = error as Error & Loose;
  if (error.name === 'HttpProblem') {
    const { status, code, message, detail, errors } = error as HttpProblem;
    return status === 500 ? defect : plain(status, code, message, detail, errors);
  }
  const kind = failureKind(error);
  if (kind in STATUS) return fromFailure(loose, kind as FailureKind);
  const known = FASTIFY[String(loose['code'])] ?? FASTIFY[String((error.cause as Loose | undefined)?.['code'])];
  if (known) return plain(...known);
  if (error instanceof HttpException) return fromHttpException(error);
  const status = loose['statusCode'];
  if (status === 400 && String(loose['code']).startsWith('Z_')) return plain(400, 'HTTP.BAD_GZIP', 'The body does not unpack as gzip');
  return typeof status === 'number' && status >= 400 && status < 500 ? plain(status, 'HTTP.REFUSED', titleOf(status)) : defect;
};

/** What an error is at HTTP (RFC 9457): its kind decides, told by `code` and `kind`. A defect shows nothing but its correlation id. */
export const problemOf = (error: unknown, correlationId?: string): Answer => {
  const problem = { ...problemFrom(error), ...(correlationId !== undefined && { correlationId }) };
  const given = isError(error) && error.name === 'HttpProblem' ? (error as HttpProblem).retryAfterSeconds : undefined;
  const retryAfter = given ?? (problem.status === 503 || problem.status === 429 ? 1 : undefined);
  return {
    problem,
    headers: {
      ...(retryAfter !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) }),
      ...(problem.status === 401 && { 'www-authenticate': 'Basic realm="touchpoint", Bearer realm="touchpoint"' }),
    },
  };
};
