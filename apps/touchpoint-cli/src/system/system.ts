import type { Connections, DeadPart, StackPart } from '@touchpoint/stack';
import type { Env } from '@touchpoint/host/config';
import type { AppEvent, AppProcess } from './app-process.ts';
import type { KeyTexts } from './first-keys.ts';
import type { RestartPolicy } from './restart-policy.ts';
import type { Secrets } from './secrets.ts';

/** How far a part of the start is. `text` says what it does, or what came of it. */
export type Progress = Readonly<{ part: string; state: 'busy' | 'done' | 'failed'; text: string; seconds?: number }>;

/** What happens while the system runs: a process of an app changed its state, a part of the stack died, somebody asked from elsewhere to stop it all. */
export type SystemEvent = Readonly<{ kind: 'app' } & AppEvent> | Readonly<{ kind: 'part-died'; dead: DeadPart }> | Readonly<{ kind: 'asked-to-stop' }>;

export type SystemOptions = Readonly<{
  /** Holds all of it: data, logs, keys, secrets. `.stack` at the repository's root unless told; another folder gets free ports. */
  dir?: string;
  /** Where all settings come from (see the command's config.ts), and what is passed on to apps; the process's environment unless told. */
  env?: Env;
  /** Instead of what `env` says. */
  kafkaBrokers?: readonly string[];
  schemaRegistryUrl?: string;
  databaseUrl?: string;
  topicPrefix?: string;
  /** Partitions of topics that are created. */
  partitions?: number;
  /** Names of apps to run; all that the checkout has unless told. */
  apps?: readonly string[];
  /** Processes of an app, by its name; one unless told. */
  replicas?: Readonly<Record<string, number>>;
  /** More environment for an app, by its name. */
  appEnv?: Readonly<Record<string, Env>>;
  /** Bundle the apps first; true unless told. */
  build?: boolean;
  /** Milliseconds in which each app must be ready; 120,000 unless told. */
  readyWithinMs?: number;
  /** The URL of a module that each process of an app loads first: how a crash test gets into it. */
  preload?: string;
  /** What to do about crashes; merged into the usual policy. */
  restarts?: Partial<RestartPolicy>;
  /** Go on without an app that does not become ready; for watch mode, where the next edit may mend it. */
  tolerant?: boolean;
  onProgress?: (progress: Progress) => void;
  onEvent?: (event: SystemEvent) => void;
  /** Called once all apps are ready, in order; what one returns is shown as its progress. One that fails is shown so, and the system goes on. */
  afterReady?: readonly AfterReady[];
  /** Calls the start off: what it started is stopped, and it rejects with the signal's reason. */
  signal?: AbortSignal;
}>;

/** A step that the running system is given before it is handed over, such as publishing the journeys. */
export type AfterReady = Readonly<{ part: string; run: (system: System) => Promise<string> }>;

/** A process as others see it. Instants are epoch milliseconds. */
export type ProcessView = AppProcess['view'];

/** What a system says of itself on its control socket. Holds the database's password: for the owner's commands, never printed. */
export type SystemView = Readonly<{ pid: number; dir: string; since: number; ready: boolean; topicPrefix: string; connections?: Connections; parts: readonly StackPart[]; processes: readonly ProcessView[] }>;

/** A running system. It keeps the event loop open while its apps run. */
export type System = Readonly<{
  dir: string;
  connections: Connections;
  topicPrefix: string;
  secrets: Secrets;
  /** The command's own keys, as `<dir>/keys.json` keeps them. */
  keys: KeyTexts;
  /** The first keys, there only when this start made them: nobody can show them again. */
  firstKeys?: KeyTexts;
  parts: readonly StackPart[];
  processes(): readonly ProcessView[];
  /** All that is known of it at once. */
  view(): SystemView;
  /** Where the first process of an app listens. @throws CliError when the system has no such app. */
  urlOf(app: string): string;
  /** Sends a signal (SIGKILL unless told) to a process by its name (`identity-resolver-2`); it is started again. @returns its pid. */
  kill(name: string, signal?: NodeJS.Signals): number | undefined;
  /** Bundles anew and starts the apps of which a process does not run; waits until they are ready. */
  startMissing(onProgress?: (progress: Progress) => void): Promise<void>;
  startProcess(name: string): Promise<void>;
  stopProcess(name: string): Promise<void>;
  /** Ends it in order and starts it from the bundle that is there now. */
  restartProcess(name: string): Promise<void>;
  /** For watch mode: lets a further process stand by that has loaded these packages, so that a restart is short; none begins to load before `after`. */
  keepSpare(name: string, packages: readonly string[], after?: Promise<void>): void;
  /** Until all processes that are not stopped are ready, or the one that is named. @throws CliError that names the one that is not; what `signal` says when it is called off. */
  untilReady(limitMs?: number, name?: string, signal?: AbortSignal): Promise<void>;
  /** Until nothing is left to read, decide or send (timers that are not due aside). @throws CliError that says what is behind. */
  untilIdle(limitMs?: number): Promise<void>;
  onEvent(heard: (event: SystemEvent) => void): () => void;
  /** Stops the apps in order, then the parts of the stack that this start brought up. */
  stop(onProgress?: (progress: Progress) => void): Promise<void>;
}>;
