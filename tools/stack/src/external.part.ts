import { connect } from 'node:net';
import { query } from './postgres-setup.ts';
import type { External } from './config.ts';

/** What the environment gives is looked at once it is needed, never started or stopped. */
export type ExternalPart = Readonly<{ name: PartKind; variable: string; probe(signal: AbortSignal): Promise<void> }>;
export type PartKind = 'kafka' | 'registry' | 'postgres';

export const externalParts = (external: External): readonly ExternalPart[] => {
  const { kafkaBrokers, schemaRegistryUrl, databaseUrl } = external;
  return [
    ...(databaseUrl ? [{ name: 'postgres', variable: 'DATABASE_URL', probe: () => query({ connectionString: databaseUrl }, 'select 1') } as const] : []),
    ...(kafkaBrokers ? [{ name: 'kafka', variable: 'KAFKA_BROKERS', probe: (signal: AbortSignal) => anyOpen(kafkaBrokers, signal) } as const] : []),
    ...(schemaRegistryUrl ? [{ name: 'registry', variable: 'SCHEMA_REGISTRY_URL', probe: (signal: AbortSignal) => answers(schemaRegistryUrl, signal) } as const] : []),
  ];
};

/** An open port is all that can be asked for: the broker may want TLS or a password, which is the application's matter. */
const anyOpen = async (brokers: readonly string[], signal: AbortSignal): Promise<void> => {
  await Promise.any(brokers.map((broker) => new Promise<void>((resolve, reject) => {
    const colon = broker.lastIndexOf(':');
    const socket = connect({ host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)), signal });
    socket.on('connect', () => resolve(void socket.destroy()));
    socket.on('error', reject);
  }))).catch((error: unknown) => {
    throw error instanceof AggregateError ? (error.errors[0] as Error) : error;
  });
};

const answers = async (url: string, signal: AbortSignal): Promise<void> => {
  const target = new URL(url);
  const { username, password } = target;
  target.username = target.password = '';
  const headers = username ? { authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}` } : {};
  // Whom it trusts, and whom we trust, is the application's matter.
  if (target.protocol === 'https:') return anyOpen([`${target.hostname}:${target.port || 443}`], signal);
  const answer = await fetch(`${target.href.replace(/\/$/, '')}/subjects`, { signal, headers });
  await answer.arrayBuffer();
  if (!answer.ok && answer.status !== 401) throw new Error(`it answers ${answer.status}`);
};
