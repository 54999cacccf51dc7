import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bareEnv, type Env } from './config.ts';
import { exitFile, type Exit, type Launch } from './keeper-protocol.ts';
import { startKeeper, type Keeper } from './keeper-client.ts';
import { lastLines, rotate } from './log-file.ts';
import { identify, isAlive, stopProcess } from './process-identity.ts';
import type { DeadPart } from './stack.ts';
import { StackError } from './stack-error.ts';
import { readState, writeState, type RunningPart, type StackState } from './state.ts';

/** The running processes of one folder as one call sees them: those that it started, and those that it found. */
export class Crew {
  readonly members = new Map<string, RunningPart & { owned: boolean }>();
  readonly #exits = new Map<string, Exit>();
  readonly #dir: string;
  readonly #env: Env;
  #keeper: Promise<Keeper> | undefined;
  #listeners = new Set<(name: string) => void>();
  #writing: Promise<void> = Promise.resolve();

  constructor(dir: string, env: Env) {
    this.#dir = dir;
    this.#env = env;
  }

  adopt(name: string, part: RunningPart): void {
    this.members.set(name, { ...part, owned: false });
  }

  /** Starts a part and puts it into the folder's state. */
  async start(launch: Launch, settings: string): Promise<void> {
    const keeper = await (this.#keeper ??= this.#hire());
    const pid = await keeper.start(launch);
    const who = await identify(pid, launch.marker);
    if (!who) {
      // It ended before it could be looked at: its keeper tells how.
      this.members.set(launch.name, { pid, startedAt: '', marker: launch.marker, ...launchFacts(launch, settings), owned: true });
      return;
    }
    const part: RunningPart = { ...who, ...launchFacts(launch, settings) };
    this.members.set(launch.name, { ...part, owned: true });
    await this.#edit((state) => ({ ...state, parts: { ...state.parts, [launch.name]: part } }));
  }

  async #hire(): Promise<Keeper> {
    await mkdir(join(this.#dir, 'log'), { recursive: true, mode: 0o755 });
    const path = join(this.#dir, 'log', 'keeper.log');
    await rotate(path);
    const log = await open(path, 'a', 0o600);
    const keeper = startKeeper({ dir: this.#dir, env: bareEnv(this.#env), logFd: log.fd });
    await log.close();
    keeper.onExit((exit) => {
      this.#exits.set(exit.name, exit);
      for (const hear of this.#listeners) hear(exit.name);
    });
    return keeper;
  }

  /** How a member ended; undefined while it lives. */
  async dead(name: string): Promise<DeadPart | undefined> {
    const part = this.members.get(name);
    if (!part || (await isAlive(part))) return undefined;
    const exit = await this.#exitOf(name, part);
    return { name, code: exit?.code ?? null, signal: exit?.signal ?? null, log: part.log, lastLines: await lastLines(part.log) };
  }

  async #exitOf(name: string, part: RunningPart & { owned: boolean }): Promise<Exit | undefined> {
    // The process is gone a moment before its keeper has said how.
    for (let tried = 0; tried < 20; tried++) {
      const told = this.#exits.get(name);
      if (told?.pid === part.pid) return told;
      const left = await readFile(exitFile(part.log), 'utf8').then((text) => JSON.parse(text) as Exit, () => undefined);
      if (left?.pid === part.pid) return left;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  }

  onExit(hear: (name: string) => void): () => void {
    this.#listeners.add(hear);
    return () => void this.#listeners.delete(hear);
  }

  /** Stops members in order of their tiers, and forgets them in the folder's state. */
  async stop(which: (name: string, owned: boolean) => boolean, onProgress: (part: string, message: string) => void): Promise<void> {
    const chosen = [...this.members].filter(([name, { owned }]) => which(name, owned));
    const stuck: string[] = [];
    for (const tier of [...new Set(chosen.map(([, { tier }]) => tier))].sort((a, b) => b - a)) {
      await Promise.all(chosen.filter(([, part]) => part.tier === tier).map(async ([name, part]) => {
        const how = await stopProcess(part, part.stopSignal, part.graceMs);
        if (how === 'stuck') stuck.push(`${name} (process ${part.pid})`);
        else this.members.delete(name);
        onProgress(name, how === 'killed' ? `did not stop within ${part.graceMs / 1000} s and was killed` : how === 'gone' ? 'was not running' : how);
      }));
    }
    const pids = new Set(chosen.map(([, { pid }]) => pid));
    await this.#edit((state) => ({ ...state, parts: Object.fromEntries(Object.entries(state.parts).filter(([, { pid }]) => !pids.has(pid))) }));
    if (![...this.members.values()].some(({ owned }) => owned)) (await this.#keeper)?.close();
    if (stuck.length > 0) throw new StackError('STACK.NOT_STOPPED', `${stuck.join(', ')} could not be stopped`);
  }

  async release(): Promise<void> {
    await (await this.#keeper)?.release();
  }

  /** Parts start side by side; their entries are written one after the other. */
  #edit(change: (state: StackState) => StackState): Promise<void> {
    const edited = this.#writing.then(async () => {
      const state = await readState(this.#dir);
      if (state) await writeState(this.#dir, change(state));
    });
    this.#writing = edited.catch(() => undefined);
    return edited;
  }
}

const launchFacts = ({ tier, stopSignal, graceMs, log }: Launch, settings: string) => ({ tier, stopSignal, graceMs, log, settings });
