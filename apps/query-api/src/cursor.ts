/** Where a page ended: the numbers and ids that its last entry was sorted by. Opaque to callers, and no secret. */
export type Cursor = readonly (number | string)[];

const MAX_LENGTH = 200;

export const encodeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

/** @param shape the type of each member @returns undefined for anything that no page gave out. */
export const decodeCursor = <const S extends readonly ('number' | 'uuid')[]>(text: string, shape: S): { readonly [I in keyof S]: S[I] extends 'number' ? number : string } | undefined => {
  if (text.length > MAX_LENGTH) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed.length !== shape.length) return undefined;
  const fits = shape.every((kind, i) => (kind === 'number' ? Number.isSafeInteger(parsed[i]) : typeof parsed[i] === 'string' && UUID.test(parsed[i])));
  return fits ? (parsed as never) : undefined;
};

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
