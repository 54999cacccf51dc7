export * from './clear.ts';
export * from './cloudevents.ts';
export * from './incoming.ts';
export * from './issues.ts';
export * from './member-sizes.ts';
export * from './segment.ts';
