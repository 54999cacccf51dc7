import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fullName, isArray, isMap, isRecord, isUnion, type RecordOf, type Schema } from './avro.ts';

/** One version of one message, as it lies in `schemas/`. `path` is relative to that folder and has forward slashes. */
export type SchemaFile = Readonly<{ path: string; context: string; message: string; name: string; fullName: string; version: number; text: string; schema: RecordOf }>;

const PATH = /^([a-z][a-z-]*)\/([a-z][a-z0-9-]*)\.v([1-9]\d*)\.avsc$/;
const pascal = (kebab: string): string => kebab.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const readOne = (root: string, path: string): SchemaFile => {
  const [, context = '', message = '', version = ''] = PATH.exec(path) ?? [];
  if (!message) throw new Error(`${path}: a schema's path is <context>/<message>.v<N>.avsc`);
  const text = readFileSync(join(root, path), 'utf8');
  const schema: unknown = parse(path, text);
  if (!isRecord(schema as RecordOf)) throw new Error(`${path}: a message is a record`);
  const record = schema as RecordOf;
  const file: SchemaFile = { path, context, message, name: record.name, fullName: fullName(record), version: Number(version), text, schema: record };
  const expected = `touchpoint.${context}.${pascal(message)}`;
  if (file.fullName !== expected) throw new Error(`${path}: the record is called ${file.fullName}, by its path it is ${expected}`);
  return file;
};

const parse = (path: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: no JSON`, { cause: error });
  }
};

/** Every schema below `root`, by context, message and version. */
export const readSchemas = (root: string): readonly SchemaFile[] =>
  (existsSync(root) ? readdirSync(root, { recursive: true, encoding: 'utf8' }) : [])
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.avsc'))
    .map((path) => readOne(root, path))
    .sort((a, b) => compare(a.context, b.context) || compare(a.message, b.message) || a.version - b.version);

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** The versions of each message, by full name, oldest first. */
export const byMessage = (files: readonly SchemaFile[]): ReadonlyMap<string, readonly SchemaFile[]> => grouped(files, (file) => file.fullName);

export const grouped = <T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
};

/** The newest version of each message. */
export const newest = (files: readonly SchemaFile[]): readonly SchemaFile[] => [...byMessage(files).values()].map((versions) => versions.at(-1)!);

/** Paths of the fields that hold personal data, such as `email` or `sources[].label`. */
export const piiPaths = (record: RecordOf): readonly string[] => {
  const known = new Map<string, RecordOf>();
  const walk = (schema: Schema, path: string): readonly string[] => {
    if (isUnion(schema)) return schema.flatMap((part) => walk(part, path));
    if (typeof schema === 'string') return known.has(schema) ? walk(known.get(schema)!, path) : [];
    if (isArray(schema)) return walk(schema.items, `${path}[]`);
    if (isMap(schema)) return walk(schema.values, `${path}{}`);
    if (!isRecord(schema)) return [];
    known.set(fullName(schema), schema);
    return schema.fields.flatMap((field) => {
      const below = path ? `${path}.${field.name}` : field.name;
      return field.pii ? [below] : walk(field.type, below);
    });
  };
  return walk(record, '');
};
