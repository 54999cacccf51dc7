import { definitions, isArray, isEnum, isFixed, isMap, isRecord, isUnion, shallow, type Field, type Named, type RecordOf, type Schema } from './avro.ts';
import { grouped, newest, piiPaths, type SchemaFile } from './schema-files.ts';

/** What a logical type is in TypeScript. What stands in the kernel is imported from there, the rest from the library itself. */
const MARKS: Readonly<Record<string, string>> = {
  decimal: 'Decimal', 'timestamp-millis': 'Instant', sealed: 'Sealed', 'customer-id': 'CustomerId', 'source-key': 'SourceKey', digest: 'string', json: 'JsonText',
};
const KERNEL = ['CustomerId', 'Decimal', 'Instant', 'Sealed', 'SourceKey', 'Message'];
const PRIMITIVES: Readonly<Record<string, string>> = {
  null: 'null', boolean: 'boolean', int: 'number', long: 'number', float: 'number', double: 'number', bytes: 'Uint8Array', string: 'string',
};
const HEAD = '// Generated from schemas/ by `npm run codegen`. Do not edit.\n';

const short = (name: string): string => name.split('.').at(-1)!;
const markOf = (schema: Schema): string | undefined => (typeof schema === 'object' && 'logicalType' in schema && schema.logicalType ? MARKS[schema.logicalType] : undefined);

/** A schema's type in TypeScript. `fixed` types have no name of their own there: they are what their mark says. */
const typeOf = (schema: Schema, fixed: ReadonlyMap<string, string> = new Map()): string => {
  if (isUnion(schema)) return [...schema].sort((a, b) => Number(a === 'null') - Number(b === 'null')).map((part) => typeOf(part, fixed)).join(' | ');
  const mark = markOf(schema);
  if (mark) return mark;
  if (typeof schema === 'string') return PRIMITIVES[schema] ?? fixed.get(schema) ?? short(schema);
  if (isFixed(schema)) return 'Uint8Array';
  if (isArray(schema)) return isUnion(schema.items) ? `readonly (${typeOf(schema.items, fixed)})[]` : `readonly ${typeOf(schema.items, fixed)}[]`;
  if (isMap(schema)) return `Readonly<Record<string, ${typeOf(schema.values, fixed)}>>`;
  return isRecord(schema) || isEnum(schema) ? schema.name : PRIMITIVES[schema.type]!;
};

const doc = (text: string | undefined, pad = ''): string => (text ? `${pad}/** ${text.replaceAll('*/', '*\\/')} */\n` : '');
const fieldsOf = (fields: readonly Field[], fixed: ReadonlyMap<string, string>): string =>
  fields.map((field) => `${doc(field.doc, '  ')}  ${field.name}: ${typeOf(field.type, fixed)};\n`).join('');

