import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, Metrics } from '@touchpoint/host';
import { failureKind } from '@touchpoint/kernel';
import type { Operation, Progress, Running } from './operation.ts';
import { RateOf } from './rate.ts';
import type { Claim, RunProblem, RunStore } from './run-store.ts';

const LOOK_MS = 1_000;
/** Runs that one process works on at a time. */
const AT_ONCE = 3;
const RETRIES_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

/** Thrown into a run that somebody stopped, and into one whose process stops. */
class Stopped extends Error {}
class Leaving extends Error {}

/** Takes runs that wait and works on them, one after another where they exclude each other. */
export class Runner {
  readonly #store: RunStore;
  readonly #operations: ReadonlyMap<string, Operation>;
  readonly #log: Log;
  readonly #working = new Map<string, Readonly<{ work: Promise<void>; abort: AbortController }>>();
  readonly #stop = new AbortController();
  readonly #ended: ReturnType<Metrics['counter']>;
  #nudge: () => void = () => undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(store: RunStore, operations: readonly Operation[], log: Log, metrics: Metrics) {
    [this.#store, this.#log] = [store, log];
    this.#operations = new Map(operations.map((operation) => [operation.name, operation]));
    this.#ended = metrics.counter('operations_runs_total', 'Runs of operations by how they ended', ['operation', 'end']);
    metrics.gauge('operations_running', 'Runs that this process works on', [], (gauge) => gauge.set(this.#working.size));
  }

  start(): void {
    this.#loop = this.#look();
  }

  /** A run was asked for: it need not wait for the next look. */
  wake(): void {
    this.#nudge();
  }

  /** Gives back what it works on. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.wake();
    for (const { abort } of this.#working.values()) abort.abort(new Leaving('this process stops'));
    await this.#loop;
    await Promise.all([...this.#working.values()].map(({ work }) => work));
  }

  async #look(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        while (this.#working.size < AT_ONCE && !this.#stop.signal.aborted) {
          const claim = await this.#store.claim([...this.#working.keys()]);
          if (!claim) break;
          const abort = new AbortController();
          const work = this.#work(claim, abort).finally(() => { this.#working.delete(claim.id); this.wake(); });
          this.#working.set(claim.id, { work, abort });
        }
      } catch (error) {
        this.#log.warn({ error }, 'could not look for runs; looks again');
      }
      const nudged = new Promise<void>((resolve) => { this.#nudge = resolve; });
      await Promise.race([sleep(LOOK_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined), nudged]);
    }
  }

  async #work(claim: Claim, abort: AbortController): Promise<void> {
    const { id, operation: name } = claim;
    const about = { runId: id, operation: name, apply: claim.apply };
    const rate = new RateOf();
    let progress: Progress | undefined;
    const life = setInterval(() => {
      this.#store.alive(id, progress ? { ...progress, ...rate.of(progress, performance.now()) } : null).then(
        (stop) => { if (stop) abort.abort(new Stopped('stopped')); },
        (error: unknown) => { if (failureKind(error) === 'Fenced') abort.abort(error); },
      );
    }, LOOK_MS);
    const running: Running = {
      id, apply: claim.apply, who: claim.who, why: claim.why, signal: abort.signal, resumed: claim.cursor ?? undefined,
      tell: (now) => { progress = now; },
      keep: (cursor, rows = [], on) => (on ? this.#store.keep(id, cursor, rows, on) : this.#store.transaction((client) => this.#store.keep(id, cursor, rows, client))),
    };
    try {
      this.#log.info(about, 'a run begins');
      const operation = this.#operations.get(name);
      if (!operation) throw Object.assign(new Error(`this release has no operation ${name}`), { code: 'OPERATIONS.UNKNOWN' });
      const args = operation.arguments.parse(claim.arguments) as never;
      const outcome = await operation.run(args, running);
      clearInterval(life);
      if (progress) await this.#store.alive(id, { ...progress, ...rate.of(progress, performance.now()) });
      await this.#store.done(id, outcome);
      this.#say(about, 'done');
    } catch (error) {
      clearInterval(life);
      await this.#settle(claim, abort.signal.aborted ? abort.signal.reason : error).catch((failure: unknown) => this.#log.warn({ ...about, error: failure }, 'the end of a run could not be kept; another look at it follows'));
    }
  }

  /** A run whose end cannot be kept is taken up again when its lease is over. */
  async #settle(claim: Claim, error: unknown): Promise<void> {
    const { id, operation, apply, attempts } = claim;
    const about = { runId: id, operation, apply };
    if (error instanceof Stopped) {
      await this.#store.stopped(id);
      return this.#say(about, 'stopped');
    }
    if (error instanceof Leaving) {
      await this.#store.putBack(id, 0);
      return this.#say(about, 'put back');
    }
    if (failureKind(error) === 'Fenced') return this.#say(about, 'lost');
    const again = failureKind(error) === 'Transient' ? RETRIES_MS[attempts - 1] : undefined;
    if (again !== undefined) {
      this.#log.warn({ ...about, error, waitMs: again }, 'a run could not go on; tried again');
      return this.#store.putBack(id, again);
    }
    this.#log.error({ ...about, error }, 'a run failed');
    await this.#store.failed(id, problemOf(error));
    this.#ended.inc({ operation, end: 'failed' });
  }

  #say(about: Readonly<{ runId: string; operation: string; apply: boolean }>, end: string): void {
    this.#log.info(about, `a run is ${end}`);
    this.#ended.inc({ operation: about.operation, end });
  }
}

/** What is shown and kept: the text of a Failure is ours; that of a defect may quote data. */
const problemOf = (error: unknown): RunProblem => {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined && (failureKind(error) !== 'Defect' || code.startsWith('OPERATIONS.'))) return { code, message: (error as Error).message };
  return { code: 'DEFECT', message: `Something of ours failed (${error instanceof Error ? error.name : 'unknown'}): the log of operations-api has it, under the id of this run` };
};
