import { setTimeout as sleep } from 'node:timers/promises';

/** Sends `perSecond` times, evenly, in every other second from an instant on. Instants are epoch milliseconds, by `now`. */
export type Pace = Readonly<{ startAt: number; seconds: number; perSecond: number; slot: 'even' | 'odd' }>;

/** When each send is due. */
export const dueTimes = ({ startAt, seconds, perSecond, slot }: Pace): readonly number[] => {
  const due: number[] = [];
  for (let second = slot === 'even' ? 0 : 1; second < seconds; second += 2) for (let i = 0; i < perSecond; i += 1) due.push(startAt + second * 1_000 + (i * 1_000) / perSecond);
  return due;
};

/** Calls `send` at each due time, whether or not the ones before have ended: a slow system does not slow the load. Resolves when all have. */
export const paced = async (pace: Pace, send: (index: number) => Promise<void>, now: () => number, signal?: AbortSignal): Promise<void> => {
  const sending: Promise<void>[] = [];
  for (const [index, due] of dueTimes(pace).entries()) {
    const wait = due - now();
    if (wait > 0) await sleep(wait, undefined, { signal });
    const sent = send(index);
    sent.catch(() => undefined);
    sending.push(sent);
  }
  await Promise.all(sending);
};

/** Epoch milliseconds with fractions, as the system's clock has it: Date.now() is cut to whole ones. */
export const wallClock = (): (() => number) => {
  const first = Date.now();
  let edge = Date.now();
  while (edge === first) edge = Date.now();
  const offset = edge - performance.now();
  return () => offset + performance.now();
};
