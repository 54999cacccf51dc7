import { isAscii, isUtf8 } from 'node:buffer';
import { badRequest } from '@touchpoint/host';

/** A body that is JSON. `escaped`: its text holds a \u escape, the only way to a NUL or half a surrogate pair. */
export type JsonBody = Readonly<{ value: unknown; bytes: Buffer; escaped: boolean }>;

/** @throws HttpProblem 400 where it is none. What it holds is not shown: it may be personal. */
export const jsonBody = (bytes: Buffer | undefined): JsonBody => {
  if (!bytes || bytes.length === 0) throw badRequest('HTTP.NO_BODY', 'The body is empty');
  const ascii = isAscii(bytes);
  if (!ascii && !isUtf8(bytes)) throw badRequest('HTTP.BAD_JSON', 'The body is not valid UTF-8');
  try {
    return { value: JSON.parse(bytes.toString(ascii ? 'latin1' : 'utf8')), bytes, escaped: bytes.includes('\\u') };
  } catch {
    throw badRequest('HTTP.BAD_JSON', 'The body is not valid JSON');
  }
};
