import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Env } from '@touchpoint/host';
import { Failure, transient, type FailureKind } from '@touchpoint/kernel';
import { foldEnvironment } from './config.ts';
import type { FoldAnswer, FoldTask } from './protocol.ts';

/** Beside the bundle it is a bundle; from source, source. */
const FILE = join(import.meta.dirname, import.meta.filename.endsWith('.mjs') ? 'fold.process.mjs' : 'fold.process.ts');

type Asked = Readonly<{ resolve: () => void; reject: (error: Error) => void; onProgress: (next: number) => void }>;

/** One process that folds, one task at a time. */
class FoldProcess {
  readonly #child: ChildProcess;
  #asked: Asked | undefined;

  constructor(env: Env, models: readonly string[]) {
    this.#child = fork(FILE, [...models], { env: foldEnvironment(env), execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (said) => this.#hear(said as FoldAnswer));
    this.#child.on('error', (error) => this.#settle((asked) => asked.reject(error)));
    this.#child.on('exit', (code, signal) => this.#settle((asked) => asked.reject(transient('REBUILD.PROCESS_ENDED', `a process that folded ended (${signal ?? code})`))));
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  ask(task: FoldTask, onProgress: (next: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject, onProgress };
      this.#child.send(task, (error) => { if (error) this.#settle((asked) => asked.reject(transient('REBUILD.PROCESS_ENDED', 'a process that folded ended', error))); });
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(said: FoldAnswer): void {
    if (said.is === 'at') this.#asked?.onProgress(said.next);
    else if (said.is === 'done') this.#settle((asked) => asked.resolve());
    else this.#settle((asked) => asked.reject(new Failure(said.kind as FailureKind, said.code, said.message)));
  }

  #settle(how: (asked: Asked) => void): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked) how(asked);
  }
}

/** Some processes that fold, each a task at a time; killed when the work is called off: what they had not committed is folded again. */
export class FoldProcesses {
  readonly #processes: FoldProcess[];
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.close();

  constructor(env: Env, models: readonly string[], count: number, signal: AbortSignal) {
    this.#processes = Array.from({ length: count }, () => new FoldProcess(env, models));
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Does tasks, each in one of the processes. `onProgress` hears how far a partition is. @throws the first failure; the rest is not begun then. */
  async all(tasks: readonly FoldTask[], onProgress: (partition: number, next: number) => void = () => undefined): Promise<void> {
    const left = tasks.values();
    await Promise.all(this.#processes.map(async (process) => {
      for (const task of left) {
        this.#signal.throwIfAborted();
        if (process.ended) throw transient('REBUILD.PROCESS_ENDED', 'a process that folded ended');
        await process.ask(task, (next) => onProgress(task.partition, next));
      }
    }));
    this.#signal.throwIfAborted();
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    for (const process of this.#processes) process.kill();
  }
}
