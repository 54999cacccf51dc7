import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { placesOf } from '../system/places.ts';
import type { Terminal } from '../view/terminal.ts';
import { importFile, type ImportJob } from './import-file.ts';
import { openInput } from './input-file.ts';
import { readMapping } from './mapping-file.ts';
import type { RejectLine } from './reject-file.ts';

export type Member = Readonly<{ messageId: string; userId?: string; historical?: boolean } & Record<string, unknown>>;
export type Arrived = Readonly<{ members: readonly Member[]; request: IncomingMessage; bytes: number; nth: number }>;
/** What the fake answers; `cut` ends the connection without an answer. */
export type Reply = Readonly<{ status: number; body?: unknown; headers?: Record<string, string>; taken?: boolean }> | 'cut' | 'take-and-cut';
export const TAKE: Reply = { status: 200, body: { success: true }, taken: true };

/** Stands for ingest-api's /v1/batch: takes what `answer` says it takes, and remembers it. */
export type FakeIngest = Readonly<{
  url: string;
  /** Ids of the messages that were taken, as often as they were. */
  taken: string[];
  requests: Arrived[];
  /** The most requests that were open at once. */
  most: () => number;
  answer: (reply: (arrived: Arrived) => Reply | Promise<Reply>) => void;
  close: () => Promise<void>;
}>;

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const bytes = Buffer.concat(pieces);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
};

export const fakeIngest = async (): Promise<FakeIngest> => {
  const taken: string[] = [];
  const requests: Arrived[] = [];
  let reply: (arrived: Arrived) => Reply | Promise<Reply> = () => TAKE;
  let open = 0;
  let most = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    most = Math.max(most, ++open);
    const bytes = await bodyOf(request);
    const { batch } = JSON.parse(bytes.toString()) as { batch: Member[] };
    const arrived: Arrived = { members: batch, request, bytes: bytes.length, nth: requests.length };
    requests.push(arrived);
    const said = await reply(arrived);
    open--;
    const refused = typeof said === 'object' ? ((said.body as { rejected?: { index: number }[] } | undefined)?.rejected ?? []).map(({ index }) => index) : [];
    if (said === 'take-and-cut' || (said !== 'cut' && said.taken)) taken.push(...batch.filter((_, i) => !refused.includes(i)).map(({ messageId }) => messageId));
    if (typeof said === 'string') return void request.socket.destroy();
    response.writeHead(said.status, { 'content-type': 'application/json', ...said.headers });
    response.end(JSON.stringify(said.body ?? {}));
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken, requests,
    most: () => most,
    answer: (next) => { reply = next; },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** A folder for one spec, with a mapping of orders (`No,Who,Qty,Note`) and what it takes to import a file by it. */
export type Bench = Readonly<{ dir: string; file: (name: string, content: string | Buffer) => Promise<string>; rejects: (path: string) => Promise<readonly RejectLine[]>; remove: () => Promise<void> }>;

export const orders = {
  name: 'orders',
  format: 'csv',
  columns: { No: 'text', Who: 'text', Qty: 'decimal', At: 'time', Note: { type: 'text', optional: true } },
  key: ['No'],
  group: { window: 2 },
  events: [{
    type: 'track', event: 'Order Completed', userId: { column: 'Who' }, timestamp: { column: 'At' },
    properties: { order_id: { column: 'No' }, note: { column: 'Note' }, products: { each: { quantity: { column: 'Qty' } } } },
  }],
};
export const HEAD = 'No,Who,Qty,At,Note\n';
export const order = (no: number | string, { who = `u${Number(no) % 7}`, qty = '1', note = '' } = {}): string => `${no},${who},${qty},2011-01-01T10:00:00Z,${note}\n`;
export const orderFile = (count: number, options?: Parameters<typeof order>[1]): string => HEAD + Array.from({ length: count }, (_, i) => order(i, options)).join('');
export const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `orders/${i}`);

export const bench = async (): Promise<Bench> => {
  const dir = await mkdtemp(join(tmpdir(), 'touchpoint-import-'));
  await writeFile(join(dir, 'orders.json'), JSON.stringify(orders));
  return {
    dir,
    file: async (name, content) => {
      await writeFile(join(dir, name), content);
      return join(dir, name);
    },
    rejects: async (path) => {
      const text = await readFile(`${path}.rejects.ndjson`, 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as RejectLine);
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
};

export const KEY = `tp_${'0'.repeat(16)}_${'s'.repeat(43)}`;

/** A terminal that keeps what is written to it. */
export const heard = (): Terminal & Readonly<{ text: () => string }> => {
  let text = '';
  const hear = (more: string): void => { text += more; };
  return { out: hear, err: hear, isTty: false, outIsTty: false, columns: () => 120, rows: () => 40, text: () => text };
};

/** Imports a file as the command does. */
export const importInto = async (url: string, path: string, { stop = new AbortController().signal, terminal = heard(), key = KEY, ...options }: ImportJob['options'] & { stop?: AbortSignal; terminal?: Terminal; key?: string } = {}) => {
  const dir = join(path, '..');
  return importFile({
    input: await openInput(path), mapping: await readMapping(join(dir, 'orders.json')), target: { url, key, places: placesOf(join(dir, 'system')) },
    options, terminal, stop, abandon: new AbortController().signal,
  });
};
