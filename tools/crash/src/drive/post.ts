import { setTimeout as sleep } from 'node:timers/promises';
import type { CrashSystem } from '../system.port.ts';
import type { Batch } from '../load/load.ts';

const TRY_LIMIT_MS = 10_000;
const PAUSES_MS = [100, 200, 400, 800];

/** Counts of what was posted. `retries`: answers that were lost, late, or "not now". */
export type Posted = { batches: number; events: number; retries: number };

/**
 * Posts batches as an SDK does: until it hears 200, the same batch again after a lost connection, a time-out, 429 or 503.
 * @throws Error when it is refused for good, a member of it was, or it was not taken within the limit.
 */
export const poster = (system: Pick<CrashSystem, 'urlOf' | 'keys'>, limitMs: number): { posted: Posted; post: (batch: Batch) => Promise<void> } => {
  const posted: Posted = { batches: 0, events: 0, retries: 0 };
  const url = `${system.urlOf('ingest-api')}/v1/batch`;

  /** @returns why it is to be tried again; undefined: it was taken. */
  const attempt = async ({ key, events }: Batch): Promise<string | undefined> => {
    let response: Response;
    try {
      response = await fetch(url, {
        method: 'POST', signal: AbortSignal.timeout(TRY_LIMIT_MS), body: JSON.stringify({ batch: events }),
        headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${system.keys[key]}:`).toString('base64')}` },
      });
      const text = await response.text();
      if (response.status === 200) {
        if ((JSON.parse(text) as { rejected?: unknown[] }).rejected?.length) throw new Refused(text);
        return undefined;
      }
      if (response.status === 429 || response.status >= 500) return `${response.status}`;
      throw new Refused(`${response.status} ${text}`);
    } catch (error) {
      if (error instanceof Refused) throw error;
      return error instanceof Error ? error.message : 'lost';
    }
  };

  const post = async (batch: Batch): Promise<void> => {
    const until = Date.now() + limitMs;
    for (let tries = 0; ; tries += 1) {
      const why = await attempt(batch);
      if (why === undefined) break;
      if (Date.now() > until) throw new Error(`a batch was not taken within ${limitMs / 1000} s: ${why}`);
      posted.retries += 1;
      await sleep(PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]);
    }
    posted.batches += 1;
    posted.events += batch.events.length;
  };
  return { posted, post };
};

/** The load is wrong, not the moment. */
class Refused extends Error {
  constructor(text: string) {
    super(`ingest-api refuses what the load sends: ${text.slice(0, 500)}`);
  }
}
