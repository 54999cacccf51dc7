import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Meta } from '@touchpoint/kernel';
import { anyOf } from './arbitrary.fixture.ts';
import type { Meta as Written } from './generated/log.ts';
import { metaSchemas } from './generated/meta-schemas.ts';
import { typeOf } from './marks.ts';
import { decodeMeta, decodeMetaLate, encodeMeta } from './meta.ts';

/** The kernel's Meta and the one of `schemas/log` are the same: this does not compile when they drift apart. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const same: Same<Meta, Written['data']> = true;

const metas = anyOf(metaSchemas.at(-1) as never) as fc.Arbitrary<Meta>;

describe('when a record has a meta header', () => {
  it('reads it back as it was', () => {
    fc.assert(fc.property(metas, (meta) => expect(decodeMeta(encodeMeta(meta))).toEqual(meta)));
    expect(same).toBe(true);
  });

  it('is the same when all but its time is read late', () => {
    fc.assert(fc.property(metas, (meta) => {
      const late = decodeMetaLate(encodeMeta(meta));
      expect(Object.fromEntries(Object.keys(meta).map((name) => [name, late[name as keyof Meta]]))).toEqual(meta);
    }));
  });

  it('begins with the version of its schema', () => {
    fc.assert(fc.property(metas, (meta) => expect(encodeMeta(meta)[0]).toBe(metaSchemas.length)), { numRuns: 5 });
  });

  it('reads what every released version wrote', () => {
    metaSchemas.forEach((schema, i) => {
      fc.assert(fc.property(anyOf(schema as never), (meta) => {
        expect(decodeMeta(Buffer.concat([Buffer.of(i + 1), typeOf(schema).toBuffer(meta)]))).toMatchObject({ messageId: (meta as Meta).messageId });
      }), { numRuns: 10 });
    });
  });

  it.each([[Buffer.alloc(0), 0], [Buffer.of(0, 1), 0], [Buffer.of(metaSchemas.length + 1, 1), metaSchemas.length + 1]])('refuses a version that it does not know (%#)', (bytes, version) => {
    for (const decode of [decodeMeta, decodeMetaLate]) expect(() => decode(bytes)).toThrow(`Meta has version ${version}`);
  });

  it('refuses what is cut off', () => {
    const [meta] = fc.sample(metas, { numRuns: 1, seed: 1 });
    for (const decode of [decodeMeta, decodeMetaLate]) expect(() => decode(encodeMeta(meta!).subarray(0, -1))).toThrow('Meta');
  });
});
