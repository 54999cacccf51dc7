import { readFileSync } from 'node:fs';
import type { DocumentSchemas } from '@touchpoint/conditions';

const read = (kind: string): object => JSON.parse(readFileSync(new URL(`../../../../schemas/${kind}.schema.json`, import.meta.url), 'utf8')) as object;
/** The JSON Schemas of this repository. */
export const schemas: DocumentSchemas = { condition: read('condition'), journey: read('journey'), segment: read('segment') };
