import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FailPoint } from '../kill-plan.ts';
import type { CrashSystem } from '../system.port.ts';

/** What a process must load first, so that it can be asked to die at a fail point. @param dir where it is asked, by a file with its name */
export const failPointsIn = (dir: string): string => {
  const preload = new URL('../fail-point.mjs', import.meta.url);
  preload.searchParams.set('dir', dir);
  return preload.href;
};

const LIMIT_MS = 2_500;
const PAUSE_MS = 10;

/** Asks a process to die at a fail point. @returns whether it did, or did not come to that point for a while and goes on unhurt. */
export const dieAt = async (system: Pick<CrashSystem, 'processes'>, dir: string, name: string, point: FailPoint): Promise<boolean> => {
  const pidOf = () => system.processes().find((one) => one.name === name)?.pid;
  const pid = pidOf();
  await writeFile(join(dir, `${name}.new`), JSON.stringify(point));
  const order = join(dir, name);
  await rename(`${order}.new`, order);
  for (const until = Date.now() + LIMIT_MS; Date.now() < until; await sleep(PAUSE_MS)) if (pidOf() !== pid) return true;
  await rm(order, { force: true });
  return false;
};
