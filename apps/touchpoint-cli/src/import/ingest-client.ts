import { gzipSync } from 'node:zlib';
import { CliError } from '../system/cli-error.ts';

/** Why ingest did not take a member of a batch; `index` is its place in it. */
export type Refused = Readonly<{ index: number; code: string; message: string }>;

/** What came of one request. `again`: it may go well another time; `limited`, where that is not sure to help. Sending again is safe: a messageId counts once. */
export type Answer =
  | Readonly<{ kind: 'taken'; refused: readonly Refused[] }>
  | Readonly<{ kind: 'too-large' }>
  | Readonly<{ kind: 'again'; why: string; afterMs: number | null; limited?: true }>;

/** Posts JSON texts of messages as one batch. @throws CliError for what no second try mends */
export type IngestClient = Readonly<{ url: string; post: (members: readonly string[], signal: AbortSignal) => Promise<Answer> }>;

export type ClientOptions = Readonly<{ url: string; key: string; gzip?: boolean; timeoutMs?: number }>;

type Loose = Readonly<Record<string, unknown>>;
const objectOf = (value: unknown): Loose => (typeof value === 'object' && value !== null ? (value as Loose) : {});
const textOf = (value: unknown, otherwise: string): string => (typeof value === 'string' && value !== '' ? value : otherwise);
const listOf = (value: unknown): readonly Loose[] => (Array.isArray(value) ? value.map(objectOf) : []);

/** Of an answer 200: the members that were not taken. */
const refusedOf = (answer: Loose): readonly Refused[] =>
  listOf(answer['rejected']).flatMap(({ index, code, message }) => (typeof index === 'number' ? [{ index, code: textOf(code, 'INGEST.REFUSED'), message: textOf(message, 'It was not taken.') }] : []));

const MEMBER = /^batch\[(\d+)\]\.?(.*)$/;
/** Of a problem 400 about members, none of which was taken: what was wrong with each. Only so many are named; the others share the problem's own word. Undefined: it is about the request. */
const allRefusedOf = (problem: Loose, count: number): readonly Refused[] | undefined => {
  const found = new Map<number, Refused>();
  for (const error of listOf(problem['errors'])) {
    const [, place, path] = MEMBER.exec(textOf(error['path'], '')) ?? [];
    if (place === undefined || found.has(Number(place))) continue;
    const message = textOf(error['message'], 'It is not valid.');
    found.set(Number(place), { index: Number(place), code: textOf(error['code'], 'INGEST.REFUSED'), message: path ? `${path}: ${message}` : message });
  }
  if (found.size === 0) return undefined;
  const code = textOf(problem['code'], 'INGEST.REFUSED');
  return Array.from({ length: count }, (_, index) => found.get(index) ?? { index, code, message: textOf(problem['title'], 'It is not valid.') });
};

const FORBIDDEN = 'INTAKE.HISTORY_FORBIDDEN';
const noImport = (): CliError => new CliError('IMPORT.FORBIDDEN', 'The key may not import history: use one with the scope events:import (npx touchpoint keys create NAME --scope events:write,events:import).');
const takenBut = (refused: readonly Refused[]): Answer => {
  // It would be the same for every event to come.
  if (refused.some(({ code }) => code === FORBIDDEN)) throw noImport();
  return { kind: 'taken', refused };
};

const MAX_WAIT_S = 3_600;
const retryAfterMs = (header: string | null): number | null => (header !== null && /^\d{1,6}$/.test(header) ? Math.min(Number(header), MAX_WAIT_S) * 1_000 : null);

const answerOf = (response: Response, body: Loose, { url, count }: { url: string; count: number }): Answer => {
  const { status, headers } = response;
  if (status === 200) return takenBut(refusedOf(body));
  const said = textOf(body['title'], response.statusText || 'no reason');
  const again = { kind: 'again', afterMs: retryAfterMs(headers.get('retry-after')) } as const;
  if (status === 429) return { ...again, why: 'it has too much to do (429)' };
  if (status === 408 || status === 502 || status === 503 || status === 504) return { ...again, why: `it cannot take events now (${status}, ${said})` };
  if (status >= 500) return { ...again, limited: true, why: `it failed (${status}, ${said}${body['correlationId'] === undefined ? '' : `, correlation id ${String(body['correlationId'])}`})` };
  if (status === 413) return { kind: 'too-large' };
  const refused = status === 400 ? allRefusedOf(body, count) : undefined;
  if (refused) return takenBut(refused);
  if (status === 401) throw new CliError('IMPORT.KEY', `${url} does not know the key: it may have been revoked, or belong to another system.`);
  if (status === 403) throw noImport();
  throw new CliError('IMPORT.REFUSED', `${url} refuses the batch (${status}, ${textOf(body['code'], 'no code')}: ${said}). Is it the address of ingest-api?`);
};

const whyOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException).code;
  if (cause instanceof Error && cause.name === 'TimeoutError') return 'it did not answer in time';
  return code === 'ECONNREFUSED' ? 'nothing listens there' : `the connection was lost (${code ?? (cause as Error).message})`;
};

export const ingestClient = ({ url, key, gzip = false, timeoutMs = 30_000 }: ClientOptions): IngestClient => {
  const target = new URL('/v1/batch', url).href;
  const headers = { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`, ...(gzip && { 'content-encoding': 'gzip' }) };
  return {
    url,
    post: async (members, signal) => {
      const text = `{"batch":[${members.join(',')}]}`;
      try {
        const response = await fetch(target, {
          method: 'POST', headers, body: gzip ? gzipSync(text, { level: 1 }) : Buffer.from(text), redirect: 'manual', signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        });
        const body = objectOf(await response.json().catch(() => null));
        return answerOf(response, body, { url, count: members.length });
      } catch (error) {
        if (error instanceof CliError || signal.aborted) throw error;
        return { kind: 'again', why: whyOf(error), afterMs: null };
      }
    },
  };
};
