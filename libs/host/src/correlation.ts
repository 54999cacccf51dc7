import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What one piece of work is known by, in logs and on the records that come of it. `traceparent` is W3C, passed on as it came. */
export type Correlation = Readonly<{ correlationId: string; traceparent?: string }>;

const storage = new AsyncLocalStorage<Correlation>();

/** Of the work under way; undefined outside of any. */
export const correlation = (): Correlation | undefined => storage.getStore();
export const withCorrelation = <T>(work: Correlation, run: () => T): T => storage.run(work, run);
export const newCorrelationId = (): string => randomUUID();

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const CORRELATION_ID = /^[0-9A-Za-z-]{8,64}$/;

export const isTraceparent = (text: unknown): text is string => typeof text === 'string' && TRACEPARENT.test(text);
export const isCorrelationId = (text: unknown): text is string => typeof text === 'string' && CORRELATION_ID.test(text);

/** From the headers `x-correlation-id`, else the trace id of `traceparent`, where they are well-formed; else a new one. */
export const correlationFrom = (headers: Readonly<Record<string, string | string[] | undefined>>): Correlation => {
  const traceparent = isTraceparent(headers['traceparent']) ? headers['traceparent'] : undefined;
  const given = headers['x-correlation-id'];
  const correlationId = isCorrelationId(given) ? given : (traceparent?.slice(3, 35) ?? newCorrelationId());
  return { correlationId, ...(traceparent !== undefined && { traceparent }) };
};
