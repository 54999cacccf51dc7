import type { OrchestrationMessage, RunMove, SendMessage, TimerFired } from '@touchpoint/contracts';
import type { CustomerId, Instant } from '@touchpoint/kernel';
import type { Cause } from './input.ts';
import type { CustomerState } from './state.ts';

/** A fact for a timeline. Its id is the cause's place on the log and a number, so that deciding again gives the same one. */
export type Fact = Readonly<{
  messageId: string;
  /** Whose timeline it belongs on: the customer's, or the survivor's. */
  customerId: CustomerId;
  message: OrchestrationMessage;
  occurredAt: Instant;
  causationId: string;
}>;
/** A command for delivery. `urgent`: it is transactional and must not stand behind a campaign. */
export type CommandOut = Readonly<{ message: SendMessage; urgent: boolean }>;
/** A timer to keep. When it is due it comes back as `TimerFired` with this data. */
export type Timer = TimerFired['data'];

/** What one input comes to. The same state object back means that nothing changed and nothing was emitted. */
export type Decided = Readonly<{ state: CustomerState; facts: readonly Fact[]; commands: readonly CommandOut[]; timers: Readonly<{ set: readonly Timer[]; cancelled: readonly string[] }> }>;

/** A move, as whoever makes it says it: what it has not is null. */
export type Moved = Pick<RunMove, 'runId' | 'journeyId' | 'move'> & Partial<RunMove>;
/** Most moves in one fact. Each explains itself in a few hundred bytes. */
export const MAX_MOVES = 64;

/** `initial`: the customer did nothing for it. */
export type SegmentMove = Readonly<{ type: 'SegmentEntered' | 'SegmentLeft'; segmentId: string; at: Instant; initial: boolean }>;

/** Gathers what a decision emits. */
export class Emission {
  readonly facts: Fact[] = [];
  readonly commands: CommandOut[] = [];
  readonly set: Timer[] = [];
  readonly cancelled: string[] = [];
  readonly cause: Cause;
  readonly #setNumber: number;
  /** Segments that were entered and left by it, in order. */
  readonly segmentMoves: SegmentMove[] = [];
  /** The moves of the fact that is not full yet. */
  #moves: RunMove[] = [];

  /** @param setNumber the published set that is decided under */
  constructor(cause: Cause, setNumber: number) {
    this.cause = cause;
    this.#setNumber = setNumber;
  }

  fact(message: OrchestrationMessage, customerId: CustomerId = this.cause.customerId): void {
    const { customerId: own, offset, now, recordId } = this.cause;
    this.facts.push({ messageId: `${own}/${offset}/${this.facts.length}`, customerId, message, occurredAt: now, causationId: recordId });
  }

  /** A run moved. All moves of a cause are one fact, which stands before what follows from them; another one only where so many would not fit on the log. */
  moved({ stepId = null, nextStepId = null, reason = null, heldOut = false, why = null, ...move }: Moved): void {
    if (this.#moves.length % MAX_MOVES === 0) {
      const { offset } = this.cause;
      this.#moves = [];
      this.fact({ type: 'JourneysMoved', data: { moves: this.#moves, setNumber: this.#setNumber, causeOffset: offset, why: this.#because(null) } });
    }
    this.#moves.push({ ...move, stepId, nextStepId, reason, heldOut, why });
  }

  entered(segmentId: string, at: Instant, initial: boolean, why: object): void {
    this.segmentMoves.push({ type: 'SegmentEntered', segmentId, at, initial });
    this.fact({ type: 'SegmentEntered', data: { segmentId, at, initial, setNumber: this.#setNumber, causeOffset: this.cause.offset, why: this.#because(why) } });
  }

  left(segmentId: string, at: Instant, reason: string, why: object | null): void {
    this.segmentMoves.push({ type: 'SegmentLeft', segmentId, at, initial: false });
    this.fact({ type: 'SegmentLeft', data: { segmentId, at, reason, setNumber: this.#setNumber, causeOffset: this.cause.offset, why: this.#because(why) } });
  }

  #because(looked: object | null): string {
    const { type, messageId } = this.cause;
    return JSON.stringify({ cause: { type, messageId }, ...(looked && { if: looked }) });
  }

  command(message: SendMessage): void {
    this.commands.push({ message, urgent: message.data.messageClass === 'transactional' });
  }

  /** Nothing was emitted. */
  get empty(): boolean {
    return this.facts.length + this.commands.length + this.set.length + this.cancelled.length === 0;
  }

  decided(before: CustomerState, after: CustomerState): Decided {
    if (after === before && this.empty) return nothing(before);
    return { state: { ...after, offset: this.cause.offset }, facts: this.facts, commands: this.commands, timers: { set: this.set, cancelled: this.cancelled } };
  }
}

const NONE: readonly never[] = [];
const NO_TIMERS = { set: NONE, cancelled: NONE };
export const nothing = (state: CustomerState): Decided => ({ state, facts: NONE, commands: NONE, timers: NO_TIMERS });
