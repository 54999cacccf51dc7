import { createRequire } from 'node:module';
import { Kafka, logLevel, type LogEntry } from 'kafkajs';
import type { Log } from '@touchpoint/host';
import { securityOf, type KafkaAccess } from './kafka-access.ts';

type RequestQueue = { prototype: { pending: unknown[]; throttledUntil: number; throttleCheckTimeoutId: NodeJS.Timeout | null; checkPendingRequests(): void; scheduleCheckPendingRequests(): void } };

/**
 * kafkajs 2.2.4 re-arms a 1 ms timer for ever on an idle connection, and gives it a negative delay, which Node 24 warns about.
 * A check is needed only while requests wait.
 */
const patchIdleTimer = (): void => {
  const queue = (createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as RequestQueue).prototype;
  queue.scheduleCheckPendingRequests = function () {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
    const throttled = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    }, throttled > 0 ? throttled : 10);
  };
};
patchIdleTimer();

const LEVELS: Readonly<Record<number, 'error' | 'warn' | 'debug'>> = { [logLevel.ERROR]: 'error', [logLevel.WARN]: 'warn', [logLevel.INFO]: 'debug', [logLevel.DEBUG]: 'debug' };

export type KafkaOptions = Readonly<{ brokers: readonly string[]; clientId: string; log: Log; requestTimeoutMs?: number; access?: KafkaAccess | undefined }>;

/** The one way a client is made. kafkajs' own retries are off where they can acknowledge what was never sent (producers); see Appender. */
export const createKafka = ({ brokers, clientId, log, requestTimeoutMs = 15_000, access }: KafkaOptions): Kafka =>
  new Kafka({
    brokers: [...brokers],
    ...(access && securityOf(access)),
    clientId,
    connectionTimeout: 3_000,
    requestTimeout: requestTimeoutMs,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 },
    logCreator: () => ({ namespace, level, log: entry }: LogEntry) => {
      const { message, error, groupId, topic, partition, broker, retryCount } = entry as LogEntry['log'] & { error?: unknown; groupId?: string; topic?: string; partition?: number; broker?: string; retryCount?: number };
      log[LEVELS[level] ?? 'debug']({ context: namespace, error: typeof error === 'string' ? new Error(error) : error, group: groupId, topic, partition, broker, attempt: retryCount }, message);
    },
  });
