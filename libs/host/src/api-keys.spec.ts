import { describe, expect, it } from '@jest/globals';
import { failureKind } from '@touchpoint/kernel';
import { generateKey, hashSecret } from './access-key.ts';
import { newKeyIssues, tableApiKeys, type ApiKeysOptions } from './api-keys.ts';
import { manualClock } from './testing/manual-clock.ts';

const key = generateKey();
const row = { id: key.id, name: 'shop', secret_hash: hashSecret(key.secret), scopes: ['events:write'], max_event_bytes: null, max_batch_bytes: 9, created_at: new Date(0), revoked_at: null };

/** A table of one key that counts how often it is asked, and may be held or broken. */
const table = (options: ApiKeysOptions = {}) => {
  const clock = manualClock();
  const state = { asked: 0, gone: false, error: undefined as Error | undefined, hold: Promise.resolve() };
  const pool = {
    query: async (_sql: string, [id]: string[]) => {
      state.asked += 1;
      await state.hold;
      if (state.error) throw state.error;
      return { rows: id === key.id && !state.gone ? [row] : [], rowCount: 1 };
    },
  };
  return { clock, state, keys: tableApiKeys(pool as never, clock, options) };
};
const kindAndCode = (promise: Promise<unknown>) => promise.then(() => 'fine', (error: unknown) => [failureKind(error), (error as { code?: string }).code]);

describe('verifying', () => {
  it('tells the caller from the table, once for all who ask', async () => {
    const { keys, state } = table();
    const callers = await Promise.all([keys.verify(key), keys.verify(key), keys.verify(key)]);
    expect(callers[0]).toEqual({ keyId: key.id, name: 'shop', scopes: ['events:write'], limits: { maxEventBytes: null, maxBatchBytes: 9 } });
    expect(callers[1]).toBe(callers[0]);
    await keys.verify(key);
    expect(state.asked).toBe(1);
  });
  it('refuses a wrong secret without asking anew', async () => {
    const { keys, state } = table();
    await keys.verify(key);
    expect(await keys.verify({ ...key, secret: generateKey().secret })).toBeNull();
    expect(state.asked).toBe(1);
  });
  it('believes the table for 30 s and no longer, however it is set', async () => {
    const { keys, state, clock } = table({ ttlMs: 3_600_000 });
    await keys.verify(key);
    state.gone = true;
    clock.advance(29_999);
    expect(await keys.verify(key)).not.toBeNull();
    clock.advance(1);
    expect(await keys.verify(key)).toBeNull();
  });
  it('lets nobody in by a key that was revoked here', async () => {
    const { keys, state } = table();
    await keys.verify(key);
    await keys.revoke(key.id);
    state.gone = true;
    expect(await keys.verify(key)).toBeNull();
  });
});

describe('under guessing', () => {
  it('asks once for an unknown id', async () => {
    const { keys, state } = table();
    const unknown = generateKey();
    for (let i = 0; i < 5; i += 1) expect(await keys.verify(unknown)).toBeNull();
    expect(state.asked).toBe(1);
  });
  it('forgets no key that is in use, and remembers no more than its bound', async () => {
    const { keys, state } = table({ maxEntries: 10 });
    await keys.verify(key);
    const first = generateKey();
    await keys.verify(first);
    for (let i = 0; i < 50; i += 1) await keys.verify(generateKey());
    const before = state.asked;
    await keys.verify(key);
    expect(state.asked).toBe(before);
    await keys.verify(first);
    expect(state.asked).toBe(before + 1);
  });
  it('refuses what is beyond its look-ups, while known keys are let in', async () => {
    const { keys, state } = table({ maxLookups: 2 });
    await keys.verify(key);
    let release = () => undefined as void;
    state.hold = new Promise((resolve) => { release = resolve; });
    const held = [keys.verify(generateKey()), keys.verify(generateKey())];
    expect(await kindAndCode(keys.verify(generateKey()))).toEqual(['Transient', 'ACCESS.BUSY']);
    expect(await keys.verify(key)).not.toBeNull();
    release();
    expect(await Promise.all(held)).toEqual([null, null]);
    expect(await keys.verify(generateKey())).toBeNull();
  });
});

describe('without an answer from Postgres', () => {
  it.each([['ECONNREFUSED', 'Transient', 'ACCESS.UNAVAILABLE'], [undefined, 'Transient', 'ACCESS.UNAVAILABLE'], ['57P03', 'Transient', 'ACCESS.UNAVAILABLE'], ['42P01', 'Defect', '42P01']])('%s is %s', async (code, kind, expected) => {
    const { keys, state } = table();
    state.error = Object.assign(new Error('x'), { code });
    expect(await kindAndCode(keys.verify(key))).toEqual([kind, expected]);
    state.error = undefined;
    expect(await keys.verify(key)).not.toBeNull();
  });
});

describe('a new key', () => {
  it('is refused with all that is wrong with it', () =>
    expect(newKeyIssues({ name: 'Anna@shop', scopes: ['everything' as never], limits: { maxEventBytes: 0, maxBatchBytes: 1.5 } }).map(({ path }) => path)).toEqual(['name', 'scopes.0', 'limits.maxEventBytes', 'limits.maxBatchBytes']));
  it('needs a scope', () => expect(newKeyIssues({ name: 'shop', scopes: [] }).map(({ code }) => code)).toEqual(['ACCESS.NO_SCOPE']));
  it('is fine otherwise', () => expect(newKeyIssues({ name: 'shop-2.web', scopes: ['events:write'], limits: { maxEventBytes: 5_000_000 } })).toEqual([]));
});
