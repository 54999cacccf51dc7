import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { encodeMeta, type DataOf, type Draft } from '@touchpoint/contracts';
import { CLOCK, type Clock } from '@touchpoint/host';
import { customerSourceKey } from '@touchpoint/identity';
import { partitionOf, type CustomerId, type Instant, type Meta } from '@touchpoint/kernel';
import { APPENDER, LOG_TOPICS, META, TOPICS, TYPE, type Appender, type LogTopics, type MessageWriter } from '@touchpoint/log';
import type { Running } from './operation.ts';
import { RECEIVED_WRITER } from './tokens.ts';

export const ACTS = ['ErasureRequested', 'LinkRequested', 'SplitRequested'] as const;
type ActName = (typeof ACTS)[number];
export const PUBLISHER = 'operations-api';

const LOOK_MS = 200;
/** How long an act is waited for. It is on the log then, and done whenever the resolver comes to it. */
const DONE_MS = 30_000;

/** An operator's acts go where what publishers say goes, under the customers' own sources, and are resolved in order with it. */
@Injectable()
export class OperatorActs {
  readonly #appender: Appender;
  readonly #writer: MessageWriter;
  readonly #topics: LogTopics;
  readonly #clock: Clock;

  constructor(@Inject(APPENDER) appender: Appender, @Inject(RECEIVED_WRITER) writer: MessageWriter, @Inject(LOG_TOPICS) topics: LogTopics, @Inject(CLOCK) clock: Clock) {
    [this.#appender, this.#writer, this.#topics, this.#clock] = [appender, writer, topics, clock];
  }

  /**
   * Puts an act onto the log. @param of whom it is about; it lies where the first one's events lie
   * @param act `id`: the run's. Published again after a crash, it is dropped as a repeat.
   */
  async append<Name extends ActName>(type: Name, data: Draft<DataOf<Name>>, of: readonly CustomerId[], { id, at }: Readonly<{ id: string; at: Instant }>): Promise<void> {
    const sources = of.map((customerId) => ({ kind: 'customer' as const, key: customerSourceKey(customerId), label: null }));
    const { key } = sources[0]!;
    const meta: Meta = { messageId: id, publisher: PUBLISHER, occurredAt: at, receivedAt: at, historical: false, sources, link: type === 'LinkRequested' ? 'alias' : 'none', digest: id.replaceAll('-', ''), correlationId: id, causationId: null };
    await this.#appender.append([{
      topic: this.#topics.nameOf(TOPICS.received), partition: partitionOf(key, this.#topics.partitionsOf(TOPICS.received)), key, value: this.#writer.write(type, data), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type) },
    }]);
  }

  /** Appends an act and waits until it is done. @returns whether it was seen to be done within half a minute */
  async publish<Name extends ActName>(type: Name, data: Draft<DataOf<Name>>, of: readonly CustomerId[], { id, signal, tell }: Running, isDone: () => Promise<boolean>): Promise<boolean> {
    const at = this.#clock.now();
    await this.append(type, data, of, { id, at });
    tell({ doing: 'waiting for identity-resolver', unit: 'acts', done: 0, total: 1 });
    for (const until = at + DONE_MS; !(await isDone()); await sleep(LOOK_MS, undefined, { signal })) if (this.#clock.now() > until) return false;
    return true;
  }
}
