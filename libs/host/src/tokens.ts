import type { ApiKeys } from './access.ts';
import type { Clock } from './clock.ts';
import type { Env } from './config.ts';
import type { Health } from './health.ts';
import type { Log } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** A token that says what it stands for; use as `@Inject(CLOCK) clock: Clock`. */
export type Token<T> = string & { readonly __of?: T };
const token = <T>(name: string) => `touchpoint.${name}` as Token<T>;

/** Given to every app by `runApp`. */
export const CLOCK = token<Clock>('clock');
export const LOG = token<Log>('log');
export const METRICS = token<Metrics>('metrics');
export const HEALTH = token<Health>('health');
/** The app's frozen configuration: `@Inject(CONFIG) config: ConfigOf<typeof definition>`. */
export const CONFIG = token<Readonly<Record<string, unknown>>>('config');
/** The environment it was read from: for what starts processes of its own, and hands on to them what they need. */
export const ENV = token<Env>('env');
/** Stops the app in order and ends the process with code 1: for what must be a loud stop (a log that is not the one it was). */
export const STOP = token<(reason: unknown) => void>('stop');
/** Provided by an app whose routes ask for scopes. */
export const API_KEYS = token<ApiKeys>('api-keys');
