import type { Answer } from '../http/post.ts';
import type { Request } from '../http/requests.ts';
import type { Tally } from './tally.ts';

/** Requests that crashed the server, or were never answered. */
export type Failed = { crashes: number; unanswered: number };
type Rejected = Readonly<{ index: number; code: string }>;

/** What became of the members of a request. @returns the ids of those that are said to be on the log */
export const countAnswer = ({ inputs, ids, path }: Request, answer: Answer, tally: Tally, failed: Failed): readonly string[] => {
  if ('lost' in answer) {
    failed.unanswered += 1;
    tally.missing(`${path}: ${answer.lost}`, inputs);
    return [];
  }
  const { status, code, body } = answer;
  if (status >= 500 && status !== 503) {
    failed.crashes += 1;
    tally.count(`refused ${status} ${code ?? ''}`, inputs);
    tally.examples.push(`${path} is answered with ${status} ${code ?? ''}`);
    return [];
  }
  if (status !== 200) {
    if (code === undefined) tally.missing(`${path} is answered with ${status} without a code`, inputs);
    else tally.count(`refused ${status} ${code}`, inputs);
    return [];
  }
  const rejected = (body as { rejected?: readonly Rejected[] } | undefined)?.rejected ?? [];
  for (const member of rejected) tally.count(`refused member ${member.code}`);
  const out = new Set(rejected.map(({ index }) => index));
  tally.count('accepted by ingest', inputs - rejected.length);
  return ids.filter((id, i): id is string => id !== undefined && !out.has(i));
};
