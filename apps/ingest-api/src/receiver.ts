import { correlation, tooManyRequests, type Caller, type Clock } from '@touchpoint/host';
import type { Arrival, Intake } from '@touchpoint/intake';
import type { EventMetrics } from './event-metrics.ts';
import { messageIdOf, rejected, tooLargeEvent, type Received, type Rejected } from './http/answers.ts';
import type { Event, Recorder } from './recorder.ts';

/** One request's events. `sizes` are those of the members in bytes of JSON, where any may be too large. */
export type Post = Readonly<{
  caller: Caller;
  bytes: number;
  escaped: boolean;
  members: readonly unknown[];
  sizes: readonly number[] | undefined;
  maxEventBytes: number;
  take: (member: unknown, arrival: Arrival) => Intake;
  /** A member's own traceparent goes before the request's. */
  traceparentOf?: (member: unknown) => string | undefined;
  sentAt?: unknown;
  context?: Arrival['context'];
}>;

/** What is kept of an event until it is acknowledged. */
type Named = Readonly<{ index: number; messageId: string | null; types: readonly string[] }>;
type Taking = Readonly<{ recorded: Promise<ReadonlySet<number>>; named: readonly Named[]; refused: Rejected[]; bytes: number; count: number; publisher: string; maxEventBytes: number }>;

/** Takes the events of a request: reads them all, records those that are valid, and answers once they are acknowledged. */
export class Receiver {
  readonly #recorder: Recorder;
  readonly #clock: Clock;
  readonly #metrics: EventMetrics;
  constructor(recorder: Recorder, clock: Clock, metrics: EventMetrics) {
    this.#recorder = recorder;
    this.#clock = clock;
    this.#metrics = metrics;
  }

  /**
   * What it answers later holds nothing of the members: see Recorder.
   * @throws HttpProblem 429 when too much waits for the broker; Failure Transient when it, or Postgres, does not answer.
   */
  async receive(post: Post): Promise<Received> {
    return this.#answer(this.#take(post));
  }

  #take({ caller, bytes, members, sizes, maxEventBytes, take, traceparentOf, escaped, sentAt, context }: Post): Taking {
    const work = correlation();
    const arrival: Arrival = { receivedAt: this.#clock.now(), sentAt, mayImport: caller.scopes.includes('events:import'), escaped, context };
    const refused: Rejected[] = [];
    const events: Event[] = [];
    const named: Named[] = [];
    for (let i = 0; i < members.length; i++) {
      const member = members[i];
      if (sizes && sizes[i]! > maxEventBytes) {
        refused.push(rejected(i, messageIdOf(member), tooLargeEvent(maxEventBytes)));
        continue;
      }
      const intake = take(member, arrival);
      if ('refused' in intake) {
        refused.push(rejected(i, messageIdOf(member), intake.refused));
        continue;
      }
      events.push({ records: intake.taken, traceparent: traceparentOf?.(member) ?? work?.traceparent });
      named.push({ index: i, messageId: messageIdOf(member), types: intake.taken.map(({ type }) => type) });
    }
    const recorded = events.length > 0 ? this.#recorder.record(events, { caller, receivedAt: arrival.receivedAt, correlationId: work?.correlationId ?? null }) : NONE;
    return { recorded, named, refused, bytes, count: members.length, publisher: caller.name, maxEventBytes };
  }

  async #answer({ recorded, named, refused, bytes, count, publisher, maxEventBytes }: Taking): Promise<Received> {
    const tooLarge = await recorded.catch(overloaded);
    for (const i of tooLarge) refused.push(rejected(named[i]!.index, named[i]!.messageId, tooLargeEvent(maxEventBytes)));
    if (tooLarge.size > 0) refused.sort((a, b) => a.index - b.index);
    const types = named.flatMap((one, i) => (tooLarge.has(i) ? [] : one.types));
    this.#metrics.request(bytes, count, types, publisher, refused.map(({ code }) => code));
    return { taken: named.length - tooLarge.size, refused };
  }
}

const NONE: Promise<ReadonlySet<number>> = Promise.resolve(new Set<number>());

const overloaded = (error: unknown): never => {
  if (error instanceof Error && 'code' in error && error.code === 'LOG.OVERLOADED') throw tooManyRequests(1, 'INGEST.OVERLOAD');
  throw error;
};
