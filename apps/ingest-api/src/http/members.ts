import { badRequest } from '@touchpoint/host';
import { memberSizes } from '@touchpoint/intake';
import type { JsonBody } from './json-body.ts';

/** So many events are looked at in one request, however small they are. */
export const MAX_MEMBERS = 5_000;

/** The sizes of a batch's members where any of them may be too large. */
export const sizesOf = ({ bytes }: JsonBody, members: readonly unknown[], limit: number): readonly number[] | undefined => {
  if (bytes.length <= limit) return undefined;
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
