import { commandOf, cpuOfTree, memoryOf, treeOf } from './processes.ts';
import { pidOf, type BenchSystem } from './system.port.ts';
import type { Stack } from '@touchpoint/stack';

/** CPU time in microseconds by whose it is: apps by name, `postgres`, `kafka`. */
export type CpuTimes = ReadonlyMap<string, number>;

/**
 * Reads CPU time and memory of the processes of a system. A Node process that is started after the meter counts from its beginning; one that is replaced
 * meanwhile would be counted short, so it is an error.
 */
export class CpuMeter {
  readonly #system: BenchSystem;
  readonly #roots: ReadonlyMap<string, number>;
  readonly #pids = new Map<string, number>();
  #before: CpuTimes = new Map();
  #serverBefore: CpuTimes = new Map();
  readonly peakMb = new Map<string, number>();

  constructor(stack: Stack, system: BenchSystem) {
    this.#system = system;
    this.#roots = new Map([['postgres', pidOf(stack, 'postgres')], ['kafka', pidOf(stack, 'kafka')]]);
  }

  /** Counts from here on: all that Postgres and the broker do, and the apps that run. */
  start(): void {
    this.#before = this.#now();
    this.#serverBefore = this.#servers();
  }

  /** To be called about every second: memory is the peak that the kernel has seen. @throws Error when an app's process was replaced. */
  look(): void {
    for (const { name, pid } of this.#system.processes()) {
      if (pid === undefined) continue;
      const known = this.#pids.get(name);
      if (known !== undefined && known !== pid) throw new Error(`${name} ended and was started again while it was measured`);
      this.#pids.set(name, pid);
      this.peakMb.set(name, Math.max(this.peakMb.get(name) ?? 0, memoryOf(pid).peak));
    }
  }

  /** Since `start`. */
  read(): CpuTimes {
    this.look();
    return this.#since(this.#before, this.#now());
  }

  /** What Postgres' processes took since `start` by kind; sessions that ended meanwhile are missing in it. */
  readServers(): CpuTimes {
    return this.#since(this.#serverBefore, this.#servers());
  }

  #since(before: CpuTimes, now: CpuTimes): CpuTimes {
    return new Map([...now].map(([name, time]) => [name, time - (before.get(name) ?? 0)]));
  }

  #now(): CpuTimes {
    const times = new Map([...this.#roots].map(([name, pid]) => [name, cpuOfTree(pid)]));
    for (const { name, pid, state } of this.#system.processes()) if (pid !== undefined && state !== 'stopped') times.set(name, cpuOfTree(pid));
    return times;
  }

  #servers(): CpuTimes {
    const times = new Map<string, number>();
    for (const { pid, own } of treeOf(this.#roots.get('postgres')!)) {
      const title = commandOf(pid).join(' ');
      // `postgres: <cluster>: checkpointer`, `postgres: <cluster>: <user> <database> <address> <state>`; the server itself shows its arguments.
      const kind = /^postgres: (?:\S+: )?(\D+?)(?: \d+)?\s*$/.exec(title)?.[1]?.trim();
      const name = !title.startsWith('postgres:') ? 'server' : kind === undefined || /\d\.\d/.test(title) ? 'sessions' : kind;
      times.set(name, (times.get(name) ?? 0) + own);
    }
    return times;
  }
}
