import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bench, fakeIngest, HEAD, ids, KEY, order, orderFile, TAKE, type Bench, type FakeIngest } from './import.fixture.ts';

let ingest: FakeIngest;
let place: Bench;
const children = new Set<ReturnType<typeof spawn>>();
beforeEach(async () => {
  ingest = await fakeIngest();
  place = await bench();
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await ingest.close();
  await place.remove();
});

/** The command as it is typed, in a process of its own. */
const typed = (...args: readonly string[]) => {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], INGEST_URL: ingest.url, IMPORT_KEY: KEY, TOUCHPOINT_DIR: join(place.dir, 'system') };
  const child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), 'import', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (piece: Buffer) => { out += piece.toString(); });
  child.stderr.on('data', (piece: Buffer) => { err += piece.toString(); });
  const end = new Promise<{ code: number | null; out: string; err: string }>((resolve) => child.on('close', (code) => {
    children.delete(child);
    resolve({ code, out, err });
  }));
  return { child, end };
};
const run = (...args: readonly string[]) => typed(...args).end;
const map = () => join(place.dir, 'orders.json');
const LIMIT = 60_000;

describe('touchpoint import', () => {
  it('ends with a summary, and with 0 where all was taken', async () => {
    const path = await place.file('a.csv', orderFile(50));
    const { code, out } = await run(path, '--map', map());
    expect([code, out]).toEqual([0, expect.stringMatching(/rows +50\n +events +50 +Order Completed 50\n +rejected +0/)]);
    expect(ingest.taken).toHaveLength(50);
    expect(await run(path, '--map', map())).toMatchObject({ code: 0, out: expect.stringContaining('imported before') });
    expect(ingest.taken).toHaveLength(50);
  }, LIMIT);

  it('ends with 4 where some rows were rejected, as JSON where it is asked for', async () => {
    const { code, out } = await run(await place.file('a.csv', HEAD + order(0) + order(1, { qty: '?' })), '--map', map(), '--json');
    expect([code, JSON.parse(out)]).toEqual([4, expect.objectContaining({ end: 'done', counts: { rows: 2, events: { 'Order Completed': 1 }, skipped: 0, rejected: 1, rejectedRows: 1 } })]);
  }, LIMIT);

  it('--dry-run shows events and counts, and sends nothing', async () => {
    const path = await place.file('a.csv', orderFile(50) + order('x', { qty: '?' }));
    const { code, out, err } = await run(path, '--map', map(), '--dry-run');
    expect([code, ingest.requests.length]).toEqual([4, 0]);
    expect(out).toContain('"messageId": "orders/0"');
    expect(err).toMatch(/line 52 \(x\): Qty is no decimal.*\nNothing was sent.*\n +rows +51\n/);
  }, LIMIT);

  it('--check tells whether a mapping can be used, and what is wrong with it', async () => {
    expect(await run('--map', 'online-retail', '--check')).toMatchObject({ code: 0, out: expect.stringContaining('can be used: data set online-retail') });
    const bad = await place.file('bad.json', JSON.stringify({ name: 'bad', format: 'csv', columns: { A: 'txt' }, key: ['B'], events: [] }));
    const { code, err } = await run('--map', bad, '--check');
    expect([code, err]).toEqual([2, expect.stringMatching(/\/columns\/A: Expected one of "text"[^]*\/events: Expected at least 1/)]);
  }, LIMIT);

  it('says in a sentence what it needs', async () => {
    expect(await run('--map', map())).toMatchObject({ code: 2, err: expect.stringContaining('Say which file') });
    expect(await run(await place.file('b.csv', 'A,B\n1,2\n'), '--map', map())).toMatchObject({ code: 2, err: expect.stringContaining('the file has no column No') });
  }, LIMIT);
});

/** Starts an import and does something to it once so many requests have arrived. */
const interrupted = async (path: string, signal: NodeJS.Signals, after: number) => {
  const { child, end } = typed(path, '--map', map());
  const from = ingest.requests.length;
  ingest.answer(({ nth }) => {
    if (nth - from === after) child.kill(signal);
    return TAKE;
  });
  return end;
};

describe('an import that is interrupted', () => {
  it('by SIGTERM ends in order, and goes on where it was', async () => {
    const path = await place.file('a.csv', orderFile(9_000));
    expect(await interrupted(path, 'SIGTERM', 3)).toMatchObject({ code: 130, err: expect.stringContaining('goes on from there') });
    expect(ingest.taken.length).toBeLessThan(9_000);
    expect(await run(path, '--map', map())).toMatchObject({ code: 0, err: expect.stringContaining('Goes on where an earlier run was') });
    expect(new Set(ingest.taken)).toEqual(new Set(ids(9_000)));
  }, LIMIT);

  it('by SIGKILL, again and again, loses nothing and makes no other event', async () => {
    const path = await place.file('a.csv', orderFile(9_000) + order('x', { qty: '?' }));
    for (const after of [0, 2, 5]) expect((await interrupted(path, 'SIGKILL', after)).code).toBeNull();
    ingest.answer(() => TAKE);
    const { code, out } = await run(path, '--map', map());
    expect([code, out]).toEqual([4, expect.stringMatching(/rows +9,001\n +events +9,000/)]);
    expect(new Set(ingest.taken)).toEqual(new Set(ids(9_000)));
    const bodies = new Map<string, string>();
    for (const member of ingest.requests.flatMap(({ members }) => members)) expect(bodies.set(member.messageId, bodies.get(member.messageId) ?? JSON.stringify(member)).get(member.messageId)).toBe(JSON.stringify(member));
    expect(await place.rejects(path)).toHaveLength(1);
  }, LIMIT);
});
