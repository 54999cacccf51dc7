export * from './eventually.ts';
export * from './spec-pool.ts';
export * from './test-system.ts';
export * from './worker-process.ts';
