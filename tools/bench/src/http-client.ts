import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Posts bodies over connections that stay open. */
export type HttpClient = Readonly<{ post: (path: string, body: Buffer) => Promise<number>; close: () => void }>;

/** @param key an API key, sent as Segment's SDKs send it. `post` gives the status once the answer is read to its end. */
export const httpClient = (url: string, key: string, connections: number): HttpClient => {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const authorization = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
  return {
    post: (path, body) =>
      new Promise((resolve, reject) => {
        const asked = request({ agent, hostname, port, path, method: 'POST', headers: { authorization, 'content-type': 'application/json', 'content-length': body.length } }, (answer) => {
          answer.resume();
          answer.once('end', () => resolve(answer.statusCode ?? 0));
          answer.once('error', reject);
        });
        asked.once('error', reject);
        asked.end(body);
      }),
    close: () => agent.destroy(),
  };
};

const BUSY: readonly number[] = [429, 503];
const AGAIN_MS = 250;
const TRIES = 120;

/** Posts, and again while the receiver says that it is busy, as SDKs do. @throws Error at any other answer. @returns how often it was refused. */
export const postUntilTaken = async (client: HttpClient, path: string, body: Buffer, signal?: AbortSignal): Promise<number> => {
  for (let refused = 0; ; refused += 1) {
    const status = await client.post(path, body);
    if (status === 200) return refused;
    if (!BUSY.includes(status) || refused === TRIES) throw new Error(`ingest answered ${status}`);
    await sleep(AGAIN_MS, undefined, { signal });
  }
};
