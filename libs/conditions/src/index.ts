export * from './condition.ts';
export * from './condition-check.ts';
export * from './evaluate.ts';
