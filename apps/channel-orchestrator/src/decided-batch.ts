import type { CustomerId } from '@touchpoint/kernel';
import { decide, emptyState, type CustomerState, type Decided, type Input, type Published } from '@touchpoint/orchestration';
import type { BatchEffects } from './batch-store.ts';
import type { Emitted } from './emitted.ts';
import type { TimerRow } from './timer-store.ts';

/** What the inputs of a batch come to, one after another, each whole or not at all. */
export class DecidedBatch {
  /** Those that say something. */
  readonly decisions: Decided[] = [];
  inputs = 0;
  readonly #emitted: Emitted;
  readonly #loaded = new Map<CustomerId, CustomerState>();
  readonly #states = new Map<CustomerId, CustomerState>();
  readonly #timers = new Map<string, TimerRow>();
  readonly #dropped = new Set<string>();

  constructor(emitted: Emitted) {
    this.#emitted = emitted;
  }

  /** The customers of these inputs that no state was asked for yet. */
  missing(inputs: readonly (Input | undefined)[]): readonly CustomerId[] {
    const missing = new Set<CustomerId>();
    for (const input of inputs) if (input && !this.#loaded.has(input.recorded.customerId)) missing.add(input.recorded.customerId);
    return [...missing];
  }

  loaded(customerIds: readonly CustomerId[], states: ReadonlyMap<CustomerId, CustomerState>): void {
    for (const id of customerIds) this.#loaded.set(id, states.get(id) ?? emptyState);
  }

  /** @throws what keeps this decision from the log, or the decider from deciding: nothing of the input is kept then. */
  decide(input: Input, published: Published, traceparent: Buffer | undefined): void {
    const { customerId, meta } = input.recorded;
    const before = this.#states.get(customerId) ?? this.#loaded.get(customerId) ?? emptyState;
    const decided = decide(before, input, published);
    this.#emitted.decided(decided, meta, { correlationId: meta.correlationId, historical: meta.historical, traceparent });
    // From here on nothing throws.
    if (decided.state !== before) this.#states.set(customerId, decided.state);
    for (const timerId of decided.timers.cancelled) {
      this.#timers.delete(timerId);
      this.#dropped.add(timerId);
    }
    for (const timer of decided.timers.set) {
      this.#dropped.delete(timer.timerId);
      this.#timers.set(timer.timerId, { timerId: timer.timerId, customerId, dueAt: timer.dueAt, timer: JSON.stringify(timer) });
    }
    this.inputs += 1;
    if (decided.facts.length > 0) this.decisions.push(decided);
  }

  /** Nothing is to be written. */
  get empty(): boolean {
    return this.#states.size === 0 && this.#emitted.empty;
  }

  /** The facts and commands that it says. */
  get ids(): readonly string[] {
    return this.#emitted.ids;
  }

  /** To be asked once. @param found what a restore found on the log, and is not sent again */
  effects(found?: ReadonlySet<string>): BatchEffects {
    return { states: this.#states, set: [...this.#timers.values()], dropped: [...this.#dropped], records: this.#emitted.records(found) };
  }

  /** The counters behind what is sent. */
  get sent(): ReadonlyMap<string, number> {
    return this.#emitted.sent;
  }
}
