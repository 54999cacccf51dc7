import avro, { type Schema as AvscSchema, type Type } from 'avsc';
import { definitions, isArray, isEnum, isMap, isNamed, isRecord, isUnion, type Named, type Schema } from './avro.ts';
import { byMessage, type SchemaFile } from './schema-files.ts';

const parsed = (file: SchemaFile): Type => avro.Type.forSchema(file.schema as unknown as AvscSchema, { wrapUnions: 'never' });

/** Why `reader` cannot read what `writer` wrote; undefined when it can. */
const unreadable = (reader: SchemaFile, writer: SchemaFile): string | undefined => {
  try {
    parsed(reader).createResolver(parsed(writer));
    return undefined;
  } catch (error) {
    return `${reader.path} cannot read what ${writer.path} writes: ${(error as Error).message.split('\n')[0]!.slice(0, 300)}`;
  }
};

/** What a value means beside its bytes: Avro's resolution looks at none of it, so a change would be read wrongly without an error. */
const meaning = (schema: Schema): string => {
  if (typeof schema === 'string') return schema.split('.').at(-1)!;
  if (isUnion(schema)) return schema.map(meaning).join(' | ');
  if (isArray(schema)) return `array of ${meaning(schema.items)}`;
  if (isMap(schema)) return `map of ${meaning(schema.values)}`;
  if (isNamed(schema)) return schema.name;
  const { type, logicalType, precision, scale } = schema;
  return logicalType ? `${logicalType}${precision === undefined ? '' : `(${precision}, ${scale})`} on ${type}` : type;
};

const changed = (older: Named, newer: Named): readonly string[] => {
  if (isEnum(older) && isEnum(newer)) return older.symbols.filter((symbol) => !newer.symbols.includes(symbol)).map((symbol) => `${older.name} lost the symbol ${symbol}`);
  if (!isRecord(older) || !isRecord(newer)) return 'logicalType' in older && 'logicalType' in newer && older.logicalType !== newer.logicalType ? [`${older.name} changed its logical type`] : [];
  return older.fields.flatMap((field) => {
    const other = newer.fields.find(({ name }) => name === field.name);
    if (!other) return [];
    const before = meaning(field.type);
    const after = meaning(other.type);
    return [
      ...(before === after ? [] : [`${older.name}.${field.name} was ${before} and is ${after}`]),
      ...(field.pii === other.pii ? [] : [`${older.name}.${field.name} ${field.pii ? 'lost' : 'gained'} its mark pii`]),
    ];
  });
};

const changes = (older: SchemaFile, newer: SchemaFile): readonly string[] => {
  const now = definitions(newer.schema);
  return [...definitions(older.schema)].flatMap(([name, named]) => (now.has(name) ? changed(named, now.get(name)!) : [])).map((problem) => `${newer.path}: ${problem} since ${older.path}`);
};

/** Where a version is not FULL_TRANSITIVE compatible with one before it: each must be readable by the other, and mean the same. */
export const incompatibilities = (files: readonly SchemaFile[]): readonly string[] =>
  [...byMessage(files).values()].flatMap((versions) =>
    versions.flatMap((newer, i) =>
      versions.slice(0, i).flatMap((older) => [unreadable(newer, older), unreadable(older, newer)].filter((problem) => problem !== undefined).concat(changes(older, newer))),
    ),
  );
