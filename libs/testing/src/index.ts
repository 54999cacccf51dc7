export * from './eventually.ts';
export * from './test-system.ts';
