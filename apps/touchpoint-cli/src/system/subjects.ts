import { createHash } from 'node:crypto';
import { createRegistry, patiently, registerSchemas, TOPICS, type SchemaRegistry } from '@touchpoint/log';
import { commandConfig } from '../config.ts';
import type { Places } from './places.ts';
import { readPrivate, writePrivate } from './private-file.ts';

type Subject = Readonly<{ subject: string; schema: string }>;

const LIMIT_MS = 30_000;
/** Of one schema's registration, which is asked for again: a question that was lost is not waited for. */
const REGISTER_MS = 10_000;
const AT_ONCE = 6;

/** What `registerSchemas` would register, without asking anybody. */
const wantedSubjects = async (prefix: string): Promise<readonly Subject[]> => {
  const wanted: Subject[] = [];
  const none = (): never => {
    throw new Error('nothing is asked of the registry here');
  };
  const recorder: SchemaRegistry = { register: async (subject, schema) => wanted.push({ subject, schema }), idOf: none, schemaOf: none };
  await registerSchemas(recorder, prefix);
  return wanted;
};

/** The registry, spoken with as the command's configuration says. */
export const registryAt = (url: string, timeoutMs?: number) => createRegistry(url, { access: commandConfig(), ...(timeoutMs !== undefined && { timeoutMs }) });

/** Registers every message under every subject it may have, a few at a time, but a schema that has several subjects under one after the other. @returns how many there are. */
export const registerAll = async (schemaRegistryUrl: string, prefix: string): Promise<number> => {
  const registry = registryAt(schemaRegistryUrl, REGISTER_MS);
  const wanted = await wantedSubjects(prefix);
  const subjectsOf = new Map<string, string[]>();
  for (const { subject, schema } of wanted) subjectsOf.set(schema, [...(subjectsOf.get(schema) ?? []), subject]);
  const next = subjectsOf.entries();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const [schema, subjects] of next) for (const subject of subjects) await patiently(() => registry.register(subject, schema));
  }));
  return wanted.length;
};

/** Registers what is missing. Where these very schemas were registered before and all of their subjects are still there, one question is enough. */
export const setUpSchemas = async (schemaRegistryUrl: string, prefix: string, { schemas: file }: Places): Promise<{ subjects: number; registered: number }> => {
  const wanted = await wantedSubjects(prefix);
  const digest = createHash('sha256').update(JSON.stringify([schemaRegistryUrl, wanted])).digest('hex');
  const there = new Set(await listSubjects(schemaRegistryUrl, prefix));
  if ((await readPrivate(file).catch(() => undefined))?.['digest'] === digest && wanted.every(({ subject }) => there.has(subject))) return { subjects: wanted.length, registered: 0 };
  const registered = await registerAll(schemaRegistryUrl, prefix);
  await writePrivate(file, { digest });
  return { subjects: wanted.length, registered };
};

/** The subjects of this system's topics, by name. @throws Failure Transient that says why the registry does not answer. */
export const listSubjects = async (schemaRegistryUrl: string, prefix: string): Promise<readonly string[]> => {
  const ours = Object.values(TOPICS).map((topic) => `${prefix}${topic}-`);
  return (await registryAt(schemaRegistryUrl, LIMIT_MS).subjects()).filter((subject) => ours.some((start) => subject.startsWith(start))).sort();
};
