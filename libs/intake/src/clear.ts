import { catalog, type DataOf, type MessageName, type SchemaJson, type TouchpointMessage } from '@touchpoint/contracts';
import type { Sealed, SourceKey, SourceKind } from '@touchpoint/kernel';

/** What a source key is made of. A push token is no source id, but the key of one is the id of a contact point, so it has a kind too. */
export type Keyed = Readonly<{ kind: SourceKind | 'token'; value: string }>;
/** A source id in clear. It leaves ingest as its source key only. */
export type SourceId = Readonly<{ kind: SourceKind; value: string }>;

type Plain = string | number | bigint | boolean | null | undefined;
/** A message's data before ingest sealed and keyed it: text where a sealed value will stand, kind and value where a source key will. */
export type Clear<T> = T extends Sealed
  ? string
  : T extends SourceKey
    ? Keyed
    : T extends Plain
      ? T
      : T extends readonly (infer Item)[]
        ? readonly Clear<Item>[]
        : { readonly [K in keyof T]: Clear<T[K]> };

export type TouchpointName = TouchpointMessage['type'];
export type ClearData<Name extends TouchpointName> = Clear<DataOf<Name>>;

/** A place in a message's data: a field, a field of a field (`message`, `contactPoint`), or a field of each item of a list (`personal`, `[]`, `value`). */
export type MarkPath = readonly [string] | readonly [string, string] | readonly [string, '[]', string];
/** Where a message's data must be sealed, and where keyed. */
export type Marks = Readonly<{ sealed: readonly MarkPath[]; keyed: readonly MarkPath[] }>;

type Field = Readonly<{ name: string; type: unknown }>;

const branches = (schema: unknown): readonly unknown[] => (Array.isArray(schema) ? schema : [schema]);
const fieldsOf = (schema: unknown): readonly Field[] =>
  branches(schema).find((branch): branch is { fields: readonly Field[] } => typeof branch === 'object' && branch !== null && 'fields' in branch)?.fields ?? [];

const SOURCE_KEY = 'touchpoint.SourceKey';
/** A source key stands spelt out where a schema first names it, and by its name afterwards. */
const isKey = (schema: unknown): boolean =>
  branches(schema).some((branch) => branch === SOURCE_KEY || (typeof branch === 'object' && branch !== null && 'logicalType' in branch && branch.logicalType === 'source-key'));

const keyedIn = (schema: SchemaJson): readonly MarkPath[] =>
  fieldsOf(schema).flatMap((field): MarkPath[] => (isKey(field.type) ? [[field.name]] : fieldsOf(field.type).filter((inner) => isKey(inner.type)).map((inner) => [field.name, inner.name])));

const pathOf = (pii: string): MarkPath => pii.replaceAll('[]', '.[]').split('.') as unknown as MarkPath;

const found = new Map<MessageName, Marks>();
/** Read from the schemas once a message: no second list of personal or keyed fields can drift. */
export const marks = (name: TouchpointName): Marks => {
  let known = found.get(name);
  if (!known) found.set(name, (known = { sealed: catalog[name].pii.map(pathOf), keyed: keyedIn(catalog[name].schema) }));
  return known;
};
