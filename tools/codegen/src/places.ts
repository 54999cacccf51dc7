import { fileURLToPath } from 'node:url';

/** The repository's root, `schemas/` in it, and where the generated TypeScript lies. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const SCHEMAS = fileURLToPath(new URL('../../../schemas/', import.meta.url));
export const GENERATED = fileURLToPath(new URL('../../../libs/contracts/src/generated/', import.meta.url));
