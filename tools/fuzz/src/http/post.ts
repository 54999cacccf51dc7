import { Agent, request as httpRequest } from 'node:http';
import type { Request } from './requests.ts';

/** What came of a request: an answer, or why there is none. `code` of a problem; `body` as it was read. */
export type Answer = Readonly<{ status: number; code: string | undefined; body: unknown }> | Readonly<{ lost: string }>;

const LIMIT_MS = 30_000;
/** A server that refuses a body it has not read closes the connection; what it said before may get lost on the way. */
const TRIES = 4;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export const createPoster = (url: string, connections: number) => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);

  const once = ({ path, headers, body }: Request): Promise<Answer> =>
    new Promise((resolve) => {
      const asking = httpRequest({ agent, host: hostname, port, path, method: 'POST', headers: { ...headers, 'content-length': body.length }, timeout: LIMIT_MS, signal: AbortSignal.timeout(LIMIT_MS) }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', (error) => resolve({ lost: error.message }));
        answer.on('end', () => {
          const found = parsed(Buffer.concat(chunks).toString());
          const code = (found as { code?: unknown } | undefined)?.code;
          resolve({ status: answer.statusCode ?? 0, code: typeof code === 'string' ? code : undefined, body: found });
        });
      });
      asking.on('timeout', () => asking.destroy(new Error('no answer in time')));
      asking.on('error', (error) => resolve({ lost: error.message }));
      asking.end(body);
    });

  return {
    /** Sends it again where the answer was lost, or is "not now". */
    post: async (request: Request): Promise<Answer> => {
      for (let tries = 1; ; tries += 1) {
        const answer = await once(request);
        const later = 'lost' in answer || answer.status === 429 || answer.status === 503;
        if (!later || tries === TRIES) return answer;
        await new Promise((resolve) => setTimeout(resolve, 100 * tries));
      }
    },
    close: () => agent.destroy(),
  };
};
