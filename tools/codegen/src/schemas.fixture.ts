import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Field, RecordOf } from './avro.ts';
import { LOCK, withReleased } from './released-lock.ts';
import { readSchemas } from './schema-files.ts';

export const id: Field = { name: 'id', type: 'string', doc: 'The parcel.' };
export const note: Field = { name: 'note', type: ['null', 'string'], default: null, doc: 'What was said.' };

/** A message of a context that does not exist. */
export const parcel = (...fields: readonly Field[]): RecordOf => ({ type: 'record', name: 'ParcelSent', namespace: 'touchpoint.parcels', doc: 'A parcel was sent.', fields });
export const PATH = (version: number): string => `parcels/parcel-sent.v${version}.avsc`;

/** A folder of schemas that is gone after the test. */
export const fixture = () => {
  const root = mkdtempSync(join(tmpdir(), 'schemas-'));
  const put = (path: string, schema: unknown): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof schema === 'string' ? schema : `${JSON.stringify(schema, null, 2)}\n`);
  };
  return {
    root,
    put,
    /** The schemas as version 1, 2, … */
    versions: (...schemas: readonly RecordOf[]) => schemas.forEach((schema, i) => put(PATH(i + 1), schema)),
    release: () => put(LOCK, withReleased(readSchemas(root), '')),
    remove: (path: string) => rmSync(join(root, path)),
    end: () => rmSync(root, { recursive: true }),
  };
};
