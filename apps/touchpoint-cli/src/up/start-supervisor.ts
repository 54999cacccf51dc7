import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { mkdir } from 'node:fs/promises';
import { replicasOf, type UpOptions } from '../commands/up.command.ts';
import { EXIT } from '../system/cli-error.ts';
import { openLog } from '../system/log-files.ts';
import { logFile, type Places } from '../system/places.ts';
import { SYSTEM_LOG } from '../system/system-log.ts';
import type { Progress, SystemEvent } from '../system/system.ts';
import type { FromSupervisor } from './protocol.ts';

export type SupervisorOutcome = Omit<Extract<FromSupervisor, { told: 'ready' }>, 'told'> | Omit<Extract<FromSupervisor, { told: 'failed' }>, 'told'>;

export type Supervisor = Readonly<{
  outcome: Promise<SupervisorOutcome>;
  /** Lets it live on without this process. */
  release: () => Promise<void>;
  /** Lets it stop what it has started so far. */
  callOff: () => void;
}>;

const command = fileURLToPath(new URL('../../bin/touchpoint.mjs', import.meta.url));

/** Starts the supervisor of a detached system, in a session of its own. */
export const startSupervisor = async (options: UpOptions, places: Places, heard: Readonly<{ onProgress: (progress: Progress) => void; onEvent: (event: SystemEvent) => void }>): Promise<Supervisor> => {
  await mkdir(places.logs, { recursive: true });
  const log = await openLog(logFile(places, SYSTEM_LOG));
  const args = ['supervise', '--dir', places.dir, '--replicas', JSON.stringify(replicasOf(options)), ...(options.only ? ['--only', options.only.join(',')] : [])];
  const child = spawn(process.execPath, [command, ...args], { detached: true, stdio: ['ignore', log.fd, log.fd, 'ipc'] });
  await log.close();
  const outcome = new Promise<SupervisorOutcome>((resolve) => {
    child.on('message', (message: FromSupervisor) => {
      if (message.told === 'progress') heard.onProgress(message.progress);
      else if (message.told === 'event') heard.onEvent(message.event);
      else {
        // Each end of the channel keeps its process alive: one that failed ends once nobody holds the other.
        if (message.told === 'failed' && child.connected) child.disconnect();
        resolve(message);
      }
    });
    child.on('error', (error) => resolve({ text: `touchpoint: the supervisor does not start (${error.message})\n`, exitCode: EXIT.failed }));
    child.on('exit', (code, signal) => resolve({ text: `touchpoint: the supervisor ended (${signal ?? `exit code ${code}`}) before the system was ready: see npx touchpoint logs system\n`, exitCode: EXIT.failed }));
  });
  return {
    outcome,
    callOff: () => {
      if (child.connected) child.disconnect();
    },
    release: async () => {
      await new Promise<void>((resolve) => child.send({ do: 'live on' }, () => resolve()));
      child.disconnect();
      child.unref();
    },
  };
};
