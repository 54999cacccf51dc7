import type { Touchpoint, TouchpointHandedOn } from '@touchpoint/contracts';
import { base64, fromBase64 } from './contact-points.ts';

/** Longest data that is handed on, in characters: a record must fit on the log. Beyond it an order goes without its lines. */
export const MAX_HANDED_ON = 500_000;

/** A touchpoint's data as JSON text. Decimals and bytes are tagged, so that they come back as what they were. */
export const touchpointText = (data: Touchpoint['data']): string => {
  const text = JSON.stringify(data, tag);
  return text.length <= MAX_HANDED_ON ? text : JSON.stringify({ ...data, lines: [], properties: null }, tag);
};

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
