import { CliError } from '../system/cli-error.ts';
import type { Answer, IngestClient, Refused } from './ingest-client.ts';

/** Sends messages until each is acknowledged or refused. @returns why each was refused, null for those that were taken */
export type SendBatch = (members: readonly string[]) => Promise<readonly (Refused | null)[]>;

/** Somebody waits: for what, and when it is tried again. Null: it went on. */
export type Waiting = Readonly<{ why: string; againInMs: number }> | null;

export type SenderOptions = Readonly<{
  client: IngestClient;
  /** Waits; rejects when `stop` fires. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds on any scale. */
  now: () => number;
  /** No further try. */
  stop: AbortSignal;
  /** Ends a try that is under way. */
  abandon: AbortSignal;
  /** Longest time that a batch is tried; null: for ever. */
  giveUpAfterMs: number | null;
  onWait: (waiting: Waiting) => void;
}>;

const FIRST_MS = 250;
/** Whoever says "try again at once" each time is not asked without a pause. */
const LEAST_MS = 50;
const LONGEST_MS = 10_000;
/** Tries after an answer that may be the same each time: a defect over there. */
const MOST_LIMITED = 8;
type Again = Extract<Answer, { kind: 'again' }>;

const TOO_LARGE: Refused = { index: 0, code: 'INGEST.TOO_LARGE', message: 'The event alone is larger than the key may send.' };

export const batchSender = ({ client, sleep, now, stop, abandon, giveUpAfterMs, onWait }: SenderOptions): SendBatch => {
  /** Backs off by doubling, spread by a quarter so that lanes do not knock all at once; the other side's own word goes before it. */
  const pauseMs = ({ afterMs }: Again, tries: number): number => Math.max(LEAST_MS, afterMs ?? Math.min(LONGEST_MS, FIRST_MS * 2 ** tries) * (0.75 + Math.random() / 2));

  const settled = async (members: readonly string[]): Promise<Exclude<Answer, Again>> => {
    const began = now();
    let limited = 0;
    for (let tries = 0; ; tries++) {
      const answer = await client.post(members, abandon);
      if (answer.kind !== 'again') {
        if (tries > 0) onWait(null);
        return answer;
      }
      stop.throwIfAborted();
      if (answer.limited && ++limited >= MOST_LIMITED) throw new CliError('IMPORT.DEFECT', `${client.url} failed ${limited} times on the same batch: ${answer.why}. Look at npx touchpoint logs ingest-api, then run the same command again: it goes on where it was.`);
      const againInMs = pauseMs(answer, tries);
      const waited = now() - began;
      if (giveUpAfterMs !== null && waited + againInMs > giveUpAfterMs) {
        throw new CliError('IMPORT.GAVE_UP', `${client.url} did not take events for ${Math.round(waited / 1000)} s: ${answer.why}. Run the same command again: it goes on where it was.`);
      }
      onWait({ why: answer.why, againInMs });
      await sleep(againInMs, stop);
    }
  };

  const send: SendBatch = async (members) => {
    const answer = await settled(members);
    if (answer.kind === 'taken') {
      const refused = new Map(answer.refused.map((one) => [one.index, one]));
      return members.map((_, index) => refused.get(index) ?? null);
    }
    if (members.length === 1) return [TOO_LARGE];
    // The key's limit is not known here: halves go one after the other, in order.
    const half = Math.ceil(members.length / 2);
    return [...(await send(members.slice(0, half))), ...(await send(members.slice(half)))];
  };
  return send;
};
