export * from './erase.ts';
export * from './link-book.ts';
export type * from './links.ts';
export type { Cause, Fact, LinkFact, Merge, Resolution, ResolvableEvent } from './resolution.ts';
export { customerOfSourceKey, customerSourceKey, eventSources, type EventSource, type LinkableKind } from './source.ts';
export * from './split.ts';
export * from './wanted.ts';
