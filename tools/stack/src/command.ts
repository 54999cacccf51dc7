import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Command = Readonly<{
  file: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd: string;
  account?: Readonly<{ uid: number; gid: number }> | undefined;
  limitMs: number;
  input?: string;
  signal?: AbortSignal | undefined;
  onLine?: (line: string) => void;
}>;

/** Runs a short-lived command to its end. Keeps the last 40 lines of what it said; `code` is null when it was killed at its time limit. */
export const run = (command: Command): Promise<{ code: number | null; lines: readonly string[] }> =>
  new Promise((resolve, reject) => {
    const lines: string[] = [];
    const child = spawn(command.file, command.args, {
      env: command.env,
      cwd: command.cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: command.limitMs,
      killSignal: 'SIGKILL',
      ...(command.signal && { signal: command.signal }),
      ...(command.account && { uid: command.account.uid, gid: command.account.gid }),
    });
    child.stdin.on('error', () => undefined).end(command.input ?? '');
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (lines.push(line) > 40) lines.shift();
        command.onLine?.(line);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, lines }));
  });
