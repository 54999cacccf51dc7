import type { Kill } from '../kill-plan.ts';
import type { CrashSystem } from '../system.port.ts';
import type { Aim } from './aim.ts';

const READY_LIMIT_MS = 90_000;

/**
 * Kills by plan as the load goes on. A process that was killed before is waited for until it does its work again, and the load with it: so each kill hits a
 * process that is at work, and the plan holds on a slow machine too. The load goes on while it takes aim.
 */
export class Killer {
  readonly #system: Pick<CrashSystem, 'kill' | 'untilReady'>;
  readonly #aim: Aim;
  readonly #left: Kill[];
  readonly #killed: string[] = [];
  #aimed = 0;
  #acknowledged = 0;
  /** The load waits for it. */
  #getting: Promise<unknown> | undefined;
  #striking: Promise<void> | undefined;

  constructor(system: Pick<CrashSystem, 'kill' | 'untilReady'>, plan: readonly Kill[], aim: Aim) {
    this.#system = system;
    this.#aim = aim;
    this.#left = [...plan];
  }

  /** Names of what was killed, in order. */
  get killed(): readonly string[] {
    return this.#killed;
  }

  /** How many of the kills hit a process between a commit and what follows from it. */
  get aimed(): number {
    return this.#aimed;
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

  /** Until every kill that is due was done. @throws Error when one could not be. */
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

  async #strike({ names }: Kill): Promise<void> {
    await (this.#getting = Promise.all(names.map((name) => this.#system.untilReady(READY_LIMIT_MS, name))));
    this.#getting = undefined;
    if (await this.#aim(names[0]!)) this.#aimed += 1;
    for (const name of names) {
      if (this.#system.kill(name) === undefined) throw new Error(`${name} does not run, so it cannot be killed`);
      this.#killed.push(name);
    }
  }
}
