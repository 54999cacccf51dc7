import { definitions, isArray, isEnum, isMap, isNamed, isRecord, isUnion, type Field, type Schema } from './avro.ts';
import { byMessage, type SchemaFile } from './schema-files.ts';

/** Which logical type may stand on what. A logical type that is not here is a slip of the pen: Avro would ignore it silently. */
const MARKS: Readonly<Record<string, (schema: Readonly<Record<string, unknown>>) => boolean>> = {
  decimal: ({ type, precision, scale }) => type === 'bytes' && precision === 38 && scale === 6,
  'timestamp-millis': ({ type }) => type === 'long',
  sealed: ({ type }) => type === 'bytes',
  json: ({ type }) => type === 'string',
  'customer-id': ({ type }) => type === 'string',
  'source-key': ({ type, size }) => type === 'fixed' && size === 16,
  digest: ({ type, size }) => type === 'fixed' && size === 16,
};

const isSealed = (schema: Schema): boolean => typeof schema === 'object' && 'logicalType' in schema && schema.logicalType === 'sealed';
/** A nullable field's own type. */
const plain = (schema: Schema): Schema => (isUnion(schema) && schema.length === 2 && schema[0] === 'null' ? schema[1]! : schema);

const ofType = (schema: Schema): readonly string[] => {
  if (typeof schema === 'string') return [];
  if (isUnion(schema)) return ['a union is ["null", X] on a field, and nothing else'];
  const problems: string[] = [];
  if ('logicalType' in schema && schema.logicalType && !MARKS[schema.logicalType]?.(schema)) problems.push(`the logical type ${schema.logicalType} does not exist, or not on this type`);
  if ('aliases' in schema) problems.push('an alias is a renaming, and that is a breaking change');
  if (isNamed(schema) && !schema.doc?.trim()) problems.push(`${schema.name} has no doc`);
  if (isNamed(schema) && !/^[A-Z][A-Za-z0-9]*$/.test(schema.name)) problems.push(`${schema.name} is not in PascalCase`);
  if (isEnum(schema) && !schema.default) problems.push(`${schema.name} has no default, so no symbol could ever be added`);
  return problems;
};

const ofField = (field: Field): readonly string[] => {
  const type = plain(field.type);
  const problems = [...ofType(type)];
  if (!field.doc?.trim()) problems.push('it has no doc');
  if (!/^[a-z][A-Za-z0-9]*$/.test(field.name)) problems.push('it is not in camelCase');
  if (field.aliases) problems.push('an alias is a renaming, and that is a breaking change');
  if (field.pii && !isSealed(type)) problems.push('it is marked pii, so it must be sealed bytes');
  if (!field.pii && isSealed(type)) problems.push('it is sealed, so it must be marked pii');
  if (type !== field.type && field.default !== null) problems.push('it may be null, so its default is null');
  return problems.map((problem) => `${field.name}: ${problem}`);
};

const within = (schema: Schema): readonly string[] => {
  if (isRecord(schema)) return schema.fields.flatMap((field) => [...ofField(field), ...within(plain(field.type))]);
  const inner = isArray(schema) ? schema.items : isMap(schema) ? schema.values : undefined;
  if (inner === undefined) return [];
  return [...ofType(inner), ...(isSealed(inner) ? ['sealed bytes stand on a field of their own, marked pii'] : []), ...within(inner)];
};

const defined = (file: SchemaFile): readonly string[] => {
  try {
    definitions(file.schema);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
};

/** What is wrong with one schema, whatever its other versions are. */
const ofSchema = (file: SchemaFile): readonly string[] =>
  [...ofType(file.schema), ...within(file.schema), ...defined(file)].map((problem) => `${file.path}: ${problem}`);

/** Versions are numbered 1, 2, 3, … */
const holes = (versions: readonly SchemaFile[]): readonly string[] =>
  versions.filter((file, i) => file.version !== i + 1).slice(0, 1).map((file) => `${file.path}: the version before it is missing`);

/** Breaches of the rules that hold for each schema by itself: documented, marked, numbered. */
export const breaches = (files: readonly SchemaFile[]): readonly string[] => [...files.flatMap(ofSchema), ...[...byMessage(files).values()].flatMap(holes)];
