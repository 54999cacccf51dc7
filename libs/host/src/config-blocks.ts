import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { ConfigKeys } from './config.ts';

/** A whole number within limits, given as text. */
export const wholeNumber = (min: number, max: number) => z.string().regex(/^\d+$/, `expected a whole number from ${min} to ${max}`).transform(Number).pipe(z.number().min(min).max(max));
/** A whole number within limits that has a default. */
export const wholeNumberOr = (fallback: number, min: number, max: number) =>
  z.string().default(String(fallback)).pipe(wholeNumber(min, max));
/** `true` or `false`. */
export const flagOr = (fallback: boolean) => z.enum(['true', 'false']).default(fallback ? 'true' : 'false').transform((text) => text === 'true');
/** Comma-separated, at least one. */
export const listOf = (item: z.ZodType<string, string>) =>
  z.string().transform((text) => text.split(',').map((part) => part.trim()).filter((part) => part !== '')).pipe(z.array(item).min(1));

const brokers = listOf(z.string().regex(/^[\w.[\]:-]+:\d+$/, 'expected host:port'));
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
const secretBytes = (bytes: number) =>
  z.base64().refine((text) => Buffer.from(text, 'base64').length === bytes, `expected ${bytes} bytes in base64`).transform((text) => Buffer.from(text, 'base64'));

/** A PEM file of certificates, given by its path; its text is the value. */
const certificates = z.string().transform((path, problem): string => {
  try {
    const text = readFileSync(path, 'utf8');
    return new X509Certificate(text) && text;
  } catch {
    problem.addIssue('expected the path of a readable PEM file of certificates');
    return z.NEVER;
  }
});

const share = z.string().default('1').refine((text) => /^(0|1|0?\.\d+|1\.0+)$/.test(text), 'expected a share from 0 to 1').transform(Number);
/** `name=value,name=value`, as OpenTelemetry has it. */
const headers = z.string().regex(/^[^=,\s]+=[^,]*(,[^=,\s]+=[^,]*)*$/, 'expected name=value, with commas between them')
  .transform((text): Readonly<Record<string, string>> => Object.fromEntries(text.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), decodeURIComponent(pair.slice(pair.indexOf('=') + 1))])));

/** Traces by OpenTelemetry, under the names that it gives its settings. */
const tracing = {
  OTEL_EXPORTER_OTLP_ENDPOINT: { schema: z.url({ protocol: /^https?$/ }).optional(), doc: 'Collector of traces (OTLP over HTTP): spans are posted to /v1/traces below it. Without it nothing is traced.', example: 'http://127.0.0.1:4318' },
  OTEL_EXPORTER_OTLP_HEADERS: { schema: headers.optional(), doc: 'Headers of those posts, name=value with commas between them.', secret: true },
  OTEL_TRACES_SAMPLER_ARG: { schema: share, doc: 'Share of traces that are kept, 0 to 1, of those that begin here. A request or record that comes with a traceparent goes by its mark.' },
} as const satisfies ConfigKeys;

/** What every app has: where it listens, what it logs and traces, how long it may take to stop. The port is each app's own default. */
export const http = (port: number) => ({
  HOST: { schema: z.string().default('127.0.0.1'), doc: 'Address to listen on. Only this machine, unless told otherwise.' },
  PORT: { schema: wholeNumberOr(port, 0, 65_535), doc: 'Port to listen on; workers serve /health and /metrics there. 0 takes any free one.' },
  LOG_LEVEL: { schema: z.enum(logLevels).default('info'), doc: `Least level that is logged: ${logLevels.join(', ')}.` },
  STOP_DELAY_MS: { schema: wholeNumberOr(0, 0, 60_000), doc: 'Milliseconds between "not ready" and closing, so that a load balancer can look away.' },
  STOP_LIMIT_MS: { schema: wholeNumberOr(25_000, 1_000, 600_000), doc: 'Milliseconds a stop may take in all; past it the process ends with code 1.' },
  ...tracing,
}) satisfies ConfigKeys;

