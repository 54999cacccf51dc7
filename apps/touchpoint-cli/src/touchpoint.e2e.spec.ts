import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { eventually } from '@touchpoint/testing';
import { processEnv } from './config.ts';
import { presentApps } from './system/apps.ts';
import type { KeyTexts } from './system/first-keys.ts';
import type { Status } from './system/read-status.ts';
import { nextCommands } from './up/next-commands.ts';


const bin = fileURLToPath(new URL('../bin/touchpoint.mjs', import.meta.url));
const given = Boolean(processEnv['KAFKA_BROKERS'] && processEnv['SCHEMA_REGISTRY_URL'] && processEnv['DATABASE_URL']);
const { NODE_OPTIONS: _, ...inherited } = processEnv;

type Ran = Readonly<{ code: number | null; out: string; err: string }>;
type Up = Readonly<{ pid: number; ready: boolean; firstKeys?: KeyTexts; processes: readonly { name: string; state: string }[] }>;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** The command as a person runs it, on the stack that the environment names (with a database and a topic prefix of its own), or else on one of its own. */
describe('the touchpoint command', () => {
  let dir: string;
  let env: Record<string, string | undefined>;
  let database: FreshDatabase | undefined;
  let firstKeys: KeyTexts | undefined;
  let supervisor: number;

  const run = (...args: readonly string[]): Promise<Ran> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [bin, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let [out, err] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text; });
      child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text; });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, out, err }));
    });
  const json = async <T>(...args: readonly string[]): Promise<T> => {
    const { code, out, err } = await run(...args, '--json');
    if (out === '') throw new Error(`touchpoint ${args.join(' ')} ended with ${code}:\n${err}`);
    return JSON.parse(out) as T;
  };
  const pids = async (): Promise<readonly number[]> => (await json<Status>('status')).apps.flatMap(({ pid }) => pid ?? []);

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'touchpoint-e2e-'));
    database = given ? await freshDatabase(processEnv['DATABASE_URL']) : undefined;
    env = { ...inherited, TOUCHPOINT_DIR: dir, TOPIC_PARTITIONS: '2', ...(database && { DATABASE_URL: database.url, TOPIC_PREFIX: `e2e-${dir.slice(-6).toLowerCase()}.` }) };
  });
  afterAll(async () => {
    await run('down', '--wipe');
    await database?.drop();
    await rm(dir, { recursive: true, force: true });
  });

  it('says that nothing runs, and what to type', async () => {
    expect(await run('status')).toMatchObject({ code: 3, out: '', err: expect.stringContaining('npx touchpoint up') });
    expect(await run('keys', 'list')).toMatchObject({ code: given ? 1 : 3 });
  });

  it('ends where it cannot start, and says why', async () => {
    expect(await run('up', '--detach', '--only', 'nobody')).toMatchObject({ code: 2, out: '', err: expect.stringContaining('There is no app nobody') });
    expect(await run('status')).toMatchObject({ code: 3 });
  });

  it('brings everything up, and shows the first keys', async () => {
    const up = await json<Up>('up', '--detach', '--replicas', 'identity-resolver=2');
    expect(up.processes.map(({ name, state }) => `${name} ${state}`)).toEqual(presentApps().flatMap(({ name }) => (name === 'identity-resolver' ? [`${name} ready`, `${name}-2 ready`] : [`${name} ready`])));
    firstKeys = up.firstKeys;
    supervisor = up.pid;
    expect(Object.keys(firstKeys ?? {})).toEqual(['write', 'import', 'read', 'operate']);
  });

  it('waits until all is ready and nothing is left to do', async () => {
    const status = await json<Status>('status', '--wait', '--limit', '300');
    expect(status).toMatchObject({ ready: true, dir, lag: { records: 0, seconds: 0 } });
    expect(status.parts.map(({ ready }) => ready)).toEqual([true, true, true]);
  });

  it('suggests an event that is taken, as README does', async () => {
    const ingest = (await json<Status>('status')).apps.find(({ name }) => name === 'ingest-api')!;
    const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
    const shown = /-d '([^']+)' http:\/\/127\.0\.0\.1:4001(\/\S+?)[`\s]/.exec(readme);
    const suggested = nextCommands({ processes: [{ app: 'ingest-api', url: ingest.url }] }, firstKeys, '').map((command) => / (http\S+) .* -d '([^']+)'$/.exec(command)).find(Boolean);
    for (const [url, body] of [[`${ingest.url}${shown?.[2]}`, shown?.[1]], [suggested?.[1], suggested?.[2]]]) {
      const answer = await fetch(url!, { method: 'POST', headers: { authorization: `Basic ${btoa(`${firstKeys!.write}:`)}`, 'content-type': 'application/json' }, body: body! });
      expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
    }
  });

  it('says that nothing is left to do only when it is so', async () => {
    const ingest = (await json<Status>('status')).apps.find(({ name }) => name === 'ingest-api')!;
    const post = async (from: number): Promise<void> => {
      const batch = Array.from({ length: 100 }, (_event, i) => ({ type: 'track', event: 'Application Opened', userId: `u${(from + i) % 50}`, messageId: `m${from + i}`, properties: {} }));
      const answer = await fetch(`${ingest.url}/v1/batch`, { method: 'POST', headers: { authorization: `Bearer ${firstKeys!.write}`, 'content-type': 'application/json' }, body: JSON.stringify({ batch }) });
      expect(answer.status).toBe(200);
    };
    for (let from = 0; from < 1_000; from += 100) await post(from);
    await json<Status>('status', '--wait');
    const topics = await json<readonly { name: string; records: number }[]>('topics');
    const timeline = topics.find(({ name }) => name.endsWith('customers.timeline'))!.records;
    expect(timeline).toBeGreaterThanOrEqual(1_000);
    if (!database) return;
    const { rows } = await database.pool.query<{ read: number }>("select sum(next_offset)::int as read from log.checkpoint where consumer = 'profile-projector'");
    expect(rows[0]?.read).toBe(timeline);
  });

  it('keeps secrets and keys for its owner, and the shown ones nowhere', async () => {
    for (const file of ['secrets.json', 'keys.json', 'system.json']) expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
    const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && /\.(json|log)$/.test(entry.name));
    const texts = await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')));
    const secrets = Object.values(JSON.parse(await readFile(join(dir, 'secrets.json'), 'utf8')) as Record<string, string>);
    for (const shown of Object.values(firstKeys!)) expect(texts.filter((text) => text.includes(shown))).toEqual([]);
    for (const secret of secrets) expect(texts.filter((text) => text.includes(secret))).toHaveLength(1);
  });

  it('adopts a system that runs, and shows no key again', async () => {
    const again = await json<Up>('up');
    expect(again).toMatchObject({ pid: supervisor, ready: true });
    expect(again).not.toHaveProperty('firstKeys');
    const { out } = await run('up');
    expect(out).not.toContain('tp_');
  });

  it('reports an app that was killed by its name, and starts it again', async () => {
    const before = (await json<Status>('status')).apps.find(({ name }) => name === 'identity-resolver-2')!;
    process.kill(before.pid!, 'SIGKILL');
    const after = await eventually('its return', async () => {
      const app = (await json<Status>('status')).apps.find(({ name }) => name === before.name)!;
      return app.ready && app.restarts === 1 && app;
    });
    expect(after.pid).not.toBe(before.pid);
    expect(after.lastCrash).toMatchObject({ signal: 'SIGKILL' });
    expect((await run('status')).out).toMatch(/identity-resolver-2 crashed .* ago \(SIGKILL\)/);
    expect((await run('logs', 'system')).out).toMatch(/error +system +crashed and is started again +part=identity-resolver-2/);
  });

  it('shows logs, a line each or as they are', async () => {
    expect((await run('logs', 'identity-resolver', '-n', '20')).out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info +identity-resolver(-2)? +started/m);
    const lines = (await run('logs', 'profile-projector', '--json')).out.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { app: string }).app)).toContain('profile-projector');
    expect(await run('logs', 'nobody')).toMatchObject({ code: 1, err: expect.stringContaining('name one of') });
  });

  it('makes, lists and revokes keys', async () => {
    const made = await json<{ key: string; id: string }>('keys', 'create', 'shop', '--scope', 'events:write');
    expect(made.key).toMatch(/^tp_/);
    await run('keys', 'revoke', made.id);
    const keys = await json<readonly { id: string; name: string; revokedAt: string | null }[]>('keys', 'list');
    expect(keys.find(({ id }) => id === made.id)).toMatchObject({ name: 'shop', revokedAt: expect.any(String) });
    expect(await run('keys', 'create', 'shop', '--scope', 'everything')).toMatchObject({ code: 2 });
  });

  it('tells of topics, schemas and what is parked', async () => {
    expect((await json<readonly { partitions: number }[]>('topics')).map(({ partitions }) => partitions)).toEqual([2, 2, 2, 2]);
    expect((await json<readonly string[]>('schemas', 'list')).length).toBeGreaterThan(10);
    expect(await json('parked', 'list')).toEqual([]);
    expect(await run('parked', 'retry', 'identity-resolver', '--all')).toMatchObject({ code: 0, err: expect.stringContaining('0 records of 0 keys would be tried again') });
    expect(await run('parked', 'drop', 'identity-resolver')).toMatchObject({ code: 2 });
  });

  it('stops everything', async () => {
    const running = [supervisor, ...(await pids())];
    expect(await run('down')).toMatchObject({ code: 0, err: expect.stringContaining('the data stay') });
    await eventually('their end', () => running.every((pid) => !isAlive(pid)));
    expect(await run('status')).toMatchObject({ code: 3 });
  });

  it('finds its data when it is started again, here in the foreground, and stops at Ctrl-C', async () => {
    const child = spawn(process.execPath, [bin, 'up', '--json'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const told = new Promise<string>((resolve) => child.stdout.setEncoding('utf8').on('data', resolve));
    const up = JSON.parse(await Promise.race([told, ended.then((code) => Promise.reject(new Error(`up ended with ${code}`)))])) as Up;
    expect(up).not.toHaveProperty('firstKeys');
    const keys = await json<readonly { id: string }[]>('keys', 'list');
    expect(keys.map(({ id }) => id)).toContain(firstKeys!.write.split('_')[1]);
    const running = await pids();
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(running.filter(isAlive)).toEqual([]);
  });

  it('removes all that it kept', async () => {
    expect(await run('down', '--wipe')).toMatchObject({ code: 0, err: expect.stringContaining('removed') });
    await expect(readdir(dir)).rejects.toThrow(/ENOENT/);
  });
});
