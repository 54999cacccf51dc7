import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from './process-identity.ts';
import type { Ports } from './ports.ts';
import { StackError } from './stack-error.ts';

export type RunningPart = ProcessIdentity & Readonly<{ tier: number; stopSignal: 'SIGINT' | 'SIGTERM'; graceMs: number; log: string; settings: string }>;

/** What a folder remembers from one start to the next. Holds passwords: mode 0600, never printed whole. */
export type StackState = Readonly<{
  version: 1;
  ports: Ports;
  passwords: Readonly<{ postgres: string; touchpoint: string; registry: string }>;
  kafka?: Readonly<{ clusterId: string; brokers: number }>;
  /** Where the database lies: not always inside of the folder. */
  postgresHome?: string;
  parts: Readonly<Record<string, RunningPart>>;
}>;

const stateFile = (dir: string): string => join(dir, 'stack.json');

/** Undefined when nothing was ever started there. */
export const readState = async (dir: string): Promise<StackState | undefined> => {
  const text = await readFile(stateFile(dir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  let state: Partial<StackState> | undefined;
  try {
    state = JSON.parse(text) as Partial<StackState>;
  } catch {
    state = undefined;
  }
  if (state?.version !== 1 || !state.ports || !state.passwords || !state.parts) {
    throw new StackError('STACK.BAD_STATE', `${stateFile(dir)} cannot be read: remove that file and start again (the data stay).`);
  }
  return state as StackState;
};

/** Whole or not at all, on disk before it returns: a kill at any instant leaves the old state or the new one. */
export const writeState = async (dir: string, state: StackState): Promise<void> => {
  const draft = `${stateFile(dir)}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(JSON.stringify(state, null, 2));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, stateFile(dir));
};
