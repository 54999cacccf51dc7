export * from './journey.ts';
export * from './journey-check.ts';
export * from './journey-compile.ts';
export * from './run.ts';
