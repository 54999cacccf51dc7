export { fuzz, type Fuzzed, type FuzzOptions, type FuzzSystem } from './fuzz-system.ts';
