import type { Attributes, SpanKind } from '@opentelemetry/api';
import { isTraceparent } from './correlation.ts';
import type { Log } from './logger.ts';
import type { Token } from './tokens.ts';

/** Attributes name things of ours and of the protocol: a route, a topic, a provider. Never a key, an id of a customer, or anything that a publisher wrote. */
export type SpanOptions = Readonly<{ kind: 'server' | 'client' | 'producer' | 'consumer'; parent: string | undefined; attributes?: Attributes }>;
/** A piece of work that is traced. `traceparent` (W3C) makes others its children. `failed`: a code, not a message. */
export type Span = Readonly<{ traceparent: string; end: (outcome?: Readonly<{ failed?: string | undefined; attributes?: Attributes }>) => void }>;

/** Traces of this process. Where none are asked for, `on` is false and nothing is made. */
export interface Tracing {
  readonly on: boolean;
  /** Undefined where it is not sampled: what comes with a parent goes by that one's mark, what begins here by the share that is configured. */
  start(name: string, options: SpanOptions): Span | undefined;
  /** Hands over what is left, for a few seconds at most. */
  close(): Promise<void>;
}
/** Given to every app by `runApp`. */
export const TRACING = 'touchpoint.tracing' as Token<Tracing>;

export const noTracing: Tracing = { on: false, start: () => undefined, close: () => Promise.resolve() };

export type TracingConfig = Readonly<{ OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined; OTEL_EXPORTER_OTLP_HEADERS?: Readonly<Record<string, string>> | undefined; OTEL_TRACES_SAMPLER_ARG: number }>;

const KINDS: Readonly<Record<SpanOptions['kind'], SpanKind>> = { server: 1, client: 2, producer: 3, consumer: 4 };
const ERROR = 2;
const EXPORT_MS = 2_000;
const LIMIT_MS = 5_000;

/** OpenTelemetry's own SDK and exporter, loaded only where a collector is configured. What the collector does not take in time is dropped, and said in the log. */
export const createTracing = async (app: string, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers, OTEL_TRACES_SAMPLER_ARG: share }: TracingConfig, log: Log): Promise<Tracing> => {
  if (endpoint === undefined) return noTracing;
  const [{ diag, DiagLogLevel, ROOT_CONTEXT, trace }, { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'), import('@opentelemetry/sdk-trace'), import('@opentelemetry/exporter-trace-otlp-http'), import('@opentelemetry/resources'),
  ]);
  const complain = () => log.warn({ context: 'tracing' }, 'spans could not be handed over to the collector');
  const quiet = () => undefined;
  diag.setLogger({ error: complain, warn: complain, info: quiet, debug: quiet, verbose: quiet }, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces`, timeoutMillis: LIMIT_MS, ...(headers && { headers: { ...headers } }) });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': app, 'service.namespace': 'touchpoint', 'process.pid': process.pid }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: EXPORT_MS, exportTimeoutMillis: LIMIT_MS })],
  });
  const tracer = provider.getTracer('touchpoint');
  const contextOf = (parent: string | undefined) =>
    isTraceparent(parent) ? trace.setSpanContext(ROOT_CONTEXT, { traceId: parent.slice(3, 35), spanId: parent.slice(36, 52), traceFlags: Number.parseInt(parent.slice(53), 16), isRemote: true }) : ROOT_CONTEXT;
  return {
    on: true,
    start: (name, { kind, parent, attributes }) => {
      const span = tracer.startSpan(name, { kind: KINDS[kind], ...(attributes && { attributes }) }, contextOf(parent));
      if (!span.isRecording()) return undefined;
      const { traceId, spanId } = span.spanContext();
      return {
        traceparent: `00-${traceId}-${spanId}-01`,
        end: ({ failed, attributes: more } = {}) => {
          if (more) span.setAttributes(more);
          if (failed !== undefined) span.setStatus({ code: ERROR, message: failed });
          span.end();
        },
      };
    },
    close: async () => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, LIMIT_MS).unref());
      await Promise.race([provider.shutdown().catch(complain), late]);
    },
  };
};
