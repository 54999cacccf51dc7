export * from './segment.ts';
export * from './segment-check.ts';
