import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { placesOf, type Places } from './places.ts';
import { checkSecrets, loadSecrets } from './secrets.ts';

let places: Places;
beforeEach(async () => {
  places = placesOf(await mkdtemp(join(tmpdir(), 'touchpoint-secrets-')));
});
afterEach(() => rm(places.dir, { recursive: true }));

describe('secrets', () => {
  it('are made once, for their owner only', async () => {
    const { secrets, made } = await loadSecrets(places, {});
    expect(made).toBe(true);
    for (const secret of Object.values(secrets)) expect(Buffer.from(secret, 'base64')).toHaveLength(32);
    expect((await stat(places.secrets)).mode & 0o777).toBe(0o600);
    expect(await loadSecrets(places, {})).toEqual({ secrets, made: false });
  });

  it('come from the environment where it has them, and are not kept then', async () => {
    const given = { MASTER_KEY: Buffer.alloc(32, 1).toString('base64'), SOURCE_KEY_SECRET: Buffer.alloc(32, 2).toString('base64') };
    expect(await loadSecrets(places, given)).toEqual({ secrets: given, made: false });
    await expect(readFile(places.secrets)).rejects.toThrow(/ENOENT/);
  });

  it('are not made anew over a file that cannot be read', async () => {
    await writeFile(places.secrets, '{ "MASTER_KEY": "half');
    const failed = await loadSecrets(places, {}).catch((error: unknown) => error as Error);
    expect((failed as Error).message).toContain(places.secrets);
    expect((failed as Error).message).not.toContain('half');
  });

  it('that cannot open what the database holds are refused', async () => {
    const { secrets } = await loadSecrets(places, {});
    const database = (rows: readonly object[]) => ({ query: () => Promise.resolve({ rows }) }) as never;
    await checkSecrets(database([]), secrets, places);
    await expect(checkSecrets(database([{}]), secrets, places)).rejects.toMatchObject({ code: 'SYSTEM.OTHER_MASTER_KEY' });
  });
});
