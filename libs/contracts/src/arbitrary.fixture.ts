import fc from 'fast-check';
import { catalog, type MessageName } from './generated/catalog.ts';
import type { DataOf } from './codec.ts';

type Field = Readonly<{ name: string; type: Schema }>;
type Node = Readonly<{ type: string; name?: string; namespace?: string; logicalType?: string; symbols?: readonly string[]; items?: Schema; values?: Schema; fields?: readonly Field[] }>;
type Schema = string | readonly Schema[] | Node;

const LIMIT = 10n ** 38n - 1n;
const hex = (bytes: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'));
const PLAIN: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  null: fc.constant(null),
  boolean: fc.boolean(),
  int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  long: fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 })),
  double: fc.double({ noNaN: true }),
  string: fc.string({ unit: 'grapheme' }),
  bytes: fc.uint8Array().map((value) => Buffer.from(value)),
};
const MARKED: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  decimal: fc.oneof(fc.bigInt({ min: -1_000_000_000n, max: 1_000_000_000n }), fc.bigInt({ min: -LIMIT, max: LIMIT })),
  'source-key': hex(16),
  digest: hex(16),
};

type Known = Map<string, fc.Arbitrary<unknown>>;

const ofNode = ({ type, logicalType = '', symbols, items, values, fields }: Node, known: Known): fc.Arbitrary<unknown> => {
  if (MARKED[logicalType]) return MARKED[logicalType];
  if (symbols) return fc.constantFrom(...symbols);
  if (items) return fc.array(anyOf(items, known), { maxLength: 5 });
  if (values) return fc.dictionary(fc.string(), anyOf(values, known));
  return fields ? fc.record(Object.fromEntries(fields.map((field) => [field.name, anyOf(field.type, known)]))) : anyOf(type, known);
};

/** Any value that a schema allows. `known` holds the named types met so far. */
export const anyOf = (schema: Schema, known: Known = new Map()): fc.Arbitrary<unknown> => {
  if (typeof schema === 'string') return PLAIN[schema] ?? known.get(schema) ?? fc.oneof();
  if (!('type' in schema)) return fc.oneof(...schema.map((part) => anyOf(part, known)));
  const made = ofNode(schema, known);
  if (schema.name) known.set(`${schema.namespace}.${schema.name}`, made);
  return made;
};

/** Any data of a message. */
export const anyData = <Name extends MessageName>(name: Name): fc.Arbitrary<DataOf<Name>> => anyOf(catalog[name].schema as Node) as fc.Arbitrary<DataOf<Name>>;
