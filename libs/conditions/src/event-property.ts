import { formatDecimal, type Decimal } from '@touchpoint/kernel';
import { amountOf, catalog, type MessageName } from '@touchpoint/contracts';
import type { Kind } from './condition-check.ts';
import type { Value } from './condition.ts';

/** A value as JSON has it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type Schema = string | readonly Schema[] | { readonly [key: string]: unknown };

/** What a journey can be about beside touchpoints: the customer enters or leaves a segment. */
export const SEGMENT_EVENTS = ['SegmentEntered', 'SegmentLeft'] as const;
/** The events that a condition can count: what happened between the customer and us. */
export const eventNames = (): readonly string[] => Object.values(catalog).filter(({ context }) => context === 'touchpoint').map(({ name }) => name);

/** What an order, a cancellation, a refund or an adjustment is worth: no field, since some say a total and some only lines. */
const AMOUNT = 'amount';
const AMOUNTED: ReadonlySet<string> = new Set(['OrderCompleted', 'OrderCancelled', 'OrderRefunded', 'OrderAdjusted']);

const kindsOf = new Map<string, ReadonlyMap<string, Kind>>();
/** What sort of value an event's property holds; undefined: there is no such property. What publishers add themselves (`properties.x`) may be anything. */
export const propertyKind = (event: string, path: string): Kind | undefined => {
  let kinds = kindsOf.get(event);
  if (!kinds) {
    const found = new Map<string, Kind>();
    if (AMOUNTED.has(event)) found.set(AMOUNT, 'decimal');
    if (Object.hasOwn(catalog, event)) collect(catalog[event as MessageName].schema as Schema, '', new Map(), found);
    kindsOf.set(event, (kinds = found));
  }
  const own = kinds.get(path);
  if (own) return own;
  return [...kinds].some(([name, kind]) => kind === 'any' && path.startsWith(`${name}.`)) ? 'any' : undefined;
};

/** Walks an Avro schema. A named type stands in full where it first occurs and by its name later. */
const collect = (schema: Schema, path: string, named: Map<string, Schema>, kinds: Map<string, Kind>): void => {
  if (typeof schema === 'string') {
    const known = named.get(schema);
    if (known) collect(known, path, named, kinds);
    else kinds.set(path, primitive(schema));
    return;
  }
  if (isUnion(schema)) {
    for (const member of schema) if (member !== 'null') collect(member, path, named, kinds);
    return;
  }
  if (typeof schema['name'] === 'string') named.set(`${String(schema['namespace'])}.${schema['name']}`, schema);
  if (schema['type'] === 'record') {
    if (path) kinds.set(path, 'list');
    for (const field of schema['fields'] as readonly { name: string; type: Schema; pii?: boolean }[]) {
      const below = path ? `${path}.${field.name}` : field.name;
      if (field.pii) kinds.set(below, 'personal');
      else collect(field.type, below, named, kinds);
    }
    return;
  }
  kinds.set(path, schema['type'] === 'array' ? arrayKind(schema['items'] as Schema, named) : logical(schema));
};

const isUnion = (schema: Schema): schema is readonly Schema[] => Array.isArray(schema);
/** A list that holds anything personal is personal as a whole. */
const arrayKind = (items: Schema, named: Map<string, Schema>): Kind => {
  const inside = new Map<string, Kind>();
  collect(items, 'item', named, inside);
  return [...inside.values()].includes('personal') ? 'personal' : 'list';
};
const primitive = (name: string): Kind => (name === 'string' ? 'text' : name === 'boolean' ? 'boolean' : ['int', 'long', 'float', 'double'].includes(name) ? 'number' : 'personal');
/** Keys of persons and addresses are no value to look at: they count as personal. */
const logical = (schema: { readonly [key: string]: unknown }): Kind => {
  switch (schema['logicalType']) {
    case 'decimal': return 'decimal';
    case 'timestamp-millis': return 'instant';
    case 'json': return 'any';
    case undefined: return schema['type'] === 'enum' ? 'text' : primitive(String(schema['type']));
    default: return 'personal';
  }
};

/** The value at a path of an event's data; JSON texts are opened on the way. undefined: there is none. */
export const propertyOf = (data: unknown, path: string): unknown => {
  if (path === AMOUNT) return hasAmount(data) ? (amountOf(data) ?? undefined) : undefined;
  let value = data;
  for (const name of path.split('.')) {
    if (typeof value === 'string') value = parsed(value);
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value ?? undefined;
};

const hasAmount = (data: unknown): data is Parameters<typeof amountOf>[0] => typeof data === 'object' && data !== null && 'lines' in data && 'total' in data;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Most members of a list, most places of nesting, that are taken over. */
const MAX_MEMBERS = 200;
const MAX_DEPTH = 6;

/** A property's value as plain JSON, exact decimals as text. Sealed values never come out: null stands in their place. */
export const asJson = (value: unknown, depth = 0): Json => {
  if (typeof value === 'bigint') return formatDecimal(value as Decimal);
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || depth === MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.slice(0, MAX_MEMBERS).map((one) => asJson(one, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asJson(one, depth + 1)]));
};

/** What a condition sees of a value: lists and objects are seen to be there, as text. */
export const asValue = (value: unknown): Value => (typeof value === 'object' && value !== null ? '…' : (value as Value));
