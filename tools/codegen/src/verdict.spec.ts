import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Field, Schema } from './avro.ts';
import { historyOf } from './lock-history.ts';
import { ROOT, SCHEMAS } from './places.ts';
import { hashOf, LOCK } from './released-lock.ts';
import { fixture, id, note, parcel, PATH } from './schemas.fixture.ts';
import { judge } from './verdict.ts';

let schemas: ReturnType<typeof fixture>;
beforeEach(() => void (schemas = fixture()));
afterEach(() => schemas.end());
const problems = (history: readonly string[] = []): readonly string[] => judge(schemas.root, history).problems;
const lock = (): string => readFileSync(join(schemas.root, LOCK), 'utf8');
const field = (type: Schema, more: Partial<Field> = {}): Field => ({ name: 'value', type, doc: 'A value.', ...more });
const optional = (type: Schema, more: Partial<Field> = {}): Field => field(['null', type], { default: null, ...more });

describe('the schemas of this repository', () => {
  it('keep every rule', () => expect(judge(SCHEMAS, historyOf(ROOT, `schemas/${LOCK}`) ?? []).problems).toEqual([]));
});

describe('when a schema is released', () => {
  beforeEach(() => {
    schemas.versions(parcel(id, note));
    schemas.release();
  });

  it('is good as it is', () => {
    expect(lock()).toBe(`${hashOf(readFileSync(join(schemas.root, PATH(1)), 'utf8'))} ${PATH(1)}\n`);
    expect(problems([lock()])).toEqual([]);
  });

  it('does not count how lines end', () => {
    schemas.put(PATH(1), readFileSync(join(schemas.root, PATH(1)), 'utf8').replaceAll('\n', '\r\n'));
    expect(problems()).toEqual([]);
  });

  it('refuses any change of it', () => {
    schemas.put(PATH(1), parcel(id, { ...note, doc: 'What was written.' }));
    expect(problems()).toEqual([`${PATH(1)} is released and was changed: undo it, and write the next version`]);
  });

  it('refuses that it goes away', () => {
    schemas.remove(PATH(1));
    expect(problems()).toEqual([`${PATH(1)} is released and is gone: a released schema stays for ever`]);
  });

  it('refuses a lock that was rewritten to fit the change', () => {
    const before = lock();
    schemas.put(PATH(1), parcel(id));
    schemas.release();
    expect(problems()).toEqual([]);
    expect(problems([before])).toEqual([`${LOCK}: a line that was committed is gone: ${before.trim()}`]);
  });

  it('refuses a lock that cannot be read, or says two things', () => {
    schemas.put(LOCK, `${lock()}${lock()}oops\n`);
    expect(problems()).toEqual([`${LOCK}: not a line of hash and path: oops`, `${LOCK}: a path stands there twice`]);
  });

  it('takes a good next version, not released yet', () => {
    schemas.put(PATH(2), parcel(id, field('int', { default: 1 })));
    const verdict = judge(schemas.root, [lock()]);
    expect(verdict.problems).toEqual([]);
    expect(verdict.unreleased.map((file) => file.path)).toEqual([PATH(2)]);
  });
});

describe('when the next version is FULL_TRANSITIVE compatible', () => {
  const kind = (...symbols: readonly string[]) => field({ type: 'enum', name: 'Kind', namespace: 'touchpoint', symbols, default: 'other', doc: 'A kind.' });
  it.each([
    ['adds a field with a default', [parcel(id), parcel(id, note)]],
    ['drops a field with a default', [parcel(id, note), parcel(id)]],
    ['changes a doc', [parcel(id), parcel({ ...id, doc: 'Its number.' })]],
    ['moves a field', [parcel(id, note), parcel(note, id)]],
    ['adds a symbol', [parcel(kind('other', 'big')), parcel(kind('other', 'big', 'small'))]],
  ])('takes one that %s', (_, versions) => {
    schemas.versions(...versions);
    expect(problems()).toEqual([]);
  });
});

