export { percentile } from './percentile.ts';
export { measured, type Figure, type Note } from './report.ts';
export { fromApp } from './repository.ts';
export { runTrial } from './trial.ts';
