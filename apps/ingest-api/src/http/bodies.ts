import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '@touchpoint/host';
import { HttpProblem, tooLarge } from '@touchpoint/host';
import type { IngestConfig } from '../config.ts';
import type { BodyBudget } from './body-budget.ts';

export const CLOUDEVENT = 'application/cloudevents+json';
export const CLOUDEVENT_BATCH = 'application/cloudevents-batch+json';
const TYPES = ['application/json', CLOUDEVENT, CLOUDEVENT_BATCH];
/** `b` and `import` are what some of Segment's SDKs call it. */
export const BATCH_ROUTES = ['batch', 'b', 'import'];
const batchUrls: ReadonlySet<string> = new Set(BATCH_ROUTES.map((route) => `/v1/${route}`));

export const mediaType = (request: FastifyRequest): string => (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();

type Limits = Pick<IngestConfig, 'MAX_EVENT_BYTES' | 'MAX_BATCH_BYTES'>;
export const eventLimit = ({ limits }: Caller, config: Limits): number => limits.maxEventBytes ?? config.MAX_EVENT_BYTES;
const bodyLimit = (request: FastifyRequest, config: Limits): number => {
  const caller = request.caller!;
  const isBatch = batchUrls.has(request.routeOptions.url ?? '') || mediaType(request) === CLOUDEVENT_BATCH;
  return isBatch ? (caller.limits.maxBatchBytes ?? config.MAX_BATCH_BYTES) : eventLimit(caller, config);
};

const refuse = (limit: number) => tooLarge('INGEST.TOO_LARGE', 'The body is too large', `This key may send ${limit} bytes here, unpacked.`);

/** The whole body, or an error as soon as it is known to be too large; what is packed is unpacked no further than that. */
const collect = (payload: NodeJS.ReadableStream, limit: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let ended = false;
    payload.on('data', (chunk: Buffer) => {
      if (ended) return;
      bytes += chunk.length;
      if (bytes <= limit) return void chunks.push(chunk);
      ended = true;
      payload.pause();
      reject(refuse(limit));
    });
    payload.on('end', () => {
      ended = true;
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes));
    });
    payload.on('error', (cause: Error & { code?: string }) => reject(cause.code?.startsWith('Z_') ? new HttpProblem(400, 'HTTP.BAD_GZIP', 'The body is not valid gzip', { cause }) : cause));
    payload.on('close', () => ended || reject(new HttpProblem(400, 'HTTP.CUT_OFF', 'The body was cut off')));
  });

/**
 * Bodies come as bytes, bounded by the limits of the key and by the budget of the process. What is not read is not read: the connection ends with the
 * answer. The gate has proved the key before.
 */
export const installBodies = (server: FastifyInstance, config: Limits, budget: BodyBudget): void => {
  server.addHook('preParsing', (request, reply, payload, done) => {
    if (request.caller === null) return done(null, payload);
    try {
      const limit = bodyLimit(request, config);
      const announced = Number(request.headers['content-length'] ?? Number.NaN);
      if (announced > limit) throw refuse(limit);
      const isPacked = (request.headers['content-encoding'] ?? 'identity') !== 'identity';
      // Given back when all is over, also where the sender went away: then Fastify's onResponse never comes.
      reply.raw.once('close', budget.take(isPacked || Number.isNaN(announced) ? limit : announced));
    } catch (error) {
      return done(error as Error);
    }
    done(null, payload);
  });
  server.removeAllContentTypeParsers();
  // Without a caller there is no such route: nothing of the body is read.
  server.addContentTypeParser(TYPES, async (request: FastifyRequest, payload: NodeJS.ReadableStream) => (request.caller === null ? undefined : collect(payload, bodyLimit(request, config))));
  server.addHook('onSend', (request, reply, payload, done) => {
    if (!request.raw.complete) void reply.header('connection', 'close');
    done(null, payload);
  });
};
