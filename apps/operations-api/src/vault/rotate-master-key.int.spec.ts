import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { SourceKey } from '@touchpoint/kernel';
import type { Pool } from '@touchpoint/store';
import { specPool } from '@touchpoint/testing';
import { keysByMaster, masterKeyOf, masterKeysOf, migrations, publicSigningKey, signingKey, Vault } from '@touchpoint/vault';
import type { Running } from '../operation.ts';
import { RotateMasterKey } from './rotate-master-key.operation.ts';

let pool: Pool;
specPool(migrations, (its) => (pool = its));
const [former, next] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];

describe('rotate-master-key', () => {
  it('is dry at first, can be stopped and goes on, and is done when the former key wraps nothing', async () => {
    const vault = Vault.open(pool, masterKeysOf({ MASTER_KEY: former }), { clock: { now: Date.now } });
    await vault.keysFor(Array.from({ length: 1_200 }, () => randomBytes(16).toString('hex') as SourceKey));
    await signingKey(pool, masterKeysOf({ MASTER_KEY: former }));
    vault.close();
    const signedBy = await publicSigningKey(pool);
    const rotation = new RotateMasterKey(pool, { MASTER_KEY: next, MASTER_KEY_RING: [former] });
    let kept: unknown;
    const stop = new AbortController();
    const running = (more: Partial<Running> = {}): Running => ({
      id: 'r', apply: true, who: 'sre', why: 'yearly', signal: new AbortController().signal, resumed: kept, tell: () => undefined, keep: async (cursor) => { kept = cursor; }, ...more,
    });

    expect(await rotation.run({}, running({ apply: false }))).toMatchObject({ figures: { keys: 1_201 } });
    expect([...(await keysByMaster(pool)).values()]).toEqual([1_201]);

    await expect(rotation.run({}, running({ signal: stop.signal, keep: async (cursor) => { kept = cursor; stop.abort(new Error('stopped')); } }))).rejects.toThrow('stopped');
    expect(kept).toMatchObject({ keys: 500 });
    const [nextId, formerId] = [next, former].map((key) => masterKeyOf(key).id) as [string, string];
    expect(Object.fromEntries(await keysByMaster(pool))).toEqual({ [nextId]: 501, [formerId]: 700 });

    expect(await rotation.run({}, running())).toMatchObject({ figures: { master: nextId, keys: 1_200, left: 0 } });
    expect(Object.fromEntries(await keysByMaster(pool))).toEqual({ [nextId]: 1_201 });
    expect(await publicSigningKey(pool)).toBe(signedBy);
    await expect(signingKey(pool, masterKeysOf({ MASTER_KEY: former }))).rejects.toMatchObject({ code: 'VAULT.MASTER' });
    expect((await signingKey(pool, masterKeysOf({ MASTER_KEY: next }))).type).toBe('private');
  });
});