export const kafka = {
  KAFKA_BROKERS: { schema: brokers, doc: 'Brokers, comma-separated host:port.', example: '127.0.0.1:9092' },
  TOPIC_PREFIX: {
    schema: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,60}$/, 'expected a-z, 0-9, dot and hyphen').or(z.literal('')).default(''),
    doc: 'Put before every topic and consumer group, so that several systems share one broker.',
  },
  KAFKA_TLS: { schema: flagOr(false), doc: 'Speak TLS with the brokers, whose certificates and names are checked. KAFKA_CA_FILE turns it on too.' },
  KAFKA_CA_FILE: { schema: certificates.optional(), doc: "PEM file of the CAs that sign the brokers' certificates, instead of those that Node knows." },
  KAFKA_SASL_MECHANISM: {
    schema: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).default('scram-sha-512'),
    doc: 'How KAFKA_USERNAME and KAFKA_PASSWORD are shown to the brokers: plain (over TLS only), scram-sha-256, scram-sha-512.',
  },
  KAFKA_USERNAME: { schema: z.string().optional(), doc: 'User of the brokers (SASL).', needs: ['KAFKA_PASSWORD'] },
  KAFKA_PASSWORD: { schema: z.string().optional(), doc: 'Its password.', secret: true, needs: ['KAFKA_USERNAME'] },
} as const satisfies ConfigKeys;

export const registry = {
  SCHEMA_REGISTRY_URL: { schema: z.url({ protocol: /^https?$/ }), doc: 'Confluent-compatible schema registry, http or https.', example: 'http://127.0.0.1:8081/apis/ccompat/v7' },
  SCHEMA_REGISTRY_CA_FILE: { schema: certificates.optional(), doc: "PEM file of the CAs that sign the registry's certificate, instead of those that Node knows." },
  SCHEMA_REGISTRY_USERNAME: { schema: z.string().optional(), doc: 'User of the registry (basic auth).', needs: ['SCHEMA_REGISTRY_PASSWORD'] },
  SCHEMA_REGISTRY_PASSWORD: { schema: z.string().optional(), doc: 'Its password.', secret: true, needs: ['SCHEMA_REGISTRY_USERNAME'] },
} as const satisfies ConfigKeys;

export const postgres = {
  DATABASE_URL: {
    schema: z.url({ protocol: /^postgres(ql)?$/ }),
    doc: 'Postgres of this system, postgres://user:password@host:port/database. For TLS add ?sslmode=verify-full, and &sslrootcert=FILE where its CA is not one that Node knows.',
    secret: true,
  },
  DATABASE_POOL: { schema: wholeNumberOr(8, 1, 200), doc: 'Most connections of one process to Postgres.' },
} as const satisfies ConfigKeys;

/** For the apps that read the log as members of a consumer group. */
export const worker = {
  SESSION_TIMEOUT_MS: {
    schema: wholeNumberOr(10_000, 1_000, 300_000),
    doc: 'Milliseconds without a heartbeat after which the partitions of a process go to another one. Brokers take no less than their group.min.session.timeout.ms (6000 unless set).',
  },
} as const satisfies ConfigKeys;

/** For the apps that seal and unseal personal data. */
export const vault = {
  MASTER_KEY: { schema: secretBytes(32), doc: 'Wraps the data keys: 32 bytes in base64 (openssl rand -base64 32). Lost means that every personal value is lost.', secret: true },
  MASTER_KEY_RING: {
    schema: z.string().transform((text) => text.split(',').map((part) => part.trim()).filter((part) => part !== '')).pipe(z.array(secretBytes(32))).optional(),
    doc: 'Further master keys that data keys may be wrapped by, comma-separated: while a rotation lasts, first the next one, then the former one.',
    secret: true,
  },
} as const satisfies ConfigKeys;

/** For the apps that turn source ids into source keys. */
export const sourceKeys = {
  SOURCE_KEY_SECRET: {
    schema: secretBytes(32),
    doc: 'HMAC secret of source keys: 32 bytes in base64. It never changes: another secret is another customer for every source id.',
    secret: true,
  },
} as const satisfies ConfigKeys;
