import { transient } from '@touchpoint/kernel';

/**
 * What of a schema registry we use, as Confluent's HTTP API has it (Apicurio serves the same). @kafkajs/confluent-schema-registry shows a refused connection
 * as status 400 and has no time limit of its own, so each call here has one.
 */
export interface SchemaRegistry {
  /** Registers a schema under `<topic>-<full name>` with FULL_TRANSITIVE, or finds it there. Only one process does this. @returns its id. */
  register(subject: string, schema: string): Promise<number>;
  /** The id of a schema that is registered there; undefined when it is not. */
  idOf(subject: string, schema: string): Promise<number | undefined>;
  /** Undefined when the registry has no such id. */
  schemaOf(id: number): Promise<string | undefined>;
}

/** A refusal's body, which need not be JSON. */
const reasonOf = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
};

const JSON_TYPE = 'application/vnd.schemaregistry.v1+json';

export const createRegistry = (url: string, { timeoutMs = 5_000 }: { timeoutMs?: number } = {}): SchemaRegistry => {
  const base = url.replace(/\/$/, '');
  const call = async (method: string, path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> => {
    try {
      const response = await fetch(base + path, {
        method,
        headers: { 'content-type': JSON_TYPE, accept: JSON_TYPE },
        signal: AbortSignal.timeout(timeoutMs),
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const text = await response.text();
      return { status: response.status, body: response.ok ? (JSON.parse(text) as Record<string, unknown>) : reasonOf(text) };
    } catch (cause) {
      throw transient('REGISTRY.UNAVAILABLE', `the schema registry does not answer (${method} ${path})`, cause);
    }
  };
  /** The answer's body; undefined for 404. */
  const found = async (method: string, path: string, body?: object) => {
    const answer = await call(method, path, body);
    if (answer.status === 404) return undefined;
    if (answer.status >= 500 || answer.status === 429) throw transient('REGISTRY.UNAVAILABLE', `the schema registry answered ${answer.status} to ${method} ${path}`);
    if (answer.status >= 400) throw new Error(`the schema registry refused ${method} ${path}: ${answer.status} ${String(answer.body['message'] ?? '')}`);
    return answer.body;
  };
  const expect = async (method: string, path: string, body?: object) => {
    const answer = await found(method, path, body);
    if (!answer) throw new Error(`the schema registry does not know ${method} ${path}`);
    return answer;
  };
  const at = (subject: string) => encodeURIComponent(subject);
  return {
    register: async (subject, schema) => {
      await expect('PUT', `/config/${at(subject)}`, { compatibility: 'FULL_TRANSITIVE' });
      return (await expect('POST', `/subjects/${at(subject)}/versions`, { schema, schemaType: 'AVRO' }))['id'] as number;
    },
    idOf: async (subject, schema) => (await found('POST', `/subjects/${at(subject)}`, { schema, schemaType: 'AVRO' }))?.['id'] as number | undefined,
    schemaOf: async (id) => (await found('GET', `/schemas/ids/${id}`))?.['schema'] as string | undefined,
  };
};
