import type { Log } from './logger.ts';

export type StopStep = Readonly<{ name: string; run: () => void | Promise<void> }>;

const late = (step: string) => Object.assign(new Error(`stopping took too long, at ${step}`), { code: 'HOST.STOP_LIMIT' });

/**
 * Runs the steps one after the other, once however often it is asked. A step that fails is logged and the next one is run all the same:
 * what can be closed is closed. Rejects with the first failure in the end, or when the limit is over.
 */
export const createStop = (log: Log, limitMs: number, steps: readonly StopStep[]): (() => Promise<void>) => {
  let stopping: Promise<void> | undefined;
  const inOrder = async (at: (step: string) => void) => {
    let first: unknown;
    for (const { name, run } of steps) {
      at(name);
      try {
        await run();
      } catch (error) {
        first ??= error;
        log.error({ task: name, error }, 'a step of stopping failed');
      }
    }
    if (first !== undefined) throw first;
  };
  const bounded = async () => {
    let step = 'the beginning';
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(late(step)), limitMs);
    });
    try {
      await Promise.race([inOrder((name) => { step = name; }), limit]);
    } finally {
      clearTimeout(timer);
    }
  };
  return () => (stopping ??= bounded());
};
