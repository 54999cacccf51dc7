export * from './places.ts';
export * from './manifests.ts';
export * from './strict.ts';
