import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from './cli-error.ts';
import { lastLines, sizeOf } from './log-files.ts';
import { readiness } from './probe.ts';
import { afterCrash } from './restart-policy.ts';
import { spawnApp, spawnSpare, type AppLaunch, type Spare } from './spawn-app.ts';

/** `waiting`: crashed, and started again in a moment. `failed`: crashed too often, left alone. */
export type AppState = 'stopped' | 'starting' | 'ready' | 'waiting' | 'failed' | 'stopping';
export type Crash = Readonly<{ at: number; code: number | null; signal: string | null; lastLines: readonly string[]; againInMs: number | undefined }>;
export type AppEvent = Readonly<{ name: string; state: AppState; pid?: number; seconds?: number; crash?: Crash }>;

/** What a spare process loads, and what it waits for before. */
type StandBy = Readonly<{ packages: readonly string[]; after: Promise<void> }>;

const IDLE: ReadonlySet<AppState> = new Set(['ready', 'waiting', 'failed']);
const STOP_LIMIT_MS = 30_000;
/** An error that nobody caught takes 20 with its frames, and the process before it may have said its last words below. */
const CRASH_LINES = 25;

/** One process of an app: started, waited for, started again with back-off when it crashes, stopped in order. */
export class AppProcess {
  readonly launch: AppLaunch;
  readonly #onEvent: (event: AppEvent) => void;
  #child: ChildProcess | undefined;
  #spare: Promise<Spare> | undefined;
  #standBy: StandBy | undefined;
  #state: AppState = 'stopped';
  #since = Date.now();
  #crashes: number[] = [];
  #restarts = 0;
  #lastCrash: Crash | undefined;
  /** Somebody asked for its end by a signal: that is no crash of its own making. */
  #killed = false;
  #logFrom = 0;
  #again: NodeJS.Timeout | undefined;
  #turns: Promise<unknown> = Promise.resolve();

  constructor(launch: AppLaunch, onEvent: (event: AppEvent) => void) {
    this.launch = launch;
    this.#onEvent = onEvent;
  }

  get name(): string {
    return this.launch.instance.name;
  }

  get url(): string {
    return `http://${this.launch.host}:${this.launch.port}`;
  }

