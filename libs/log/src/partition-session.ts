import type { Kafka } from 'kafkajs';
import type { Instant } from '@touchpoint/kernel';
import type { Log, Tracing } from '@touchpoint/host';
import type { ForeignOffset } from './offset-mirror.ts';
import type { LogRecord } from './record.ts';

/** One claimed partition. Its calls never overlap. Any throw discards it; it is opened again from its checkpoint. */
export interface PartitionSession {
  /** The offset of the next record it wants. */
  readonly next: number;
  /**
   * Commits the effects of records (contiguous, from `next` on) and moves `next` behind the last of them that it took. Records without an effect may be passed by
   * and their position committed later, by a tick at the latest: whoever reads them again comes to the same.
   */
  process(records: readonly LogRecord[]): Promise<void>;
  /** Called about every second: `end` is the log's end, read after `at`. Nothing may depend on it but time: wake what is due here. */
  tick?(tick: Readonly<{ end: number; at: Instant }>): Promise<void>;
  /** Called behind the last batch where the partition is given up in good order. Nothing may depend on it: after a crash it was not called. */
  leave?(): Promise<void>;
  close?(): void;
}

export type Subscription = Readonly<{
  topic: string;
  /** Claims the partition's checkpoint (raising its version), sends what is pending, and says where to go on. */
  open: (partition: number, isOurs: () => boolean) => Promise<PartitionSession>;
}>;

export type WorkerState = Readonly<{ topic: string; partition: number; next: number | undefined; end: number | undefined; /** When the end was looked at. */ endAt: Instant | undefined; /** Time of the oldest record that waits. */ oldestAt: Instant | undefined; error: string | undefined }>;

export type PartitionWorkerOptions = Readonly<{
  kafka: Kafka;
  group: string;
  subscriptions: readonly Subscription[];
  log: Log;
  now: () => Instant;
  /** The log is not the one the checkpoint was written against: the process must stop. */
  onFatal: (error: Error) => void;
  /** Somebody set an offset of the group in Kafka, which moves nothing. */
  onForeignOffset?: (found: ForeignOffset) => void;
  /** How many partitions may be in `process` at once. */
  concurrency?: number;
  /** Bytes of a full batch; also what all batches in `process` may take together, and those that wait. */
  maxBytesPerPartition?: number;
  sessionTimeoutMs?: number;
  tracing?: Tracing | undefined;
  /** How long a failed partition rests before it is opened again, first and at most. */
  backoffMs?: readonly [number, number];
}>;
