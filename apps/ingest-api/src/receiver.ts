import { correlation, tooManyRequests, type Caller, type Clock } from '@touchpoint/host';
import type { Arrival, Intake } from '@touchpoint/intake';
import type { EventMetrics } from './event-metrics.ts';
import { rejected, tooLargeEvent, type Rejected } from './http/answers.ts';
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
export type Received = Readonly<{ taken: number; refused: readonly Rejected[] }>;

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

  /** @throws HttpProblem 429 when too much waits for the broker; Failure Transient when it, or Postgres, does not answer. */
  async receive(post: Post): Promise<Received> {
    const { caller, members, sizes, maxEventBytes } = post;
    const work = correlation();
    const arrival: Arrival = { receivedAt: this.#clock.now(), sentAt: post.sentAt, mayImport: caller.scopes.includes('events:import'), escaped: post.escaped, context: post.context };
    const refused: Rejected[] = [];
    const events: Event[] = [];
    const indices: number[] = [];
    for (let i = 0; i < members.length; i++) {
      const member = members[i];
      if (sizes && sizes[i]! > maxEventBytes) {
        refused.push(rejected(i, member, tooLargeEvent(maxEventBytes)));
        continue;
      }
      const intake = post.take(member, arrival);
      if ('refused' in intake) {
        refused.push(rejected(i, member, intake.refused));
        continue;
      }
      events.push({ records: intake.taken, traceparent: post.traceparentOf?.(member) ?? work?.traceparent });
      indices.push(i);
    }
    const tooLarge = events.length > 0 ? await this.#record(events, { caller, receivedAt: arrival.receivedAt, correlationId: work?.correlationId ?? null }) : NONE;
    for (const i of tooLarge) refused.push(rejected(indices[i]!, members[indices[i]!], tooLargeEvent(maxEventBytes)));
    if (tooLarge.size > 0) refused.sort((a, b) => a.index - b.index);
    const types = events.flatMap(({ records }, i) => (tooLarge.has(i) ? [] : records.map(({ type }) => type)));
    this.#metrics.request(post.bytes, members.length, types, caller.name, refused.map(({ code }) => code));
    return { taken: events.length - tooLarge.size, refused };
  }

  async #record(events: readonly Event[], reception: Parameters<Recorder['record']>[1]): Promise<ReadonlySet<number>> {
    try {
      return await this.#recorder.record(events, reception);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'LOG.OVERLOADED') throw tooManyRequests(1, 'INGEST.OVERLOAD');
      throw error;
    }
  }
}

const NONE: ReadonlySet<number> = new Set();
