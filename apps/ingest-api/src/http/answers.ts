import { HttpProblem, type FieldIssue } from '@touchpoint/host';
import type { Refusal } from '@touchpoint/intake';

/** Why a member of a batch was not taken. */
export type Rejected = Readonly<{ index: number; messageId: string | null; code: string; message: string; errors: readonly FieldIssue[] }>;
/** What became of a request's events. */
export type Received = Readonly<{ taken: number; refused: readonly Rejected[] }>;
export type BatchAnswer = Readonly<{ success: true; taken?: number; rejected?: readonly Rejected[] }>;

const TAKEN: BatchAnswer = { success: true };

export const tooLargeEvent = (limit: number) =>
  ({ code: 'INGEST.EVENT_TOO_LARGE', message: `An event of this key has at most ${limit} bytes.`, issues: [] }) as const;
type Reason = Refusal | ReturnType<typeof tooLargeEvent>;

/** A member's id as it came, where it is a short text. */
export const messageIdOf = (member: unknown): string | null => {
  const id = typeof member === 'object' && member !== null ? ((member as Record<string, unknown>)['messageId'] ?? (member as Record<string, unknown>)['id']) : null;
  return typeof id === 'string' && id.length <= 100 ? id : null;
};
export const rejected = (index: number, messageId: string | null, { code, message, issues }: Reason): Rejected => ({ index, messageId, code, message, errors: issues });

/** So many reasons are told in one answer, and at least one for each member: a batch of nothing but mistakes may hold a hundred thousand. */
const MOST = 2_000;

/** Every member that was refused, with its first reason; with all its reasons as long as there are not too many in all. */
const bounded = (refused: readonly Rejected[]): readonly Rejected[] => {
  let more = MOST - refused.length;
  return refused.map((member) => {
    const extra = member.errors.length - 1;
    if (extra < 1) return member;
    more -= extra;
    return more >= 0 ? member : { ...member, errors: member.errors.slice(0, 1) };
  });
};

/** What is answered to a batch: 200 where at least one was taken, and which were not. @throws HttpProblem 400 where none was, with every member named. */
export const batchAnswer = ({ taken, refused }: Received): BatchAnswer => {
  if (refused.length === 0) return TAKEN;
  const named = bounded(refused);
  if (taken > 0) return { success: true, taken, rejected: named };
  const { code } = refused[0]!;
  const errors = named.flatMap(({ index, code: own, message, errors: issues }): readonly FieldIssue[] =>
    issues.length > 0 ? issues.map((issue) => ({ ...issue, path: issue.path ? `batch[${index}].${issue.path}` : `batch[${index}]` })) : [{ path: `batch[${index}]`, code: own, message }]);
  throw new HttpProblem(400, refused.every((other) => other.code === code) ? code : 'INTAKE.INVALID', 'No event of the batch is valid', { errors });
};

/** What is answered to one event. @throws HttpProblem 400 where it was not taken, or 413 where it is too large */
export const eventAnswer = ({ refused: [refused] }: Received): BatchAnswer => {
  if (refused === undefined) return TAKEN;
  const { code, message, errors } = refused;
  throw new HttpProblem(code === 'INGEST.EVENT_TOO_LARGE' ? 413 : 400, code, 'The event is not valid', { detail: message, errors });
};