describe('when the next version breaks', () => {
  const money = (scale: number) => optional({ type: 'bytes', logicalType: 'decimal', precision: 38, scale });
  it.each([
    ['adds a field without a default', [parcel(id), parcel(id, field('string'))], 'no matching field for default-less'],
    ['drops a field without a default', [parcel(id, field('string')), parcel(id)], 'no matching field for default-less'],
    ['changes a type', [parcel(id), parcel({ ...id, type: 'long' })], 'cannot read'],
    ['widens a type, which goes one way only', [parcel(field('int')), parcel(field('long'))], 'cannot read'],
    ['makes a field nullable', [parcel(field('string')), parcel(optional('string'))], 'cannot read'],
    ['breaks with the first version only', [parcel(optional('string')), parcel(), parcel(optional('int'))], 'v3.avsc cannot read what parcels/parcel-sent.v1.avsc'],
    ['counts money in other units', [parcel(money(6)), parcel(money(2))], 'was null | decimal(38, 6) on bytes and is null | decimal(38, 2)'],
    ['takes a mark away', [parcel(optional({ type: 'string', logicalType: 'json' })), parcel(optional('string'))], 'was null | json on string and is null | string'],
    ['loses a symbol', ['a', 'b'].map((symbol) => parcel(field({ type: 'enum', name: 'Kind', namespace: 'touchpoint', symbols: ['other', symbol], default: 'other', doc: 'A kind.' }))), 'Kind lost the symbol a'],
  ])('refuses one that %s', (_, versions, why) => {
    schemas.versions(...versions);
    expect(problems().join('\n')).toContain(why);
  });
});

describe('when a schema is careless', () => {
  const sealed: Schema = { type: 'bytes', logicalType: 'sealed' };
  it.each([
    ['a record without doc', { ...parcel(id), doc: '' }, 'ParcelSent has no doc'],
    ['a field without doc', parcel({ name: 'id', type: 'string' }), 'id: it has no doc'],
    ['personal data in clear', parcel(optional('string', { pii: true })), 'value: it is marked pii, so it must be sealed bytes'],
    ['sealed bytes without the mark', parcel(optional(sealed)), 'value: it is sealed, so it must be marked pii'],
    ['sealed bytes in a list', parcel(field({ type: 'array', items: sealed }, { default: [] })), 'sealed bytes stand on a field of their own'],
    ['null without default', parcel(field(['null', 'string'])), 'value: it may be null, so its default is null'],
    ['a union of two things', parcel(field(['int', 'string'])), 'a union is'],
    ['an alias', parcel({ ...id, aliases: ['number'] }), 'an alias is a renaming'],
    ['an enum without default', parcel(field({ type: 'enum', name: 'Kind', symbols: ['a'], doc: 'A kind.' })), 'Kind has no default'],
    ['a misspelt logical type', parcel(optional({ type: 'bytes', logicalType: 'decimals' })), 'the logical type decimals does not exist'],
    ['money of another scale', parcel(optional({ type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 })), 'the logical type decimal does not exist, or not on this type'],
    ['a field in snake_case', parcel({ ...id, name: 'parcel_id' }), 'parcel_id: it is not in camelCase'],
  ])('refuses %s', (_, schema, why) => {
    schemas.put(PATH(1), schema);
    expect(problems().join('\n')).toContain(why);
  });

  it('refuses a hole in the numbers', () => {
    schemas.put(PATH(1), parcel(id));
    schemas.put(PATH(3), parcel(id));
    expect(problems()).toEqual([`${PATH(3)}: the version before it is missing`]);
  });

  it.each([['parcels/parcel_sent.avsc', 'a schema’s path is'], ['parcels/parcel-lost.v1.avsc', 'by its path it is touchpoint.parcels.ParcelLost']])('refuses the path %s', (path, why) => {
    schemas.put(path, parcel(id));
    expect(() => problems()).toThrow(why.replace('’', "'"));
  });

  it('refuses what is no JSON', () => {
    schemas.put(PATH(1), '{');
    expect(() => problems()).toThrow('no JSON');
  });
});

describe('when the lock is in git', () => {
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', schemas.root, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { stdio: 'ignore' });

  it('knows what it said at each commit', () => {
    git('init', '-q');
    expect(historyOf(schemas.root, LOCK)).toBeUndefined();
    for (const text of ['a\n', 'b\n']) {
      schemas.put(LOCK, text);
      git('add', '.');
      git('commit', '-qm', 'x');
    }
    schemas.put(LOCK, 'c\n');
    expect(historyOf(schemas.root, LOCK)).toEqual(['b\n', 'a\n']);
  });
});
