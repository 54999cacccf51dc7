/** The part of Avro's schema language that `schemas/` uses, with our marks beside it. */
export type Primitive = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';
export type Marked = Readonly<{ type: Primitive; logicalType?: string; precision?: number; scale?: number }>;
export type Fixed = Readonly<{ type: 'fixed'; name: string; namespace?: string; size: number; logicalType?: string; doc?: string }>;
export type Enum = Readonly<{ type: 'enum'; name: string; namespace?: string; symbols: readonly string[]; default?: string; doc?: string }>;
export type ArrayOf = Readonly<{ type: 'array'; items: Schema }>;
export type MapOf = Readonly<{ type: 'map'; values: Schema }>;
export type Field = Readonly<{ name: string; type: Schema; default?: unknown; doc?: string; pii?: boolean; aliases?: readonly string[] }>;
export type RecordOf = Readonly<{ type: 'record'; name: string; namespace?: string; doc?: string; fields: readonly Field[] }>;
export type Named = Fixed | Enum | RecordOf;
/** A string is a primitive, or the full name of a type that was defined before it in the same file. */
export type Schema = string | readonly Schema[] | Marked | Named | ArrayOf | MapOf;

const PRIMITIVES: readonly string[] = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];

export const isUnion = (schema: Schema): schema is readonly Schema[] => Array.isArray(schema);
const hasType = (schema: Schema): schema is Exclude<Schema, string | readonly Schema[]> => typeof schema === 'object' && !isUnion(schema);
export const isRecord = (schema: Schema): schema is RecordOf => hasType(schema) && schema.type === 'record';
export const isEnum = (schema: Schema): schema is Enum => hasType(schema) && schema.type === 'enum';
export const isFixed = (schema: Schema): schema is Fixed => hasType(schema) && schema.type === 'fixed';
export const isArray = (schema: Schema): schema is ArrayOf => hasType(schema) && schema.type === 'array';
export const isMap = (schema: Schema): schema is MapOf => hasType(schema) && schema.type === 'map';
export const isNamed = (schema: Schema): schema is Named => isRecord(schema) || isEnum(schema) || isFixed(schema);
export const isReference = (schema: Schema): schema is string => typeof schema === 'string' && !PRIMITIVES.includes(schema);

/** A type's full name, as Avro makes it from name, namespace and the namespace around it. */
export const fullName = (named: Named, around = ''): string =>
  named.name.includes('.') ? named.name : [named.namespace ?? around, named.name].filter(Boolean).join('.');

const inside = (schema: Schema): readonly Schema[] => {
  if (isUnion(schema)) return schema;
  if (isRecord(schema)) return schema.fields.map((field) => field.type);
  if (isArray(schema)) return [schema.items];
  return isMap(schema) ? [schema.values] : [];
};

/** Every named type that a schema defines, by full name, in the order of definition; the schema itself comes first. */
export const definitions = (schema: Schema, around = '', found = new Map<string, Named>()): ReadonlyMap<string, Named> => {
  let namespace = around;
  if (isNamed(schema)) {
    const name = fullName(schema, around);
    if (found.has(name)) throw new Error(`${name} is defined twice: name it the second time`);
    found.set(name, schema);
    namespace = name.split('.').slice(0, -1).join('.');
  }
  for (const part of inside(schema)) definitions(part, namespace, found);
  return found;
};

/** The same schema with each named type inside it replaced by its full name, so that two definitions can be compared wherever they stand. */
export const shallow = (schema: Schema): Schema => {
  const flat = (part: Schema): Schema => (isNamed(part) ? fullName(part) : shallow(part));
  if (isUnion(schema)) return schema.map(flat);
  if (isRecord(schema)) return { ...schema, fields: schema.fields.map((field) => ({ ...field, type: flat(field.type) })) };
  if (isArray(schema)) return { ...schema, items: flat(schema.items) };
  return isMap(schema) ? { ...schema, values: flat(schema.values) } : schema;
};
