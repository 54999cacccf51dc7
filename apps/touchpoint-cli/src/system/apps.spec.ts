import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instancesOf, portVariable, presentApps } from './apps.ts';

describe('a checkout that has some of the apps', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'touchpoint-apps-'));
    for (const name of ['query-api', 'identity-resolver', 'something-else']) {
      mkdirSync(join(root, 'apps', name, 'src'), { recursive: true });
      writeFileSync(join(root, 'apps', name, 'src/main.ts'), '');
    }
    mkdirSync(join(root, 'apps/ingest-api/src'), { recursive: true });
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('has those whose folder is filled', () => expect(presentApps(root).map(({ name }) => name)).toEqual(['query-api', 'identity-resolver']));

  it('names each process of them', () => {
    expect(instancesOf(presentApps(root), { 'identity-resolver': 3 }).map(({ name, replica }) => `${name} ${replica}`)).toEqual(['query-api 1', 'identity-resolver 1', 'identity-resolver-2 2', 'identity-resolver-3 3']);
  });

  it('names the variable of a port after the app', () => expect(portVariable('ingest-api')).toBe('INGEST_API_PORT'));
});
