import { decodeMeta } from '@touchpoint/contracts';
import { createApp, migrations as accessMigrations, silentLog, tableApiKeys, systemClock, type ApiKeys, type AppOptions, type HostedApp, type NewApiKey } from '@touchpoint/host';
import type { Message, Meta, Sealed } from '@touchpoint/kernel';
import { createMessageReader, createRegistry, META, TOPICS, TRACEPARENT, TYPE } from '@touchpoint/log';
import { createTestSystem, type TestSystem } from '@touchpoint/testing';
import { createSourceKeys, masterKeyOf, migrations as vaultMigrations, Vault } from '@touchpoint/vault';
import { ingestApp } from './ingest-app.ts';

/** A record of touchpoints.received as a spec looks at it: decoded, personal values in clear. */
export type Seen = Readonly<{ partition: number; key: string; type: string; meta: Meta; data: Record<string, unknown>; labels: readonly (string | null)[]; traceparent: string | undefined }>;
export type Ingest = Readonly<{
  system: TestSystem;
  hosted: HostedApp;
  url: string;
  keys: ApiKeys;
  /** A key that may write events, and one that may import. */
  writeKey: string;
  importKey: string;
  newKey: (key: Partial<NewApiKey>) => Promise<string>;
  post: (path: string, body: unknown, init?: Readonly<{ key?: string; headers?: Record<string, string> }>) => Promise<Answer>;
  received: () => Promise<readonly Seen[]>;
  end: () => Promise<void>;
}>;
export type Answer = Readonly<{ status: number; type: string; headers: Headers; body: Record<string, unknown> }>;

export const basic = (key: string): string => `Basic ${Buffer.from(`${key}:`).toString('base64')}`;

const answerOf = async (response: Response): Promise<Answer> => ({
  status: response.status, type: response.headers.get('content-type') ?? '', headers: response.headers, body: (await response.json()) as Record<string, unknown>,
});

const unsealed = async (vault: Vault, value: unknown): Promise<unknown> => {
  if (value instanceof Uint8Array) return (await vault.unseal([value as Sealed]))[0];
  if (Array.isArray(value)) return Promise.all(value.map((item) => unsealed(vault, item)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([name, inner]) => [name, await unsealed(vault, inner)] as const)));
};

/** An ingest-api of its own on a system of its own. */
export const startIngest = async ({ env = {}, module = ingestApp.module }: { env?: Readonly<Record<string, string>>; module?: AppOptions['module'] } = {}): Promise<Ingest> => {
  const system = await createTestSystem({ migrations: [...accessMigrations, ...vaultMigrations] });
  const hosted = await createApp({ ...ingestApp, module, env: { ...system.env, ...env }, log: silentLog });
  const url = await hosted.start();
  const keys = tableApiKeys(system.pool, systemClock);
  const newKey = async (key: Partial<NewApiKey>) => (await keys.create({ name: 'shop', scopes: ['events:write'], ...key })).key;
  const writeKey = await newKey({});
  const vault = Vault.open(system.pool, { current: masterKeyOf(Buffer.from(system.env['MASTER_KEY']!, 'base64')) }, { clock: systemClock });
  const reader = createMessageReader(createRegistry(system.env['SCHEMA_REGISTRY_URL']!));
  return {
    system, hosted, url, keys, newKey, writeKey,
    importKey: await newKey({ name: 'importer', scopes: ['events:import'], limits: { maxEventBytes: 800_000, maxBatchBytes: 4_000_000 } }),
    post: async (path, body, { key = writeKey, headers = {} } = {}) => {
      const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
      return answerOf(await fetch(url + path, { method: 'POST', headers: { authorization: basic(key), 'content-type': 'application/json', ...headers }, body: bytes as string }));
    },
    received: async () => {
      const records = await system.readAll(TOPICS.received);
      await reader.prepare(records.map(({ value }) => value));
      return Promise.all(
        records.map(async ({ partition, key, headers, value }): Promise<Seen> => {
          const type = headers[TYPE]!.toString();
          const meta = decodeMeta(headers[META]!);
          const message: Message = reader.read(type, value);
          return {
            partition, key, type, meta, traceparent: headers[TRACEPARENT]?.toString(), data: (await unsealed(vault, message.data)) as Record<string, unknown>,
            labels: await Promise.all(meta.sources.map(async ({ label }) => (label ? (await vault.unseal([label]))[0]! : null))),
          };
        }),
      );
    },
    end: async () => {
      vault.close();
      await hosted.stop();
      await system.end();
    },
  };
};

/** What ingest makes of a source id: to find the records of one. */
export const keyOf = (system: TestSystem) => createSourceKeys(Buffer.from(system.env['SOURCE_KEY_SECRET']!, 'base64')).keyOf;
