import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseKey } from '@touchpoint/host/access';
import { memoryApiKeys } from '@touchpoint/host/testing';
import { ensureOwnKeys, makeFirstKeys, readOwnKeys, type KeyTexts } from './first-keys.ts';
import { placesOf, type Places } from './places.ts';

let places: Places;
beforeEach(async () => {
  places = placesOf(await mkdtemp(join(tmpdir(), 'touchpoint-keys-')));
});
afterEach(() => rm(places.dir, { recursive: true }));

const callerOf = (keys: ReturnType<typeof memoryApiKeys>, text: string) => keys.verify(parseKey(text)!);

describe('at the first start', () => {
  it('keeps keys of its own, for its owner only, and makes others to be shown', async () => {
    const keys = memoryApiKeys();
    const own = await ensureOwnKeys(keys, places);
    const first = (await makeFirstKeys(keys, own))!;
    expect((await stat(places.keys)).mode & 0o777).toBe(0o600);
    expect(await readOwnKeys(places)).toEqual(own);
    const kept = await readFile(places.keys, 'utf8');
    for (const text of Object.values(first)) expect(kept).not.toContain(text);
    expect(await callerOf(keys, first.write)).toMatchObject({ name: 'publisher', scopes: ['events:write'] });
    expect((await callerOf(keys, first.read))?.scopes).toEqual(['customers:read', 'messages:read', 'sandbox:read']);
  });

  it('names both keys for imports alike: the publisher is part of an event\'s identity', async () => {
    const keys = memoryApiKeys();
    const own = await ensureOwnKeys(keys, places);
    const [mine, shown] = await Promise.all([callerOf(keys, own.import), callerOf(keys, (await makeFirstKeys(keys, own))!.import)]);
    expect(mine?.name).toBe(shown?.name);
    expect(mine?.scopes).toContain('events:import');
    expect(mine?.limits.maxEventBytes).toBeGreaterThan(100_000);
  });
});

describe('at a later start', () => {
  let keys: ReturnType<typeof memoryApiKeys>;
  let own: KeyTexts;
  beforeEach(async () => {
    keys = memoryApiKeys();
    own = await ensureOwnKeys(keys, places);
  });

  it('still makes the first keys, where the start before failed in between', async () => {
    expect(await makeFirstKeys(keys, await ensureOwnKeys(keys, places))).toBeDefined();
  });

  it('makes none once they were made, even when they were revoked', async () => {
    const first = (await makeFirstKeys(keys, own))!;
    for (const text of Object.values(first)) await keys.revoke(parseKey(text)!.id);
    expect(await ensureOwnKeys(keys, places)).toEqual(own);
    expect(await makeFirstKeys(keys, own)).toBeUndefined();
  });

  it('makes its own anew when they are not good for the database, or cannot be read', async () => {
    const other = await ensureOwnKeys(memoryApiKeys(), places);
    expect(other).not.toEqual(own);
    await writeFile(places.keys, '{ half');
    const again = await ensureOwnKeys(keys, places);
    expect(await readOwnKeys(places)).toEqual(again);
    expect(await callerOf(keys, again.operate)).not.toBeNull();
  });
});
