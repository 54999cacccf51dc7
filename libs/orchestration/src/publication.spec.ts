import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { publicationAs, publicationChecker } from './publication.ts';
import { publishedOf } from './published.ts';

const root = new URL('../../../', import.meta.url);
const files = Object.fromEntries(['journeys', 'templates'].flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).map((file) => [relative(fileURLToPath(root), file), readFileSync(file, 'utf8')])));
const check = publicationChecker();
const issues = (changes: Readonly<Record<string, string | null>>) => {
  const result = check(Object.fromEntries(Object.entries({ ...files, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null)));
  return 'issues' in result ? result.issues : [];
};

describe('what ships', () => {
  it('can be published, and is the same text whatever the order of the files', () => {
    const published = check(files);
    expect(published).toHaveProperty('publication');
    expect(check(Object.fromEntries(Object.entries(files).toReversed()))).toEqual(published);
    if (!('publication' in published)) return;
    const set = publishedOf(publicationAs(4, published.publication, undefined));
    expect([...set.journeys.keys()]).toEqual(['order-confirmation', 'reactivation']);
    expect([...set.watched].toSorted()).toEqual(['MessageClicked', 'MessageOpened', 'OrderCompleted']);
  });
});

describe('a set that cannot be published', () => {
  it.each<[string, Readonly<Record<string, string | null>>, string, string, RegExp]>([
    ['a file that is no JSON', { 'journeys/x.json': '{' }, 'journeys/x.json', '', /comma/],
    ['a journey in another file', { 'journeys/x.json': files['journeys/reactivation.json']! }, 'journeys/x.json', '/id', /journeys\/reactivation\.json/],
    ['a journey without its template', { 'templates/reactivation-push/template.json': null }, 'templates/reactivation-push', '/template.json', /missing/],
    ['a journey that names a template that is gone', Object.fromEntries(Object.keys(files).filter((file) => file.startsWith('templates/reactivation-push/')).map((file) => [file, null])), 'journeys/reactivation.json', '/steps/3/template', /no template/],
    ['a variable that the template does not declare', { 'templates/order-confirmation/subject.liquid': '{{ name }}' }, 'templates/order-confirmation', '/parts/subject', /name/],
    ['a template in another folder', { 'templates/reactivation-push/template.json': files['templates/reactivation-push/template.json']!.replace('"reactivation-push"', '"push"') }, 'templates/reactivation-push', '/template.json#/id', /templates\/push/],
    ['a file elsewhere', { 'notes.txt': 'x' }, 'notes.txt', '', /neither/],
    ['a condition on a measure that is not there', { 'journeys/reactivation.json': files['journeys/reactivation.json']!.replace('orders.lastAt', 'orders.latest') }, 'journeys/reactivation.json', '/steps/1/variables/lastOrderAt/measure', /orders\.lastAt/],
  ])('%s', (_, changes, file, path, text) => expect(issues(changes)).toContainEqual({ file, path, message: expect.stringMatching(text) }));
  it('is too large for a record by its bytes, though not by its characters', () => {
    const wide = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [[`templates/t${i}/text.liquid`, '日'.repeat(60_000)], [`templates/t${i}/template.json`, JSON.stringify({ id: `t${i}`, channel: 'sms', name: 'T', variables: {} })]]).flat() as [string, string][]);
    expect(issues(wide)).toContainEqual({ file: 'journeys', path: '', message: expect.stringContaining('fit into one set') });
  });
  it('is too large for a record', () => expect(issues({ 'templates/order-confirmation/text.liquid': `${files['templates/order-confirmation/text.liquid']!}${'x'.repeat(90_000)}`, ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`templates/t${i}/text.liquid`, 'x'.repeat(90_000)])) , ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`templates/t${i}/template.json`, JSON.stringify({ id: `t${i}`, channel: 'sms', name: 'T', variables: {} })])) })).toContainEqual({ file: 'journeys', path: '', message: expect.stringContaining('fit into one set') }));
});
