export { startStack } from './start-stack.ts';
export { stackStatus, stopStack, type StackStatus, type StandingOptions } from './standing-stack.ts';
export { StackError, type StackErrorCode } from './stack-error.ts';
export { unprivilegedAccount } from './account.ts';
export { deathNotice } from './readiness.ts';
export { defaultDir } from './config.ts';
export type { Connections, DeadPart, PartKind, Progress, Stack, StackOptions, StackPart } from './stack.ts';
export type { KafkaOptions } from './kafka.part.ts';
export type { PostgresOptions } from './postgres.part.ts';
