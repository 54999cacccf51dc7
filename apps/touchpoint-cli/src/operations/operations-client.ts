import { userInfo } from 'node:os';
import { about, type Context, type DirOption } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { readControl } from '../system/control-client.ts';
import { readOwnKeys } from '../system/first-keys.ts';
import type { SystemView } from '../system/system.ts';

/** A run as operations-api shows it; only what is used of it here. */
export type Run = Readonly<{
  id: string; operation: string; arguments: object; apply: boolean; who: string; why: string; state: 'waiting' | 'running' | 'stopped' | 'done' | 'failed';
  askedAt: string; startedAt: string | null; endedAt: string | null; rows: number;
  progress: Readonly<{ doing: string; unit: string; done: number; total?: number; perSecond: number | null; secondsLeft: number | null }> | null;
  outcome: Readonly<{ summary: string; figures: Readonly<Record<string, string | number | boolean | null>> }> | null;
  problem: Readonly<{ code: string; message: string }> | null;
}>;
export type ResultRow = Readonly<Record<string, string | number | boolean | null>>;

/** Speaks with operations-api. @throws CliError that says what to do about an answer that is no success. */
export type OperationsClient = Readonly<{
  get: <T>(path: string) => Promise<T>;
  post: <T>(path: string, body?: object) => Promise<T>;
  /** The rows of a run's result, page by page. */
  rows: (id: string) => AsyncGenerator<ResultRow>;
}>;

const APP = 'operations-api';
const TIME_LIMIT_MS = 30_000;

/** Whoever sits at the terminal, for the audit log: the key says who may, this says who did. */
const operator = (): string => {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
};

const target = async (context: Context, options: DirOption): Promise<Readonly<{ url: string; key: string }>> => {
  const { config, places } = about(context, options);
  if (config.OPERATIONS_URL !== undefined) {
    if (config.OPERATIONS_KEY === undefined) throw new CliError('OPERATIONS.NO_KEY', `A key for ${config.OPERATIONS_URL} is needed: set OPERATIONS_KEY to one with the scope operate`, { exitCode: EXIT.usage });
    return { url: config.OPERATIONS_URL, key: config.OPERATIONS_KEY };
  }
  const view = await readControl<SystemView>(places.dir);
  const found = view?.processes.find(({ app, state }) => app === APP && state === 'ready');
  if (!found) throw new CliError('CLI.NOT_RUNNING', `No ${APP} runs in ${places.dir}: start the system with npx touchpoint up, or set OPERATIONS_URL and OPERATIONS_KEY`, { exitCode: EXIT.notRunning });
  const key = config.OPERATIONS_KEY ?? (await readOwnKeys(places))?.operate;
  if (key === undefined) throw new CliError('OPERATIONS.NO_KEY', `There is no key in ${places.keys}: run npx touchpoint up, or set OPERATIONS_KEY`);
  return { url: found.url, key };
};

type Problem = Readonly<{ code?: string; title?: string; detail?: string; errors?: readonly Readonly<{ path: string; message?: string }>[] }>;

const failureOf = (status: number, url: string, { code = 'OPERATIONS.REFUSED', title = 'no reason', detail, errors = [] }: Problem): CliError => {
  if (status === 401) return new CliError('OPERATIONS.KEY', `${url} does not know the key: it may have been revoked, or belong to another system`);
  if (status === 403) return new CliError('OPERATIONS.FORBIDDEN', 'The key may not do this: use one with the scope operate (npx touchpoint keys create NAME --scope operate)');
  return new CliError(code, [title, detail].filter(Boolean).join(': '), { exitCode: status === 400 ? EXIT.usage : EXIT.failed, detail: errors.map(({ path, message }) => `${path}: ${message ?? 'is not valid'}`) });
};

export const operationsClient = async (context: Context, options: DirOption): Promise<OperationsClient> => {
  const { url, key } = await target(context, options);
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    let response: Response;
    try {
      response = await fetch(new URL(path, url), {
        method, redirect: 'manual', signal: AbortSignal.timeout(TIME_LIMIT_MS),
        headers: { authorization: `Bearer ${key}`, 'x-touchpoint-operator': operator(), ...(body && { 'content-type': 'application/json' }) }, ...(body && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw new CliError('OPERATIONS.UNREACHABLE', `${url} does not answer: see npx touchpoint status`, { cause: error });
    }
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) throw failureOf(response.status, url, (answer ?? {}) as Problem);
    return answer as T;
  };
  const get = <T>(path: string): Promise<T> => call<T>('GET', path);
  return {
    get,
    post: (path, body) => call('POST', path, body),
    rows: async function* (id) {
      for (let after: number | null = 0; after !== null; ) {
        const page: { rows: readonly ResultRow[]; next: number | null } = await get(`/v1/runs/${id}/rows?after=${after}`);
        yield* page.rows;
        after = page.next;
      }
    },
  };
};
