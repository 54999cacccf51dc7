import { createHash } from 'node:crypto';
import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { gzipSync, brotliCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bench, fakeIngest, HEAD, heard, ids, importInto, KEY, order, orderFile, TAKE, type Bench, type FakeIngest, type Reply } from './import.fixture.ts';

let ingest: FakeIngest;
let place: Bench;
beforeEach(async () => {
  ingest = await fakeIngest();
  place = await bench();
});
afterEach(async () => {
  await ingest.close();
  await place.remove();
});

const AT_ONCE = { 'retry-after': '0' };
/** Refuses the first requests so, then takes all. */
const first = (...replies: readonly Reply[]) => ingest.answer(({ nth }) => replies[nth] ?? TAKE);
const sorted = (list: readonly string[]) => [...list].sort();
const note = 'x'.repeat(900);

describe('an import', () => {
  it('sends each event once, as an ordinary message that is marked as history, under the key', async () => {
    const ending = await importInto(ingest.url, await place.file('a.csv', orderFile(2_500, { note })));
    expect(ending).toMatchObject({ end: 'done', counts: { rows: 2_500, events: { 'Order Completed': 2_500 }, rejected: 0 } });
    expect(sorted(ingest.taken)).toEqual(sorted(ids(2_500)));
    expect(ingest.requests.flatMap(({ members }) => members).every(({ historical }) => historical === true)).toBe(true);
    expect(ingest.requests[0]?.request).toMatchObject({ method: 'POST', url: '/v1/batch', headers: { authorization: `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`, 'content-type': 'application/json' } });
  });

  it('keeps batches within their bounds, several in flight, and each customer in order', async () => {
    // The first is answered once there is a second.
    let second = (): void => undefined;
    const secondIsThere = new Promise<void>((resolve) => { second = resolve; });
    ingest.answer(async ({ nth }) => {
      if (nth === 0) await secondIsThere;
      second();
      return nth % 3 === 1 ? { status: 503, headers: AT_ONCE } : TAKE;
    });
    await importInto(ingest.url, await place.file('a.csv', orderFile(6_000, { note })), { inFlight: 3 });
    expect(Math.max(...ingest.requests.map(({ bytes }) => bytes))).toBeLessThan(500_000);
    expect(Math.max(...ingest.requests.map(({ members }) => members.length))).toBeLessThanOrEqual(500);
    expect(ingest.most()).toBeLessThanOrEqual(3);
    expect(ingest.most()).toBeGreaterThan(1);
    for (let who = 0; who < 7; who++) {
      const own = ingest.taken.map((id) => Number(id.slice('orders/'.length))).filter((no) => no % 7 === who);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
    expect(sorted(ingest.taken)).toEqual(sorted(ids(6_000)));
  });

  it.each([['.gz', gzipSync], ['.br', brotliCompressSync]])('reads a file that ends with %s', async (ending, pack) => {
    await importInto(ingest.url, await place.file(`a.csv${ending}`, pack(Buffer.from(orderFile(2_000)))));
    expect(sorted(ingest.taken)).toEqual(sorted(ids(2_000)));
  });

  it('packs what it sends where it is asked to', async () => {
    await importInto(ingest.url, await place.file('a.csv', orderFile(20)), { gzip: true });
    expect(ingest.requests[0]?.request.headers['content-encoding']).toBe('gzip');
    expect(sorted(ingest.taken)).toEqual(sorted(ids(20)));
  });
});

describe('when ingest does not take a batch', () => {
  it.each<[string, Reply]>([
    ['it has too much to do', { status: 429, headers: AT_ONCE }],
    ['the broker is gone', { status: 503, headers: AT_ONCE, body: { title: 'Service Unavailable' } }],
    ['it failed', { status: 500, headers: AT_ONCE }],
    ['the connection is lost', 'cut'],
    ['the connection is lost after it took it', 'take-and-cut'],
  ])('because %s, it is sent again', async (_, reply) => {
    first(reply, reply);
    const terminal = heard();
    const ending = await importInto(ingest.url, await place.file('a.csv', orderFile(50)), { terminal, inFlight: 1 });
    expect(ending).toMatchObject({ end: 'done', counts: { rejected: 0 } });
    expect(ingest.requests).toHaveLength(3);
    expect(new Set(ingest.taken)).toEqual(new Set(ids(50)));
    expect(terminal.text()).toMatch(/waits: .+; again in /);
  });

  it('for as long as it was told, it gives up, and goes on where it was the next time', async () => {
    ingest.answer(() => ({ status: 503, headers: { 'retry-after': '60' } }));
    const path = await place.file('a.csv', orderFile(50));
    await expect(importInto(ingest.url, path, { giveUpAfter: 30 })).rejects.toMatchObject({ code: 'IMPORT.GAVE_UP', message: expect.stringContaining('same command again') });
    ingest.answer(() => TAKE);
    await importInto(ingest.url, path);
    expect(sorted(ingest.taken)).toEqual(sorted(ids(50)));
  });

  it.each<[string, Reply, string]>([
    ['the key is not known', { status: 401 }, 'IMPORT.KEY'],
    ['the key has another scope', { status: 403 }, 'IMPORT.FORBIDDEN'],
    ['the key may not import', { status: 400, body: { code: 'INTAKE.HISTORY_FORBIDDEN', errors: [{ path: 'batch[0].historical', code: 'INTAKE.HISTORY_FORBIDDEN' }] } }, 'IMPORT.FORBIDDEN'],
    ['the address is another', { status: 404 }, 'IMPORT.REFUSED'],
    ['the address leads elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'IMPORT.REFUSED'],
    ['the batch is none', { status: 400, body: { code: 'HTTP.BAD_JSON', title: 'The body is not valid JSON' } }, 'IMPORT.REFUSED'],
  ])('because %s, it ends at once', async (_, reply, code) => {
    first(reply);
    await expect(importInto(ingest.url, await place.file('a.csv', orderFile(50)), { inFlight: 1 })).rejects.toMatchObject({ code });
    expect(ingest.requests).toHaveLength(1);
  });

  it('because it fails on it each time, it ends', async () => {
    ingest.answer(() => ({ status: 500, headers: AT_ONCE, body: { correlationId: 'c-1' } }));
    await expect(importInto(ingest.url, await place.file('a.csv', orderFile(50)), { inFlight: 1 })).rejects.toMatchObject({ code: 'IMPORT.DEFECT', message: expect.stringContaining('c-1') });
  });
});

describe('what is rejected', () => {
  it('by the mapping is told by its line, and the rest is taken', async () => {
    const path = await place.file('a.csv', `${HEAD}${order(0)}${order(1, { qty: 'many' })}${order(2)}"3"x,y\n${order(4)}${order(5)}${order(6)}${order(2)}`);
    const ending = await importInto(ingest.url, path);
    expect(ending.counts).toEqual({ rows: 8, events: { 'Order Completed': 3 }, skipped: 0, rejected: 5, rejectedRows: 5 });
    expect(sorted(ingest.taken)).toEqual(['orders/0', 'orders/5', 'orders/6']);
    expect((await place.rejects(path)).map(({ line, lastLine, key, code }) => [line, lastLine, key, code]).sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
      [3, 3, '1', 'MAPPING.BAD_CELL'], [4, 4, '2', 'MAPPING.GROUP_INCOMPLETE'], [5, 5, null, 'MAPPING.BROKEN_LINE'], [6, 6, '4', 'MAPPING.GROUP_INCOMPLETE'], [9, 9, '2', 'MAPPING.KEY_RETURNED'],
    ]);
  });

  it('by ingest is told by its lines, key and reason, and the rest is taken', async () => {
    ingest.answer(({ members }) => {
      const index = members.findIndex(({ messageId }) => messageId === 'orders/3');
      return index < 0 ? TAKE : { status: 200, taken: true, body: { success: true, taken: members.length - 1, rejected: [{ index, messageId: 'orders/3', code: 'INTAKE.FUTURE', message: 'timestamp: too late', errors: [] }] } };
    });
    const path = await place.file('a.csv', orderFile(50));
    const ending = await importInto(ingest.url, path);
    expect(ending.counts).toMatchObject({ events: { 'Order Completed': 49 }, rejected: 1, rejectedRows: 1 });
    expect(await place.rejects(path)).toEqual([{ line: 5, lastLine: 5, rows: 1, key: '3', code: 'INTAKE.FUTURE', reason: 'timestamp: too late' }]);
    expect(sorted(ingest.taken)).toEqual(sorted(ids(50).filter((id) => id !== 'orders/3')));
  });

  it('with its whole batch is told with what was wrong with each', async () => {
    first({ status: 400, body: { code: 'INTAKE.INVALID', title: 'No event of the batch is valid', errors: [{ path: 'batch[1].properties.currency', code: 'INTAKE.MISSING', message: 'This is required.' }, { path: 'batch[1]', code: 'X', message: 'not told' }] } });
    const path = await place.file('a.csv', orderFile(2, { who: 'u' }));
    await importInto(ingest.url, path);
    expect((await place.rejects(path)).map(({ key, code, reason }) => [key, code, reason])).toEqual([
      ['0', 'INTAKE.INVALID', 'No event of the batch is valid'], ['1', 'INTAKE.MISSING', 'properties.currency: This is required.'],
    ]);
  });

  it('for its size alone is told once it was sent alone', async () => {
    ingest.answer(({ bytes }) => (bytes > 3_000 ? { status: 413 } : TAKE));
    const path = await place.file('a.csv', orderFile(20) + order(20, { note: 'y'.repeat(5_000) }) + order(21));
    await importInto(ingest.url, path);
    expect(sorted(ingest.taken)).toEqual(sorted([...ids(20), 'orders/21']));
    expect(await place.rejects(path)).toMatchObject([{ line: 22, key: '20', code: 'INGEST.TOO_LARGE' }]);
  });

  it('replaces no file that is not one of rejects', async () => {
    const path = await place.file('a.csv', orderFile(2));
    await expect(importInto(ingest.url, path, { rejects: path })).rejects.toMatchObject({ code: 'IMPORT.REJECTS' });
    expect(await readFile(path, 'utf8')).toBe(orderFile(2));
  });
});

describe('run again', () => {
  it('after its end, it sends nothing; the same once more where it is asked for', async () => {
    const path = await place.file('a.csv', orderFile(20) + order('x', { qty: '?' }));
    const counts = (await importInto(ingest.url, path)).counts;
    expect(await importInto(ingest.url, path)).toMatchObject({ end: 'before', counts });
    expect(ingest.taken).toHaveLength(20);
    expect(await importInto(ingest.url, path, { again: true })).toMatchObject({ end: 'done', counts });
    expect(ingest.taken.slice(20).sort()).toEqual(ingest.taken.slice(0, 20).sort());
    expect(await place.rejects(path)).toHaveLength(1);
  });

  it.each(['the file', 'the mapping', 'the key', 'the address'])('with another file, mapping, key or address (%s), it is another import', async (what) => {
    const path = await place.file('a.csv', orderFile(20));
    await importInto(ingest.url, path);
    if (what === 'the file') await appendFile(path, order(20));
    if (what === 'the mapping') await appendFile(`${place.dir}/orders.json`, '\n');
    const url = what === 'the address' ? ingest.url.replace('127.0.0.1', 'localhost') : ingest.url;
    expect(await importInto(url, path, what === 'the key' ? { key: KEY.replace('00', '01') } : {})).toMatchObject({ end: 'done' });
    expect(ingest.taken.length).toBeGreaterThanOrEqual(40);
  });

  it('after a stop, it sends what is left, and tells rejects once', async () => {
    const bad = (from: number) => Array.from({ length: 300 }, (_, i) => order(from + i) + order(`bad-${from + i}`, { who: 'u', qty: '?' })).join('');
    const path = await place.file('a.csv', `${HEAD}${[0, 300, 600, 900, 1_200, 1_500, 1_800, 2_100].map(bad).join('')}`);
    const stop = new AbortController();
    ingest.answer(({ nth }) => {
      if (nth === 2) stop.abort();
      return TAKE;
    });
    expect(await importInto(ingest.url, path, { stop: stop.signal })).toMatchObject({ end: 'stopped' });
    const before = [...ingest.taken];
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(2_400);
    ingest.answer(() => TAKE);
    const ending = await importInto(ingest.url, path);
    expect(ending).toMatchObject({ end: 'done', counts: { rows: 4_800, events: { 'Order Completed': 2_400 }, rejected: 2_400 } });
    expect(new Set(ingest.taken)).toEqual(new Set(ids(2_400)));
    const lines = (await place.rejects(path)).map(({ line }) => line);
    expect(lines).toEqual(Array.from({ length: 2_400 }, (_, i) => 3 + 2 * i));
    // What lies before the first event that was not acknowledged is not sent again.
    const firstMissing = ids(2_400).findIndex((id) => !before.includes(id));
    expect(ingest.taken.slice(before.length).map((id) => Number(id.slice(7))).every((no) => no >= firstMissing)).toBe(true);
  });

  it('while it waits, a stop ends it', async () => {
    const stop = new AbortController();
    ingest.answer(() => {
      setImmediate(() => stop.abort());
      return { status: 503, headers: { 'retry-after': '3600' } };
    });
    expect(await importInto(ingest.url, await place.file('a.csv', orderFile(20)), { stop: stop.signal })).toMatchObject({ end: 'stopped', counts: { rows: 0 } });
  });

  it('with a ledger that cannot be read, it begins anew', async () => {
    const path = await place.file('a.csv', orderFile(20));
    await importInto(ingest.url, path);
    const folder = `${place.dir}/system/imports`;
    const [ledger] = await readdir(folder);
    expect((await stat(`${folder}/${ledger}`)).mode & 0o777).toBe(0o600);
    await writeFile(`${folder}/${ledger}`, '{"version":1,"ite');
    expect(await importInto(ingest.url, path)).toMatchObject({ end: 'done' });
  });
});

describe('a file that cannot be used', () => {
  it('is told where it is not there', () => expect(importInto(ingest.url, `${place.dir}/none.csv`)).rejects.toMatchObject({ code: 'IMPORT.FILE', message: expect.stringContaining('no such file') }));
  it.each([['.gz', gzipSync], ['.br', brotliCompressSync]])('(%s) is told where it ends too early; what was whole is imported, and no group that may not be', async (ending, pack) => {
    // Fewer than a batch holds, so that they go because the import ends.
    const noise = (i: number): string => createHash('sha512').update(String(i)).digest('hex').repeat(2);
    const packed = pack(Buffer.from(HEAD + Array.from({ length: 450 }, (_, i) => order(i, { note: noise(i) })).join('')));
    const path = await place.file(`a.csv${ending}`, packed.subarray(0, packed.length - 2_000));
    await expect(importInto(ingest.url, path, { inFlight: 1 })).rejects.toMatchObject({ code: 'IMPORT.DAMAGED' });
    expect(ingest.taken.length).toBeGreaterThan(100);
    expect(ingest.taken).toEqual(ids(ingest.taken.length));
    expect(ingest.taken.length).toBeLessThan(449);
  });
  it('is told where the mapping does not fit it', () => expect(place.file('a.csv', 'A,B\n').then((path) => importInto(ingest.url, path))).rejects.toMatchObject({ code: 'MAPPING.HEADER' }));
});
