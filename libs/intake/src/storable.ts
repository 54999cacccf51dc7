import { DEPTH } from './bounds.ts';
import type { Arrival } from './incoming.ts';
import type { Issues } from './issues.ts';

/** Postgres takes no NUL and UTF-8 no half of a surrogate pair (`\p{Cs}` matches no whole one): such text could never be stored as it came. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/** Levels of an event above its properties. */
const ABOVE = 3;

/**
 * Looks for such text anywhere in an event and in what its batch says for all. It can come into JSON by a \u escape only, so this is asked only where the
 * text held one; all that reads the event afterwards relies on it.
 */
export const isStorable = (event: object, { context }: Arrival, issues: Issues): boolean => {
  check(event, issues, 0);
  if (context !== undefined) {
    issues.enter('context');
    check(context, issues, 1);
    issues.leave();
  }
  return issues.count === 0;
};

const check = (value: unknown, issues: Issues, depth: number): void => {
  if (typeof value === 'string') {
    if (UNSTORABLE.test(value)) issues.add('INTAKE.BAD_TEXT', 'This text holds a NUL or half a surrogate pair. Send valid Unicode without NUL.');
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEPTH + ABOVE) {
    issues.add('INTAKE.TOO_DEEP', `Nest objects and lists no deeper than ${DEPTH}.`);
    return;
  }
  const isList = Array.isArray(value);
  for (const name of Object.keys(value)) {
    issues.enter(isList ? Number(name) : name);
    if (UNSTORABLE.test(name)) issues.add('INTAKE.BAD_TEXT', 'This name holds a NUL or half a surrogate pair. Send valid Unicode without NUL.');
    check((value as Readonly<Record<string, unknown>>)[name], issues, depth + 1);
    issues.leave();
  }
};
