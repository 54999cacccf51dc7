import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createGunzip } from 'node:zlib';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { correlationFrom, withCorrelation } from './correlation.ts';
import type { Log } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { sendProblem } from './problem.filter.ts';
import { HttpProblem } from './problem.ts';
import type { Span, Tracing } from './tracing.ts';

/** Limits of the HTTP server; bytes and milliseconds. Each has a strict default. */
export type HttpLimits = Readonly<{
  /** Of a body, packed or unpacked. 100 KB. */
  bodyLimit?: number;
  /** From the first byte of a request to its last. 15 s. */
  requestTimeoutMs?: number;
  /** An idle connection is kept for so long. 65 s, longer than the usual load balancer keeps its own. */
  keepAliveTimeoutMs?: number;
  /** Open connections. 2,000. */
  maxConnections?: number;
}>;

const json = 'application/problem+json';
/** What came was not HTTP, or too slow, or its headers were too long: there is no request to answer, only a socket. */
const refuseConnection = (error: Error & { code?: string }, socket: Duplex): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, title, code] =
    error.code === 'HPE_HEADER_OVERFLOW' ? [431, 'Request Header Fields Too Large', 'HTTP.HEADERS_TOO_LARGE']
    : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? [408, 'Request Timeout', 'HTTP.TOO_SLOW']
    : [400, 'Bad Request', 'HTTP.BAD_REQUEST'];
  const body = JSON.stringify({ type: 'about:blank', title, status, code });
  socket.end(`HTTP/1.1 ${status} ${title}\r\nContent-Type: ${json}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
};

const correlated = (request: FastifyRequest, reply: FastifyReply, run: () => void, span?: Span): void => {
  const work = correlationFrom(span ? { ...request.headers, traceparent: span.traceparent } : request.headers);
  void reply.header('x-correlation-id', work.correlationId);
  withCorrelation(work, run);
};

export const createHttpAdapter = (limits: HttpLimits, log: Log): FastifyAdapter => {
  const requestTimeout = limits.requestTimeoutMs ?? 15_000;
  const adapter = new FastifyAdapter({
    logger: false,
    bodyLimit: limits.bodyLimit ?? 100_000,
    requestTimeout,
    connectionTimeout: requestTimeout * 2,
    keepAliveTimeout: limits.keepAliveTimeoutMs ?? 65_000,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: 500, caseSensitive: true, ignoreTrailingSlash: true },
    http: { maxHeaderSize: 16_384, headersTimeout: Math.min(requestTimeout, 10_000), connectionsCheckingInterval: 1_000 },
    clientErrorHandler: refuseConnection,
    // Refused by the router, before any hook.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => correlated(request, reply, () => sendProblem(reply, error, log)),
  });
  const server = adapter.getInstance() as unknown as FastifyInstance;
  server.server.maxConnections = limits.maxConnections ?? 2_000;
  return adapter;
};

/** Asked every few seconds, by nobody who would look at a trace of it. */
const PROBES = /^\/(health|metrics)/;

/** Each request is done under a correlation id, which its answer bears; a bad one is replaced. First of all hooks. A traced one is a span; what it causes are its children. */
export const installCorrelation = (server: FastifyInstance, tracing: Tracing): void => {
  if (!tracing.on) return void server.addHook('onRequest', (request, reply, done) => correlated(request, reply, done));
  const spans = new WeakMap<FastifyRequest, Span>();
  server.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const { traceparent } = request.headers;
    const parent = typeof traceparent === 'string' ? traceparent : undefined;
    const span = PROBES.test(route) ? undefined : tracing.start(`${request.method} ${route}`, { kind: 'server', parent, attributes: { 'http.request.method': request.method, 'http.route': route } });
    if (span) spans.set(request, span);
    correlated(request, reply, done, span);
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { statusCode } = reply;
    spans.get(request)?.end({ attributes: { 'http.response.status_code': statusCode }, failed: statusCode >= 500 ? String(statusCode) : undefined });
    done();
  });
};

/**
 * From the call of what this gives on, every answer closes its connection. Without it the server would wait for clients that were being
 * served when it was asked to close, and then keep their connection for the next request.
 */
export const installConnectionClose = (server: FastifyInstance): (() => void) => {
  let closing = false;
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) void reply.header('connection', 'close');
    done(null, payload);
  });
  return () => { closing = true; };
};

/** Takes gzip bodies; what they unpack to counts against the body limit while it is unpacked. */
export const installGunzip = (server: FastifyInstance): void => {
  server.addHook('preParsing', (request, _reply, payload, done) => {
    const encoding = request.headers['content-encoding']?.trim().toLowerCase();
    if (encoding === undefined || encoding === '' || encoding === 'identity') return done(null, payload);
    if (encoding !== 'gzip') return done(new HttpProblem(415, 'HTTP.ENCODING', 'The body has an encoding other than gzip'));
    const unpacked = Object.assign(createGunzip(), { receivedEncodedLength: 0 });
    payload.on('data', (chunk: Buffer) => { unpacked.receivedEncodedLength += chunk.length; });
    payload.on('error', (error) => unpacked.destroy(error));
    unpacked.once('error', () => payload.unpipe(unpacked));
    done(null, payload.pipe(unpacked));
  });
};

/** `touchpoint_http_request_seconds` by route (its pattern, never the path that came), method and status. */
export const installHttpMetrics = (server: FastifyInstance, metrics: Metrics): void => {
  const seconds = metrics.histogram('http_request_seconds', 'Time from a request to its answer', ['route', 'method', 'status']);
  server.addHook('onResponse', (request, reply, done) => {
    seconds.observe({ route: request.routeOptions.url ?? 'unknown', method: request.method, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    done();
  });
};
