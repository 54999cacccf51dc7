import { Agent } from 'node:https';
import { COMPATIBILITY, SchemaRegistry as ConfluentRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { Type } from 'avsc';
import { untrusted } from '@touchpoint/host/untrusted';
import { failureKind, transient } from '@touchpoint/kernel';

/** What of a schema registry we use, as Confluent's HTTP API has it (Apicurio serves the same). Every call has a time limit. */
export interface SchemaRegistry {
  /** Registers a schema under `<topic>-<full name>` with FULL_TRANSITIVE, or finds it there. Only one process does this. @returns its id. */
  register(subject: string, schema: string): Promise<number>;
  /** The id of a schema that is registered there; undefined when it is not. */
  idOf(subject: string, schema: string): Promise<number | undefined>;
  /** In Avro's JSON. Undefined when the registry has no such id. */
  schemaOf(id: number): Promise<string | undefined>;
}

/** For those who look after a registry. */
export type ListsSubjects = Readonly<{ subjects: () => Promise<readonly string[]> }>;
/** The client has it, and does not offer it. */
type Inner = { api: { Subject: { all(): Promise<{ data(): readonly string[] }> } } };

/** How the registry is spoken with, besides where it is: of the block `registry`. */
export type RegistryAccess = Readonly<{ SCHEMA_REGISTRY_CA_FILE?: string | undefined; SCHEMA_REGISTRY_USERNAME?: string | undefined; SCHEMA_REGISTRY_PASSWORD?: string | undefined }>;

type Middleware = NonNullable<ConstructorParameters<typeof ConfluentRegistry>[0]['middlewares']>[number];

/** The client by itself waits for ever. */
const patience = (timeout: number): Middleware => () => ({ prepareRequest: async (next) => (await next())!.enhance({ timeout }) });

export const createRegistry = (url: string, { timeoutMs = 5_000, access = {} }: { timeoutMs?: number; access?: RegistryAccess } = {}): SchemaRegistry & ListsSubjects => {
  const { SCHEMA_REGISTRY_CA_FILE: ca, SCHEMA_REGISTRY_USERNAME: username, SCHEMA_REGISTRY_PASSWORD: password } = access;
  const registry = new ConfluentRegistry({
    ...(username !== undefined && password !== undefined && { auth: { username, password } }),
    ...(ca !== undefined && { agent: new Agent({ ca }) }),
    host: url.replace(/\/$/, ''), clientId: 'touchpoint', middlewares: [patience(timeoutMs)],
    // Whoever asks decides whether to ask again.
    retry: { retries: 0 },
  });
  /** @throws Failure Transient `REGISTRY.UNAVAILABLE`; Error that names what was refused, and why. */
  const asked = async <T>(what: string, answer: Promise<T>): Promise<T | undefined> => {
    try {
      return await answer;
    } catch (error) {
      const { name, status, message } = error as Error & { status?: number };
      if (status === 404 || name === 'ConfluentSchemaRegistryError') return undefined;
      if (status === 401) throw transient('REGISTRY.REFUSED', `the schema registry refuses us when asked ${what}: check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD`, error);
      const why = untrusted(error);
      if (why) throw transient('REGISTRY.UNTRUSTED', `the schema registry's certificate is not taken (${why}): set SCHEMA_REGISTRY_CA_FILE to the CA that signed it, and name the registry in SCHEMA_REGISTRY_URL as its certificate does`, error);
      // The client shows a connection that was refused, or lost, as 400; a registry refuses with 401, 403, 409 or 422.
      if (status === undefined || status === 400 || status === 429 || status >= 500) throw transient('REGISTRY.UNAVAILABLE', `the schema registry does not answer when asked ${what}: ${message}`, error);
      throw new Error(`the schema registry refused ${what}: ${status} ${message}`, { cause: error });
    }
  };
  const avro = (schema: string) => ({ type: SchemaType.AVRO as const, schema });
  return {
    register: async (subject, schema) => {
      const registered = await asked(`to register ${subject}`, registry.register(avro(schema), { subject, compatibility: COMPATIBILITY.FULL_TRANSITIVE }));
      if (!registered) throw new Error(`the schema registry does not take schemas under ${subject}`);
      return registered.id;
    },
    idOf: (subject, schema) => asked(`to find ${subject}`, registry.getRegistryIdBySchema(subject, avro(schema))),
    schemaOf: async (id) => {
      const schema = (await asked(`to give schema ${id}`, registry.getSchema(id))) as Type | undefined;
      return schema && JSON.stringify(schema.schema({ exportAttrs: true }));
    },
    subjects: async () => (await asked('for its subjects', (registry as unknown as Inner).api.Subject.all()))?.data() ?? [],
  };
};

/** How often the registry is asked at a start, when all that starts asks it at once. */
const ATTEMPTS = 6;
/** Asks again where the registry does not answer: for what is asked at a start. What is asked at work is asked again by whoever works. @throws what the last answer was. */
export const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS || failureKind(error) !== 'Transient') throw error;
      await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
    }
  }
};
