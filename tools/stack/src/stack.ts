import type { Env } from './config.ts';
import type { PartKind } from './external.part.ts';
import type { KafkaOptions } from './kafka.part.ts';
import type { PostgresOptions } from './postgres.part.ts';

export type { PartKind };

/** `part` is a part's name, or `jars` while they are fetched. */
export type Progress = Readonly<{ part: string; message: string }>;

export type StackOptions = Readonly<{
  /** Where data, logs and state lie; `.stack` at the repository's root unless told. */
  dir?: string;
  /** KAFKA_BROKERS, SCHEMA_REGISTRY_URL and DATABASE_URL in it are used as they are; the process's environment unless told. */
  env?: Env;
  onProgress?: (progress: Progress) => void;
  /** All three unless told. `registry` brings `postgres` with it where DATABASE_URL is not set. */
  parts?: readonly PartKind[];
  kafka?: KafkaOptions;
  postgres?: PostgresOptions;
  /** Ports by name (`postgres`, `registry`, `registry-management`, `kafka-1`, `kafka-1-controller`, …); others are chosen, and kept for the next start. */
  ports?: Readonly<Record<string, number>>;
  /** Let what is started outlive this process. Otherwise it stops soon after this process ends, however it ends. */
  detach?: boolean;
  /** Milliseconds in which the parts must be ready, the download not counted; 120,000 unless told. */
  readyWithin?: number;
  /** Calls the start off: what it started is stopped, and it rejects with the signal's reason. */
  signal?: AbortSignal;
}>;

/** `owned`: started by this call; `adopted`: ran already; `external`: given by the environment. */
export type StackPart = Readonly<{ name: string; kind: PartKind; origin: 'owned' | 'adopted' | 'external'; ready: boolean; pid?: number; log?: string }>;

/** A part that ended without being asked to. `code` and `signal` are null where nobody could see how. */
export type DeadPart = Readonly<{ name: string; code: number | null; signal: string | null; log: string; lastLines: readonly string[] }>;

export type Connections = Readonly<{ kafkaBrokers: readonly string[]; schemaRegistryUrl: string; databaseUrl: string }>;

/** A running stack. Asking for the address of a part that was left out throws STACK.NOT_IN_STACK. Keeps no event loop open. */
export type Stack = Connections &
  Readonly<{
    dir: string;
    parts: readonly StackPart[];
    /** Calls back once for each part of ours that dies; returns how to stop listening. */
    onPartDied(heard: (dead: DeadPart) => void): () => void;
    /** Lets what this call started outlive this process. */
    detach(): Promise<void>;
    /** Stops what this call started, in order (registry and Kafka, then Postgres); with `adopted`, what it found running too. External parts stay. */
    stop(options?: Readonly<{ adopted?: boolean }>): Promise<void>;
    /** Stops everything of this folder, adopted or not, and removes its data. */
    wipe(): Promise<void>;
  }>;
