import { appendFileSync } from 'node:fs';
import { logFile, type Places } from './places.ts';
import type { SystemEvent } from './system.ts';

/** The supervisor's own log, in the form of the apps' logs: JSON lines. Holds names, pids and numbers only. */
export type SystemLog = Readonly<{ line: (level: 'info' | 'warn' | 'error', fields: Readonly<Record<string, string | number | null>>, message: string) => void; event: (event: SystemEvent) => void }>;

export const SYSTEM_LOG = 'system';

export const openSystemLog = (places: Places): SystemLog => {
  const path = logFile(places, SYSTEM_LOG);
  const line: SystemLog['line'] = (level, fields, msg) => {
    try {
      appendFileSync(path, `${JSON.stringify({ level, time: new Date().toISOString(), app: SYSTEM_LOG, pid: process.pid, ...fields, msg })}\n`, { mode: 0o600 });
    } catch {
      // The folder was removed under us: a log line is no reason to end.
    }
  };
  return {
    line,
    event: (event) => {
      if (event.kind === 'asked-to-stop') return line('info', {}, 'asked to stop by another process');
      if (event.kind === 'part-died') return line('error', { part: event.dead.name, exitCode: event.dead.code, signal: event.dead.signal }, 'a part of the stack died');
      const { name: part, state, crash, pid, seconds } = event;
      if (crash) return line('error', { part, exitCode: crash.code, signal: crash.signal, ...(crash.againInMs !== undefined && { waitMs: crash.againInMs }) }, state === 'failed' ? 'crashed too often and is left alone' : 'crashed and is started again');
      line('info', { part, state, ...(pid !== undefined && { child: pid }), ...(seconds !== undefined && { durationMs: Math.round(seconds * 1000) }) }, `is ${state}`);
    },
  };
};
