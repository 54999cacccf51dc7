export * from './checkpoint.ts';
export * from './migrate.ts';
export * from './parked.ts';
export * from './pending.ts';
export * from './pool.ts';
export * from './projection-fold.ts';
export * from './projection-table.ts';
export * from './providers.ts';
