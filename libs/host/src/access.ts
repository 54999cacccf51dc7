/** API keys without Nest: for the command and for tools. */
export * from './access-key.ts';
export * from './access.migrations.ts';
export * from './api-keys.ts';
