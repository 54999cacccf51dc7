export * from './eventually.ts';
export * from './projection-laws.ts';
export * from './test-system.ts';
