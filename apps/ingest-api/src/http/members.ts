import { badRequest } from '@touchpoint/host';
import { mayExceed, memberSizes } from '@touchpoint/intake';
import type { JsonBody } from './json-body.ts';

/** So many events are looked at in one request, however small they are. */
export const MAX_MEMBERS = 5_000;

/** A name that each valid member has; one without it is refused for that. */
type Named = 'messageId' | 'specversion';
const NAMES: Readonly<Record<Named, Buffer>> = { messageId: Buffer.from('"messageId"'), specversion: Buffer.from('"specversion"') };
const has = (member: unknown, name: Named): boolean => typeof member === 'object' && member !== null && name in member;

/** The sizes of a batch's members, where any of them may be too large. */
export const sizesOf = ({ bytes, escaped }: JsonBody, members: readonly unknown[], name: Named, limit: number): readonly number[] | undefined => {
  if (bytes.length <= limit) return undefined;
  if (!escaped && members.every((member) => has(member, name)) && !mayExceed(bytes, NAMES[name], members.length, limit)) return undefined;
  const sizes = memberSizes(bytes);
  return sizes?.length === members.length ? sizes : members.map((member) => Buffer.byteLength(JSON.stringify(member)));
};
/** @throws HttpProblem 400 where a batch is none, or has too many members */
export const membersOf = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw badRequest('INGEST.NO_BATCH', 'Expected a list of events', [{ path: 'batch', code: 'INTAKE.WRONG_TYPE', message: 'Expected a list.' }]);
  if (value.length === 0) throw badRequest('INGEST.NO_BATCH', 'The batch is empty');
  if (value.length > MAX_MEMBERS) throw badRequest('INGEST.TOO_MANY_EVENTS', `A batch has at most ${MAX_MEMBERS} events`);
  return value as readonly unknown[];
};
