import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { defineConfig, http, kafka, postgres, vault } from '@touchpoint/host/config';
import { z } from 'zod';
import { outdatedFiles, readDefinitions, renderFiles } from './generate.ts';
import { renderEnvExample, renderMarkdown } from './render.ts';

const definitions = [
  defineConfig('one', { ...http(4001), ...kafka, ...vault }),
  defineConfig('two', { ...http(4002), ...kafka, ...postgres, DIR: { schema: z.string().default('/home/somebody/.stack'), doc: 'A folder, or | a pipe.', example: '.stack' } }),
];
const row = (key: string) => renderMarkdown(definitions).split('\n').filter((line) => line.startsWith(`| \`${key}\``));

describe('the page', () => {
  it('has a row for each key, with its default and who reads it', () => {
    expect(row('HOST')).toEqual(['| `HOST` | Address to listen on. Only this machine, unless told otherwise. | `127.0.0.1` | one, two |']);
    expect(row('PORT')[0]).toContain('| `4001` one, `4002` two | one, two |');
    expect(row('TOPIC_PREFIX')[0]).toContain('| empty | one, two |');
  });
  it('says what is required, and what is secret', () => {
    expect(row('KAFKA_BROKERS')[0]).toContain('**required**, like `127.0.0.1:9092`');
    expect(row('MASTER_KEY')[0]).toContain('**required**, secret | one |');
  });
  it('shows the example of a default that is this machine’s', () => expect(row('DIR')).toEqual(['| `DIR` | A folder, or \\| a pipe. | `.stack` | two |']));
  it('has a row for each meaning of a key', () => {
    const other = defineConfig('three', { HOST: { schema: z.string().optional(), doc: 'Something else.' } });
    expect(renderMarkdown([...definitions, other]).match(/^\| `HOST`/gm)).toHaveLength(2);
  });
});

describe('the example', () => {
  const text = renderEnvExample(definitions);
  it('names each key once, commented out', () => {
    expect(text.split('\n').every((line) => line === '' || line.startsWith('#'))).toBe(true);
    expect(text.match(/^#KAFKA_BROKERS=127\.0\.0\.1:9092$/gm)).toHaveLength(1);
    expect(text.match(/^#PORT=$/gm)).toHaveLength(1);
    expect(text).toMatch(/^#HOST=127\.0\.0\.1$/m);
  });
  it('says how a copy of it is used', () => expect(text).toContain('set -a; . ./.env; set +a'));
  it('holds no secret', () => expect(text).toMatch(/^#MASTER_KEY=\n/m));
  it('says what is said on the page', () => expect(text.replaceAll('\n# ', ' ')).toContain('not set: 4001 one, 4002 two'));
});

describe('the files', () => {
  const root = mkdtempSync(join(tmpdir(), 'config-docs-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const appConfig = (app: string, text: string) => {
    mkdirSync(join(root, 'apps', app, 'src'), { recursive: true });
    writeFileSync(join(root, 'apps', app, 'src/config.ts'), text);
  };

  it('are made of the shared blocks while there is no app', async () => {
    const files = renderFiles(await readDefinitions(root));
    expect(files.get('docs/configuration.md')).toMatch(/`MASTER_KEY`.*no app yet/);
  });
  it('are made of what the apps export', async () => {
    appConfig('one', `export const config = { app: 'one', keys: {} };\nexport const other = 1;\n`);
    expect(await readDefinitions(root)).toEqual([{ app: 'one', keys: {} }]);
    appConfig('two', 'export const other = 1;\n');
    await expect(readDefinitions(root)).rejects.toThrow('apps/two/src/config.ts must export one definition');
  });
  it('are out of date when missing or changed', () => {
    const files = renderFiles(definitions);
    expect(outdatedFiles(root, files)).toEqual(['.env.example', 'docs/configuration.md']);
    mkdirSync(join(root, 'docs'));
    for (const [name, text] of files) writeFileSync(join(root, name), text);
    expect(outdatedFiles(root, files)).toEqual([]);
    writeFileSync(join(root, '.env.example'), 'changed');
    expect(outdatedFiles(root, files)).toEqual(['.env.example']);
  });
});
