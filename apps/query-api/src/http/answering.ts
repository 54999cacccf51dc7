import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CLOCK, notFound, type Clock } from '@touchpoint/host';
import { partitionOf } from '@touchpoint/kernel';
import { LOG_TOPICS, TOPICS, type LogTopics } from '@touchpoint/log';
import type { Admission } from '../admission.ts';
import type { Found } from '../customer.query.ts';
import { freshnessOf, type Freshness } from '../freshness.ts';
import { LogLook } from '../log-look.ts';
import { ADMISSION } from '../tokens.ts';

export const FRESHNESS_HEADER = 'x-freshness-seconds';

/** The one way a query is answered: in its turn, with how fresh it is, in the body and as a header (`unknown` while the log cannot be asked). */
@Injectable()
export class Answering {
  readonly #admission: Admission;
  readonly #look: LogLook;
  readonly #clock: Clock;
  readonly #partitions: number;

  constructor(@Inject(ADMISSION) admission: Admission, @Inject(LogLook) look: LogLook, @Inject(CLOCK) clock: Clock, @Inject(LOG_TOPICS) topics: LogTopics) {
    [this.#admission, this.#look, this.#clock] = [admission, look, clock];
    this.#partitions = topics.partitionsOf(TOPICS.timeline);
  }

  /** @throws HttpProblem 404 `CUSTOMER.UNKNOWN`, with the header: a customer may be unknown only because its first event was not processed yet. */
  async answer<Body extends object>(reply: FastifyReply, read: () => Promise<Found<Body>>): Promise<Body & Readonly<{ freshness: Freshness }>> {
    return this.#admission.run(async () => {
      // Before the rows are read: they are then at least as fresh as is said.
      const look = await this.#look.last();
      const { body, members, parked } = await read();
      const freshness = freshnessOf(look, new Set(members.map((id) => partitionOf(id, this.#partitions))), parked, this.#clock.now());
      void reply.header(FRESHNESS_HEADER, freshness.seconds ?? 'unknown');
      if (body === undefined) throw notFound('CUSTOMER.UNKNOWN', 'There is no such customer');
      return { ...body, freshness };
    });
  }
}