  get view() {
    const { instance: { app, replica }, port, log } = this.launch;
    return {
      name: this.name, app: app.name, kind: app.kind, replica, port, url: this.url, log, state: this.#state, since: this.#since, restarts: this.#restarts,
      ...(this.#child?.pid !== undefined && { pid: this.#child.pid }), ...(this.#lastCrash && { lastCrash: this.#lastCrash }),
    };
  }

  /** Starts the process; it is not waited for. Does nothing where it runs. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      clearTimeout(this.#again);
      if (!this.#child) await this.#startAnew();
    });
  }

  /** Resolves once it answers that it is ready. @throws CliError that names it and says why it is not, at the limit or when it was given up. */
  async untilReady(limitMs: number, signal?: AbortSignal): Promise<void> {
    for (const deadline = Date.now() + limitMs; this.#state !== 'ready'; ) {
      signal?.throwIfAborted();
      if (this.#state === 'failed') throw this.#problem('SYSTEM.APP_FAILED', 'ends by itself whenever it is started', this.#lastCrash?.lastLines ?? []);
      if (Date.now() > deadline) throw this.#problem('SYSTEM.APP_NOT_READY', `did not become ready within ${Math.round(limitMs / 1000)} s (${await readiness(this.url)})`, await lastLines(this.launch.log, CRASH_LINES, this.#logFrom));
      await sleep(20);
    }
  }

  /** Asks it to end and waits until it has; kills it when it takes too long. */
  stop(): Promise<void> {
    clearTimeout(this.#again);
    return this.#inTurn(async () => {
      this.#standBy = undefined;
      const spare = await this.#spare;
      this.#spare = undefined;
      spare?.child.kill('SIGKILL');
      await this.#end();
    });
  }

  /** Ends it, and starts it anew from the bundle that is there now; by the spare process, where there is one. */
  restart(): Promise<void> {
    clearTimeout(this.#again);
    return this.#inTurn(async () => {
      const spare = await this.#spare;
      this.#spare = undefined;
      this.#crashes = [];
      if (!spare?.isThere()) {
        await this.#end();
        return this.#startAnew();
      }
      await this.#markLog();
      spare.load();
      await this.#end();
      return this.#run(() => {
        spare.listen();
        return Promise.resolve(spare.child);
      });
    });
  }

  /** From now on a further process stands by that has loaded these packages, so that a restart is short. Loading takes a second of CPU: none begins before `after`. */
  keepSpare(packages: readonly string[], after: Promise<void> = Promise.resolve()): void {
    const standBy = { packages, after };
    this.#standBy = standBy;
    void this.#callSpare(standBy);
  }

  async #callSpare(standBy: StandBy | undefined): Promise<void> {
    await standBy?.after;
    // While it starts or stops, the CPU is its own. One that crashed waits for the edit that mends it.
    if (standBy && this.#standBy === standBy && IDLE.has(this.#state)) this.#spare ??= spawnSpare(this.launch, standBy.packages);
  }

  /** Sends a signal, as a fault would: it is started again at once, and the end does not count as a crash. @returns its pid; undefined where it does not run. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): number | undefined {
    const child = this.#child;
    if (!child) return undefined;
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') {
      this.#killed = true;
      // Whoever waits for it to be ready waits for the next one.
      this.#to('waiting');
    }
    child.kill(signal);
    return child.pid;
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (child) {
      this.#to('stopping');
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await ended;
      clearTimeout(kill);
    }
    this.#to('stopped');
  }

  async #startAnew(): Promise<void> {
    await this.#markLog();
    await this.#run(() => spawnApp(this.launch));
  }

  /** What its log holds from here on is the next process's own. */
  async #markLog(): Promise<void> {
    this.#logFrom = await sizeOf(this.launch.log);
  }

  async #run(spawned: () => Promise<ChildProcess>): Promise<void> {
    this.#killed = false;
    const began = Date.now();
    const child = await spawned();
    this.#child = child;
    this.#to('starting');
    const ended = (code: number | null, signal: string | null): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
      if (this.#state !== 'stopping') void this.#crashed(code, signal);
    };
    child.once('error', () => ended(null, null));
    child.once('exit', ended);
    if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode, child.signalCode);
    void this.#watchReadiness(child, began);
  }

  async #watchReadiness(child: ChildProcess, began: number): Promise<void> {
    const isStarting = (): boolean => this.#child === child && this.#state === 'starting';
    for (let pause = 20; isStarting(); pause = Math.min(pause * 1.05, 500)) {
      if ((await readiness(this.url)) !== 'ready') await sleep(pause, undefined, { ref: false });
      else if (isStarting()) {
        this.#to('ready', { seconds: (Date.now() - began) / 1000 });
        void this.#callSpare(this.#standBy);
      }
    }
  }

  async #crashed(code: number | null, signal: string | null): Promise<void> {
    const at = Date.now();
    if (!this.#killed) this.#crashes = [...this.#crashes, at].slice(-2 * this.launch.policy.atMost);
    const delay = this.#killed ? 0 : afterCrash(this.#crashes, this.launch.policy);
    this.#to(delay === 'give up' ? 'failed' : 'waiting');
    const lines = await lastLines(this.launch.log, CRASH_LINES, this.#logFrom);
    this.#lastCrash = { at, code, signal, lastLines: lines, againInMs: delay === 'give up' ? undefined : delay };
    this.#onEvent({ name: this.name, state: this.#state, crash: this.#lastCrash });
    void this.#callSpare(this.#standBy);
    if (delay === 'give up' || this.#state !== 'waiting') return;
    this.#again = setTimeout(() => {
      this.#restarts += 1;
      void this.start();
    }, delay);
  }

  #to(state: AppState, more: Readonly<{ seconds?: number }> = {}): void {
    this.#state = state;
    this.#since = Date.now();
    // A crash is told of once its last lines are known.
    if (state === 'failed' || state === 'waiting') return;
    this.#onEvent({ name: this.name, state, ...(this.#child?.pid !== undefined && { pid: this.#child.pid }), ...more });
  }

  /** Starting and stopping never overlap. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(work);
    this.#turns = turn.catch(() => undefined);
    return turn;
  }

  #problem(code: string, what: string, lines: readonly string[]): CliError {
    return new CliError(code, `${this.name} ${what}: see npx touchpoint logs ${this.name}`, { detail: lines });
  }
}
