export * from './event-measure.ts';
export * from './exact.ts';
export * from './series.ts';
export * from './tracker.ts';
