/** For specs of apps and platform libraries; loads no Nest. */
export * from './testing/fresh-database.ts';
export * from './testing/manual-clock.ts';
export * from './testing/memory-api-keys.ts';
export * from './testing/route-access.ts';
export * from './testing/certificates.ts';
