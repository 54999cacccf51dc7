import { catalog, type MessageName } from '@touchpoint/contracts';
import { derivedId, type Instant, type Random } from '@touchpoint/kernel';
import { oddText } from '../odd-values.ts';

type Field = Readonly<{ name: string; type: Schema }>;
type Node = Readonly<{ type: string; name?: string; namespace?: string; logicalType?: string; symbols?: readonly string[]; size?: number; items?: Schema; values?: Schema; fields?: readonly Field[] }>;
type Schema = string | readonly Schema[] | Node;
type Known = Map<string, Node>;

const DAY_MS = 86_400_000;
export const bytesOf = (chance: Random, count: number): Buffer => {
  const bytes = Buffer.alloc(count + 3);
  for (let at = 0; at < count; at += 4) bytes.writeUInt32LE(chance.below(2 ** 32), at);
  return bytes.subarray(0, count);
};

/** Values that a schema allows: mostly plain ones, some odd. What stands in them is nothing that a reader may refuse: numbers fit columns, instants lie near. */
export const createData = (chance: Random, now: () => Instant) => {
  const known: Known = new Map();
  const text = (): string => (chance.below(15) === 0 ? oddText(chance) : chance.one(['a', 'web', 'EUR', 'Home', `x-${chance.below(50)}`]));

  const marked: Readonly<Record<string, () => unknown>> = {
    decimal: () => BigInt(chance.below(2_000_000_000)) - 1_000_000_000n,
    'source-key': () => bytesOf(chance, 16).toString('hex'),
    digest: () => bytesOf(chance, 16).toString('hex'),
    'customer-id': () => derivedId('fuzz', String(chance.below(1_000))),
    'timestamp-millis': () => now() - chance.below(30 * DAY_MS),
    json: () => JSON.stringify(chance.below(10) === 0 ? { [oddText(chance)]: oddText(chance) } : { a: chance.below(9) }),
  };
  const plain: Readonly<Record<string, () => unknown>> = {
    null: () => null, boolean: () => chance.below(2) === 0, int: () => chance.below(20), long: () => chance.below(2 ** 31), double: () => chance.next(), string: text, bytes: () => bytesOf(chance, chance.below(60)),
  };

  const node = (schema: Node): unknown => {
    const { type, logicalType = '', symbols, items, values, fields, name, namespace } = schema;
    if (name) known.set(`${namespace}.${name}`, schema).set(name, schema);
    if (marked[logicalType]) return marked[logicalType]();
    if (symbols) return chance.one(symbols);
    if (items) return Array.from({ length: chance.below(4) }, () => any(items));
    if (values) return Object.fromEntries(Array.from({ length: chance.below(3) }, () => [text(), any(values)]));
    return fields ? Object.fromEntries(fields.map((field) => [field.name, any(field.type)])) : any(type);
  };
  const any = (schema: Schema): unknown => {
    if (typeof schema === 'string') {
      const there = known.get(schema);
      return plain[schema] ? plain[schema]() : there && node(there);
    }
    return 'type' in schema ? node(schema) : any(chance.one(schema));
  };
  /** Named types stand whole where they are met first: the parts of a message are walked once before chance leaves some of them out. */
  const learn = (schema: Schema): void => {
    if (typeof schema === 'string') return;
    if (!('type' in schema)) return schema.forEach(learn);
    if (schema.name) known.set(`${schema.namespace}.${schema.name}`, schema).set(schema.name, schema);
    if (schema.items) learn(schema.items);
    if (schema.values) learn(schema.values);
    schema.fields?.forEach((field) => learn(field.type));
    if (typeof schema.type !== 'string') learn(schema.type);
  };
  for (const { schema } of Object.values(catalog)) learn(schema as Schema);

  return (name: MessageName): never => node(catalog[name].schema as Node) as never;
};
