import { catalog, type Touchpoint, type TouchpointHandedOn } from '@touchpoint/contracts';
import { base64, fromBase64 } from './contact-points.ts';
import { utf8Bytes } from './utf8.ts';

/** Most bytes of data that are handed on: a record must fit on the log. */
export const MAX_HANDED_ON = 500_000;

/**
 * A touchpoint's data as JSON text. Decimals and bytes are tagged, so that they come back as what they were. What is too large goes without its largest
 * lists (an order's lines) and what may be missing: decisions rest on none of them but for conditions, which then do not hold.
 */
export const touchpointText = ({ type, data }: Touchpoint): string => {
  const text = JSON.stringify(data, tag);
  let over = utf8Bytes(text) - MAX_HANDED_ON;
  if (over <= 0) return text;
  const left: Record<string, unknown> = { ...data };
  const sizes = Object.entries(left).map(([name, value]) => ({ name, value, bytes: utf8Bytes(JSON.stringify({ value }, tag)) }));
  const optional = new Set((catalog[type].schema['fields'] as readonly Readonly<{ name: string; type: unknown }>[]).filter((field) => Array.isArray(field.type) && field.type.includes('null')).map(({ name }) => name));
  for (const { name, value, bytes } of sizes.sort((a, b) => b.bytes - a.bytes)) {
    if (over <= 0) break;
    if (!Array.isArray(value) && !optional.has(name)) continue;
    left[name] = Array.isArray(value) ? [] : null;
    over -= bytes - EMPTY_BYTES;
  }
  return JSON.stringify(left, tag);
};
/** What an empty field takes at most, as it is measured here. */
const EMPTY_BYTES = 16;

/** Looks at the value before `toJSON`, which a Buffer has. */
function tag(this: unknown, key: string, value: unknown): unknown {
  const raw = (this as Readonly<Record<string, unknown>>)[key];
  if (typeof raw === 'bigint') return { $decimal: raw.toString() };
  if (raw instanceof Uint8Array) return { $bytes: base64(raw) };
  return value;
}

/** The touchpoint as it was. @throws Error when the data is no JSON object. */
export const touchpointOf = ({ messageType, data }: TouchpointHandedOn['data']): Touchpoint => ({ type: messageType, data: JSON.parse(data, untag) }) as Touchpoint;

const untag = (_: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if ('$decimal' in value) return BigInt(value.$decimal as string);
  if ('$bytes' in value) return fromBase64(value.$bytes as string);
  return value;
};
