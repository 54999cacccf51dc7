import type { CrashSystem } from '../system.port.ts';

/** Asks query-api for customers while a load runs: one question at a time, none of them awaited by the load. Somebody killed is no answer; anything else but a customer or "unknown" is an error. */
export const askedOf = (system: Pick<CrashSystem, 'urlOf' | 'keys'>): { ask: (userId: string | undefined) => Promise<void>; answered: () => number; end: () => Promise<void> } => {
  let answered = 0;
  let failure: Error | undefined;
  let asking: Promise<void> | undefined;

  const one = async (userId: string): Promise<void> => {
    const answer = await fetch(`${system.urlOf('query-api')}/v1/customers/by/user/${encodeURIComponent(userId)}`, { headers: { authorization: `Bearer ${system.keys.read}` }, signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    if (answer?.ok) answered += 1;
    else if (answer && ![404, 429, 503].includes(answer.status)) failure ??= new Error(`query-api answers ${answer.status}`);
  };
  return {
    ask: async (userId) => {
      if (userId === undefined || asking) return;
      asking = one(userId);
      await asking;
      asking = undefined;
    },
    answered: () => answered,
    end: async () => {
      await asking;
      if (failure) throw failure;
    },
  };
};
