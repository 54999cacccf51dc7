import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Field } from './avro.ts';
import { outdated, write } from './generate.ts';
import { GENERATED, SCHEMAS } from './places.ts';
import { render } from './render.ts';
import { readSchemas } from './schema-files.ts';
import { fixture, id, parcel, PATH } from './schemas.fixture.ts';

let schemas: ReturnType<typeof fixture>;
beforeEach(() => void (schemas = fixture()));
afterEach(() => schemas.end());
const shape = (doc: string): Field => ({ name: 'box', type: ['null', { type: 'record', name: 'Box', namespace: 'touchpoint', doc, fields: [id] }], default: null, doc: 'The box.' });

describe('the generated files of this repository', () => {
  it('are up to date', () => expect(outdated(render(readSchemas(SCHEMAS)), GENERATED)).toEqual([]));
});

describe('when schemas are rendered', () => {
  it('gives a type with the docs, nullable fields last to be null, and what the newest version says', () => {
    schemas.versions(parcel(id), parcel(id, shape('A box.'), { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 6 }, doc: 'Its price.', default: '\u0000' }));
    const files = render(readSchemas(schemas.root));
    expect(files.get('parcels.ts')).toContain([
      '/** A parcel was sent. */',
      "export type ParcelSent = Message<'ParcelSent', {",
      '  /** The parcel. */',
      '  id: string;',
      '  /** The box. */',
      '  box: Box | null;',
      '  /** Its price. */',
      '  price: Decimal;',
      '}>;',
    ].join('\n'));
    expect(files.get('parcels.ts')).toContain("import type { Decimal, Message } from '@touchpoint/kernel';\nimport type { Box } from './shapes.ts';");
    expect(files.get('catalog.ts')).toContain("ParcelSent: { name: 'ParcelSent', context: 'parcels', version: 2, fullName: 'touchpoint.parcels.ParcelSent', pii: []");
  });

  it('names the personal fields, in lists and shapes too', () => {
    const secret: Field = { name: 'secret', type: ['null', { type: 'bytes', logicalType: 'sealed' }], default: null, pii: true, doc: 'A secret.' };
    const items: Field = { name: 'items', type: { type: 'array', items: { type: 'record', name: 'Item', namespace: 'touchpoint', doc: 'An item.', fields: [secret] } }, default: [], doc: 'Items.' };
    schemas.put(PATH(1), parcel(secret, items, { name: 'first', type: ['null', 'touchpoint.Item'], default: null, doc: 'The first.' }));
    expect(render(readSchemas(schemas.root)).get('catalog.ts')).toContain('pii: ["secret","items[].secret","first.secret"]');
  });

  it('refuses one shape with two forms', () => {
    schemas.put(PATH(1), parcel(shape('A box.')));
    schemas.put('parcels/parcel-lost.v1.avsc', { ...parcel(shape('Another box.')), name: 'ParcelLost' });
    expect(() => render(readSchemas(schemas.root))).toThrow('messages that share a shape evolve together');
  });

  it('refuses two messages of one name', () => {
    schemas.put(PATH(1), parcel(id));
    schemas.put('mail/parcel-sent.v1.avsc', { ...parcel(id), namespace: 'touchpoint.mail' });
    expect(() => render(readSchemas(schemas.root))).toThrow('there is a ParcelSent already');
  });

  it('says which files are old, missing or left over', () => {
    schemas.put(PATH(1), parcel(id));
    const files = render(readSchemas(schemas.root));
    const folder = join(schemas.root, 'generated');
    expect(outdated(files, folder)).toEqual([...files.keys()].sort());
    write(files, folder);
    expect(outdated(files, folder)).toEqual([]);
    writeFileSync(join(folder, 'parcels.ts'), `${readFileSync(join(folder, 'parcels.ts'), 'utf8')} `);
    writeFileSync(join(folder, 'old.ts'), '');
    expect(outdated(files, folder)).toEqual(['old.ts', 'parcels.ts']);
    write(files, folder);
    expect(outdated(files, folder)).toEqual([]);
  });
});
