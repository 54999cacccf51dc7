import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { allProcesses, identify, stopProcess } from './process-identity.ts';
import { StackError } from './stack-error.ts';

/**
 * Makes way for a new server in `data`. A server that runs there and that nobody remembers is stopped. The children of a killed one are waited for:
 * two servers over the same files would ruin them. Only when no process is left the pid file goes: Postgres itself refuses to start when a stranger
 * has got the pid that stands in it.
 */
export const clearStalePid = async (data: string, marker: string, cluster: string): Promise<void> => {
  const file = join(data, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const server = await identify(Number(text.split('\n')[0]), marker);
  if (server) await stopProcess(server, 'SIGINT', 30_000);
  const deadline = Date.now() + 30_000;
  for (let left = await processesOf(data, cluster); left.length > 0; left = await processesOf(data, cluster)) {
    if (Date.now() > deadline) throw new StackError('STACK.PREPARE_FAILED', `postgres: processes ${left.join(', ')} of a killed server still use ${data}: end them.`);
    await sleep(100);
  }
  await rm(file, { force: true });
};

/** Server processes that work in the folder: by their working directory on Linux, elsewhere by the cluster's name in their titles. */
const processesOf = async (data: string, cluster: string): Promise<readonly number[]> => {
  if (process.platform === 'linux') {
    const pids = (await allProcesses()).map(({ pid }) => pid);
    const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)));
    const real = await realpath(data);
    return pids.filter((_, i) => folders[i] === real);
  }
  return (await allProcesses()).filter(({ command }) => command.startsWith(`postgres: ${cluster}:`)).map(({ pid }) => pid);
};
