import { Agent, request } from 'node:http';

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
