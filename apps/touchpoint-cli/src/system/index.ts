export { startSystem } from './start-system.ts';
export { CliError } from './cli-error.ts';
export type { AppEvent, AppState, Crash } from './app-process.ts';
export type { KeyTexts, KeyUse } from './first-keys.ts';
export type { AfterReady, ProcessView, Progress, System, SystemEvent, SystemOptions, SystemView } from './system.ts';
