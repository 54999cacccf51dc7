import { setTimeout as sleep } from 'node:timers/promises';
import type { StackPart, Strike } from '../kill-plan.ts';
import type { CrashSystem } from '../system.port.ts';
import { dieAt } from './fail-points.ts';

const READY_LIMIT_MS = 90_000;

export type KillerOptions = Readonly<{
  plan: readonly Strike[];
  /** Where processes that loaded `failPointsIn` it are asked to die. */
  failPoints: string;
  /** How long a paused process stands still: longer than its group waits for it. */
  pauseMs: number;
  /** Kills a part of the stack and starts it again. */
  breakPart?: ((part: StackPart) => Promise<void>) | undefined;
  say?: (text: string) => void;
}>;

/**
 * Strikes by plan as the load goes on. A process that was killed before is waited for until it does its work again, and the load with it: so each kill hits a
 * process that is at work, and the plan holds on a slow machine too. The load goes on while a process is on its way to its fail point.
 */
export class Killer {
  readonly #system: Pick<CrashSystem, 'kill' | 'untilReady' | 'processes'>;
  readonly #options: KillerOptions;
  readonly #left: Strike[];
  readonly #killed: string[] = [];
  readonly #points = new Map<string, number>();
  readonly #recoveries: Promise<number>[] = [];
  #paused = 0;
  readonly #broken: StackPart[] = [];
  #acknowledged = 0;
  /** The load waits for it. */
  #getting: Promise<unknown> | undefined;
  #striking: Promise<void> | undefined;

  constructor(system: Pick<CrashSystem, 'kill' | 'untilReady' | 'processes'>, options: KillerOptions) {
    this.#system = system;
    this.#options = options;
    this.#left = [...options.plan];
  }

  /** Names of what was killed, in order. */
  get killed(): readonly string[] {
    return this.#killed;
  }

  /** How many died at each fail point, as `commit behind`. */
  get points(): ReadonlyMap<string, number> {
    return this.#points;
  }

  get paused(): number {
    return this.#paused;
  }

  get broken(): readonly StackPart[] {
    return this.#broken;
  }

  /** Seconds from each kill until that process was at work again. */
  get recoveries(): Promise<readonly number[]> {
    return Promise.all(this.#recoveries);
  }

  /** Whoever sends waits here until what is to be killed is there. */
  async pass(): Promise<void> {
    await this.#getting;
  }

  /** One more batch was acknowledged. */
  acknowledged(): void {
    this.#acknowledged += 1;
    this.#look();
  }

  /** Until every strike that is due was done. @throws Error when one could not be. */
  async done(): Promise<void> {
    while (this.#striking) await this.#striking;
  }

  get #due(): boolean {
    return this.#left[0] !== undefined && this.#left[0].at <= this.#acknowledged;
  }

  #look(): void {
    if (this.#striking || !this.#due) return;
    this.#striking = this.#strike(this.#left.shift()!).then(() => {
      this.#striking = undefined;
      this.#look();
    });
    // Heard by whoever waits for it.
    this.#striking.catch(() => undefined);
  }

  async #strike(strike: Strike): Promise<void> {
    const { pauseMs, breakPart, say } = this.#options;
    if (strike.kind === 'part') {
      if (!breakPart) throw new Error(`nobody can break ${strike.part}`);
      say?.(`breaks ${strike.part}`);
      await breakPart(strike.part);
      this.#broken.push(strike.part);
      return;
    }
    const names = strike.kind === 'pause' ? [strike.name] : strike.names;
    await (this.#getting = Promise.all(names.map((name) => this.#system.untilReady(READY_LIMIT_MS, name))));
    this.#getting = undefined;
    if (strike.kind === 'kill') return this.#kill(strike);
    this.#signal(strike.name, 'SIGSTOP');
    await sleep(pauseMs);
    this.#signal(strike.name, 'SIGCONT');
    this.#paused += 1;
  }

  async #kill({ names, point }: Extract<Strike, { kind: 'kill' }>): Promise<void> {
    const [first, ...companions] = names as readonly [string, ...string[]];
    if (point && (await dieAt(this.#system, this.#options.failPoints, first, point))) {
      const name = `${point.moment} ${point.when}`;
      this.#points.set(name, (this.#points.get(name) ?? 0) + 1);
      this.#hit(first);
    } else this.#shoot(first);
    for (const name of companions) this.#shoot(name);
  }

  #shoot(name: string): void {
    this.#signal(name, 'SIGKILL');
    this.#hit(name);
  }

  #hit(name: string): void {
    this.#killed.push(name);
    const at = performance.now();
    const recovery = this.#system.untilReady(READY_LIMIT_MS, name).then(() => (performance.now() - at) / 1_000);
    recovery.catch(() => undefined);
    this.#recoveries.push(recovery);
  }

  #signal(name: string, signal: NodeJS.Signals): void {
    if (this.#system.kill(name, signal) === undefined) throw new Error(`${name} does not run: it cannot get ${signal}`);
  }
}
