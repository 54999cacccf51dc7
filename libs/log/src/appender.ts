import { transient } from '@touchpoint/kernel';
import type { Log } from '@touchpoint/host';
import { at } from '@touchpoint/host/moments';
import type { BatchProducer, ProducerFactory } from './producer.ts';
import { brokerError } from './protocol/cluster.ts';
import { MAX_RECORD_BYTES, recordBytes, type OutRecord } from './record.ts';
import { nextSend, type Call, type SendLimits } from './send-queue.ts';

/** Appends records; resolves when the broker has acknowledged every one of them (acks=all). */
export interface Appender {
  /**
   * Records of one call keep their order per partition, and calls keep theirs. What could not be acknowledged in time may still have been written:
   * readers drop repeats. @throws Failure Transient `LOG.OVERLOADED` (refused, nothing sent) or `LOG.UNAVAILABLE` (unknown, send again).
   */
  append(records: readonly OutRecord[]): Promise<void>;
  /** Bytes waiting for their acknowledgement. */
  readonly pendingBytes: number;
  /** Takes no more; what waits is still sent, until the first send that fails: then all that waits fails with LOG.UNAVAILABLE, so that order holds. */
  close(): Promise<void>;
}

export type AppenderOptions = Readonly<{
  log: Log;
  /**
   * A call fails with LOG.UNAVAILABLE when this has passed; without it, an append is tried until the appender closes. Not for records with a seq: those
   * of a later call would land behind a gap.
   */
  deadlineMs?: number;
  maxPendingBytes?: number;
  perPartition?: SendLimits['perPartition'];
  /** How long one send may take before it counts as lost. */
  sendTimeoutMs?: number;
  /** Pauses before the second try, the third, …; the last one stays. */
  backoffMs?: readonly number[];
}>;

const BACKOFF_MS = [20, 50, 100, 250, 500, 1_000];
/** All partitions of a send together: what a broker takes in one request, with room. */
const MAX_SEND_BYTES = 16 * 1024 * 1024;

/**
 * Sends one batch at a time. A send counts only when its answer names every partition sent, with error 0; after any error the producer is replaced and
 * the same records are sent again (design §3: kafkajs' own retry can acknowledge records it never sent).
 */
export const createAppender = (
  producers: ProducerFactory,
  { log, deadlineMs, maxPendingBytes = 64 * 1024 * 1024, perPartition = { records: 1_000, bytes: 700_000 }, sendTimeoutMs = 15_000, backoffMs = BACKOFF_MS }: AppenderOptions,
): Appender => {
  const calls: Call[] = [];
  const limits: SendLimits = { perPartition, bytes: MAX_SEND_BYTES };
  let pendingBytes = 0;
  let running: Promise<void> | undefined;
  let closed = false;
  let producer: Promise<BatchProducer> | undefined;
  let wakeUp = (): void => undefined;

  /** Not awaited on the way: kafkajs disconnects only after its open requests have timed out. A late request that still lands is a repeat, dropped by seq. */
  const replaceProducer = async (): Promise<void> => {
    const old = producer;
    producer = undefined;
    await (await old?.catch(() => undefined))?.disconnect().catch(() => undefined);
  };

  const remove = (call: Call): void => {
    calls.splice(calls.indexOf(call), 1);
    pendingBytes -= call.bytes;
  };
  const settle = (call: Call, error?: Error): void => {
    if (call.settled) return;
    call.settled = true;
    clearTimeout(call.timer);
    if (error) call.reject(error);
    else call.resolve();
  };
  /** The caller is told now; what is in flight stays counted until that send has ended. */
  const giveUp = (call: Call): void => {
    settle(call, transient('LOG.UNAVAILABLE', 'the log did not acknowledge in time'));
    if (call.next === 0) remove(call);
  };

  const trySend = async (send: ReturnType<typeof nextSend>): Promise<void> => {
    const mine = (producer ??= producers());
    let timer: NodeJS.Timeout | undefined;
    let late = false;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        late = true;
        reject(new Error(`no answer within ${sendTimeoutMs} ms`));
      }, sendTimeoutMs);
    });
    // A producer that comes too late must not send what another one sends by then.
    const sending = mine.then((ready) => (late ? [] : ready.send(send.batches)));
    sending.catch(() => undefined);
    try {
      const answers = new Map((await Promise.race([sending, limit])).map(({ topic, partition, errorCode }) => [`${topic}/${partition}`, errorCode]));
      const refused = send.batches.map(({ topic, partition }) => `${topic}/${partition}`).filter((name) => answers.get(name) !== 0);
      if (refused.length > 0)
        throw new Error(`not acknowledged: ${refused.slice(0, 3).map((name) => `${name} (${answers.has(name) ? brokerError(answers.get(name)!) : 'not named'})`).join(', ')}`);
    } finally {
      clearTimeout(timer);
    }
  };

  /** @returns once the broker has acknowledged all of it, or nobody waits for it any more, or the appender was closed. */
  const deliver = async (send: ReturnType<typeof nextSend>): Promise<void> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await trySend(send);
      } catch (error) {
        log.warn({ attempt, error }, 'send not acknowledged; the producer is replaced and the same records are sent again');
        void replaceProducer();
        if (closed) for (const call of [...calls]) settle(call, transient('LOG.UNAVAILABLE', 'the appender was closed before the log acknowledged', error));
        if (send.taken.every(({ call }) => call.settled)) return;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, backoffMs[Math.min(attempt, backoffMs.length - 1)]);
          wakeUp = () => (clearTimeout(timer), resolve());
        });
      }
    }
  };

  const drain = async (): Promise<void> => {
    while (calls.length > 0) {
      const send = nextSend(calls, limits);
      if (send.batches.length > 0) await at('send', () => deliver(send));
      for (const { call, count } of send.taken) {
        call.unacked -= count;
        if (call.unacked === 0) settle(call);
      }
      for (const call of calls.filter(({ settled }) => settled)) remove(call);
    }
    running = undefined;
  };

  return {
    get pendingBytes() {
      return pendingBytes;
    },
    append: (records) => {
      if (records.length === 0) return Promise.resolve();
      if (closed) return Promise.reject(transient('LOG.UNAVAILABLE', 'the appender is closed'));
      let bytes = 0;
      for (const record of records) {
        const size = recordBytes(record);
        if (size > MAX_RECORD_BYTES) return Promise.reject(new Error(`a record of ${size} bytes is more than the log takes (${MAX_RECORD_BYTES})`));
        bytes += size;
      }
      if (pendingBytes > 0 && pendingBytes + bytes > maxPendingBytes) return Promise.reject(transient('LOG.OVERLOADED', 'too many bytes wait for the log'));
      pendingBytes += bytes;
      return new Promise<void>((resolve, reject) => {
        const call: Call = { records, bytes, next: 0, unacked: records.length, settled: false, timer: undefined, resolve, reject };
        if (deadlineMs !== undefined) call.timer = setTimeout(giveUp, deadlineMs, call);
        calls.push(call);
        // Deferred by a microtask turn, so that calls made in the same tick share a send.
        running ??= Promise.resolve().then(drain);
      });
    },
    close: async () => {
      closed = true;
      wakeUp();
      await running;
      await replaceProducer();
    },
  };
};
