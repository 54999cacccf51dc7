import { readFileSync } from 'node:fs';

const read = (kind: string): object => JSON.parse(readFileSync(new URL(`../../../schemas/${kind}.schema.json`, import.meta.url), 'utf8')) as object;
/** The JSON Schemas of this repository that documents are checked by. */
export const documentSchemas: Readonly<Record<'condition' | 'journey' | 'segment', object>> = { condition: read('condition'), journey: read('journey'), segment: read('segment') };
