import { setTimeout as sleep } from 'node:timers/promises';
import { stackStatus, startStack, type StackOptions } from '@touchpoint/stack';
import type { StackPart } from './kill-plan.ts';

const TRIES = 5;

/** Kills a part of a stack and starts it again on the data that it left; resolves when the whole stack is ready. @throws Error when that part is not there or does not come back. */
export const breakPartOf = (options: StackOptions) => async (part: StackPart): Promise<void> => {
  const pid = (await stackStatus({ dir: options.dir!, ...(options.env && { env: options.env }) })).parts.find(({ kind }) => kind === part)?.pid;
  if (pid === undefined) throw new Error(`${part} is not a process of this stack`);
  process.kill(pid, 'SIGKILL');
  for (let tries = 1; ; tries += 1) {
    try {
      // What still runs is adopted, what is missing is started.
      await startStack({ ...options, detach: true });
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      await sleep(500 * tries);
    }
  }
};