/** Import lines for those of the known names that the text uses. */
const imports = (text: string, shapes: readonly string[]): string => {
  const code = text.replaceAll(/\/\*\*.*?\*\//g, '');
  const used = (names: readonly string[]) => names.filter((name) => new RegExp(`\\b${name}\\b`).test(code)).sort();
  const line = (names: readonly string[], from: string) => (names.length ? `import type { ${names.join(', ')} } from '${from}';\n` : '');
  return line(used(KERNEL), '@touchpoint/kernel') + line(used(['JsonText']), '../json-text.ts') + line(used(shapes), './shapes.ts');
};

/** The named types inside messages. One name is one shape: messages that share a shape evolve together. */
const shapesOf = (files: readonly SchemaFile[]): ReadonlyMap<string, Named> => {
  const shapes = new Map<string, Named>();
  for (const file of files) {
    for (const [name, named] of [...definitions(file.schema)].slice(1)) {
      const flat = shallow(named) as Named;
      const before = shapes.get(name);
      if (before && JSON.stringify(before) !== JSON.stringify(flat)) throw new Error(`${file.path}: ${name} is defined differently elsewhere; messages that share a shape evolve together`);
      shapes.set(name, flat);
    }
  }
  return shapes;
};

const renderShape = (named: Named, fixed: ReadonlyMap<string, string>): string => {
  if (isEnum(named)) return `${doc(named.doc)}export type ${named.name} = ${named.symbols.map((symbol) => `'${symbol}'`).join(' | ')};\n`;
  return `${doc(named.doc)}export type ${named.name} = Readonly<{\n${fieldsOf((named as RecordOf).fields, fixed)}}>;\n`;
};

const renderMessage = (file: SchemaFile, fixed: ReadonlyMap<string, string>): string => {
  const fields = fieldsOf(file.schema.fields, fixed);
  return `${doc(file.schema.doc)}export type ${file.name} = Message<'${file.name}', {${fields ? `\n${fields}` : ''}}>;\n`;
};

const pascal = (context: string): string => context.charAt(0).toUpperCase() + context.slice(1);

const renderContext = (context: string, files: readonly SchemaFile[], shapes: readonly string[], fixed: ReadonlyMap<string, string>): string => {
  const messages = files.map((file) => renderMessage(file, fixed)).join('\n');
  const union = `/** Every message of ${context}. */\nexport type ${pascal(context)}Message =\n${files.map((file) => `  | ${file.name}`).join('\n')};\n`;
  return `${HEAD}${imports(messages, shapes)}\n${messages}\n${union}`;
};

const renderCatalog = (files: readonly SchemaFile[]): string => {
  const contexts = [...new Set(files.map((file) => file.context))];
  const entry = (file: SchemaFile) => `  ${file.name}: { name: '${file.name}', context: '${file.context}', version: ${file.version}, fullName: '${file.fullName}', pii: ${JSON.stringify(piiPaths(file.schema))}, schema: ${JSON.stringify(file.schema)} },\n`;
  return [
    HEAD,
    "import type { MessageInfo } from '../message-info.ts';\n",
    ...contexts.map((context) => `import type { ${pascal(context)}Message } from './${context}.ts';\n`),
    `\n/** Every message that there is, but for the log's own. */\nexport type AnyMessage = ${contexts.map((context) => `${pascal(context)}Message`).join(' | ')};\n`,
    "export type MessageName = AnyMessage['type'];\n",
    '\n/** The newest schema of each message, and what is known of it. */\nexport const catalog: { readonly [Name in MessageName]: MessageInfo<Name> } = {\n',
    ...files.map(entry),
    '};\n',
  ].join('');
};

const renderMeta = (files: readonly SchemaFile[]): string =>
  `${HEAD}import type { SchemaJson } from '../message-info.ts';\n\n/** Every version of the log's Meta, version 1 first. */\nexport const metaSchemas: readonly SchemaJson[] = [\n${files.map((file) => `  ${JSON.stringify(file.schema)},\n`).join('')}];\n`;

/** The generated files by name. `log` is the log's own context: its messages are no events. */
export const render = (all: readonly SchemaFile[]): ReadonlyMap<string, string> => {
  const latest = newest(all);
  const twice = latest.find((file, i) => latest.findIndex((other) => other.name === file.name) !== i);
  if (twice) throw new Error(`${twice.path}: there is a ${twice.name} already; a record names its type without the context`);
  const shapes = shapesOf(latest);
  const fixed = new Map([...shapes].filter(([, named]) => isFixed(named)).map(([name, named]) => [name, typeOf(named)]));
  const written = [...shapes.values()].filter((named) => !isFixed(named)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = written.map((named) => named.name);
  const clash = names.find((name, i) => names.indexOf(name) !== i || latest.some((file) => file.name === name));
  if (clash) throw new Error(`${clash} is the name of two things`);
  const body = written.map((named) => renderShape(named, fixed)).join('\n');
  const events = latest.filter((file) => file.context !== 'log');
  const logs = latest.filter((file) => file.context === 'log');
  const contexts = grouped(events, (file) => file.context);
  return new Map([
    ['shapes.ts', `${HEAD}${imports(body, [])}\n${body}`],
    ...[...contexts].map(([context, files]): [string, string] => [`${context}.ts`, renderContext(context, files, names, fixed)]),
    ['log.ts', `${HEAD}${imports(logs.map((file) => renderMessage(file, fixed)).join('\n'), names)}\n${logs.map((file) => renderMessage(file, fixed)).join('\n')}`],
    ['catalog.ts', renderCatalog(events)],
    ['meta-schemas.ts', renderMeta(all.filter((file) => file.fullName === 'touchpoint.log.Meta'))],
  ]);
};
