import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { failureKind, type Sealed, type SourceKey } from '@touchpoint/kernel';
import { freshDatabase, manualClock, type FreshDatabase } from '@touchpoint/host/testing';
import { randomBytes } from 'node:crypto';
import { transaction } from '@touchpoint/store';
import { dropKeys, eraseKeys } from './erasing.ts';
import { masterKeyOf, unwrapKey, type MasterKeys } from './master-key.ts';
import { migrations } from './migrations.ts';
import { keysByMaster, rewrapKeys, type Rewrapped } from './rotation.ts';
import { Vault } from './vault.ts';

const master = { current: masterKeyOf(Buffer.alloc(32, 1)) };
const sourceKey = () => randomBytes(16).toString('hex') as SourceKey;

let database: FreshDatabase;
let queries = 0;
const vaults: Vault[] = [];
const counted = { query: (...args: Parameters<FreshDatabase['pool']['query']>) => { queries += 1; return database.pool.query(...args); } } as never;
const open = (clock = manualClock(), masters: MasterKeys = master) => {
  const vault = Vault.open(counted, masters, { clock });
  vaults.push(vault);
  return vault;
};
const roundTrips = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
  const before = queries;
  const result = await work();
  return [result, queries - before];
};
const sealOne = async (vault: Vault, source: SourceKey, text: string): Promise<Sealed> => vault.seal((await vault.keysFor([source])).get(source)!, text);
const code = (promise: Promise<unknown>) => promise.then(() => undefined, (error: unknown) => [failureKind(error), (error as { code: string }).code]);

beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL'], [...migrations, ...migrations]);
});
afterAll(async () => {
  vaults.forEach((vault) => vault.close());
  await database?.drop();
});

describe('a source that was erased', () => {
  it('has no key any more, in no process once its cache is over, and is given none again', async () => {
    const [gone, other] = [sourceKey(), sourceKey()];
    const clock = manualClock();
    const [vault, elsewhere] = [open(clock), open(clock)];
    const sealed = [await sealOne(vault, gone, 'Ada'), await sealOne(vault, other, 'Ben')];
    expect(await elsewhere.unseal(sealed)).toEqual(['Ada', 'Ben']);
    expect(await eraseKeys(database.pool, [gone, sourceKey()])).toBe(1);
    expect(await open(clock).unseal(sealed)).toEqual([null, 'Ben']);
    clock.advance(60_001);
    for (const one of [vault, elsewhere]) {
      expect(await one.unseal(sealed)).toEqual([null, 'Ben']);
      expect([...(await one.keysFor([gone, other])).keys()]).toEqual([other]);
    }
    const [, asked] = await roundTrips(() => vault.keysFor([gone, other]));
    expect(asked).toBe(0);
  });
  it('is one however often, and wherever a key is made for it at the same time', async () => {
    const sources = Array.from({ length: 60 }, sourceKey);
    await Promise.all([open().keysFor([...sources].reverse()), eraseKeys(database.pool, sources), open().keysFor(sources), eraseKeys(database.pool, [...sources].reverse())]);
    expect((await open().keysFor(sources)).size).toBe(0);
    expect(await eraseKeys(database.pool, sources)).toBe(0);
  });
});

describe('a source whose key was let go', () => {
  it('gets another one, and what was sealed before stays unreadable; a tombstone stays one', async () => {
    const [source, gone] = [sourceKey(), sourceKey()];
    const before = await sealOne(open(), source, 'before');
    await eraseKeys(database.pool, [gone]);
    expect(await dropKeys(database.pool, [source, gone])).toBe(1);
    const vault = open();
    expect(await vault.unseal([before, await sealOne(vault, source, 'after')])).toEqual([null, 'after']);
    expect((await vault.keysFor([gone])).size).toBe(0);
  });
});

describe('keys of a batch', () => {
  it('are made in one round trip, and found in one', async () => {
    const sources = Array.from({ length: 500 }, sourceKey);
    const vault = open();
    const [made, first] = await roundTrips(() => vault.keysFor([...sources, ...sources]));
    expect([made.size, first]).toEqual([500, 1]);
    const [again, second] = await roundTrips(() => vault.keysFor(sources));
    expect([again, second]).toEqual([made, 0]);
    const mixed = [...sources, ...Array.from({ length: 10 }, sourceKey)];
    const [elsewhere, third] = await roundTrips(() => open().keysFor(mixed));
    expect([elsewhere.size, third]).toEqual([510, 1]);
    expect(sources.map((source) => elsewhere.get(source)!.id)).toEqual(sources.map((source) => made.get(source)!.id));
  });
  it('of no source ask nobody', async () => expect(await roundTrips(() => open().keysFor([]))).toEqual([new Map(), 0]));
  it('are the same for all that make them at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const sources = Array.from({ length: 60 }, sourceKey);
      const takers = Array.from({ length: 8 }, (_, i) => open().keysFor(i % 2 ? [...sources].reverse() : sources));
      const [first, ...others] = await Promise.all(takers);
      for (const other of others) for (const source of sources) expect(other.get(source)!.id).toBe(first!.get(source)!.id);
    }
    const { rows } = await database.pool.query('select count(*)::int as rows, count(distinct source_key)::int as sources from vault.data_key');
    expect(rows[0].rows).toBe(rows[0].sources);
  });
  it('keep nothing in clear', async () => {
    const source = sourceKey();
    const key = (await open().keysFor([source])).get(source)!;
    const { rows } = await database.pool.query('select wrapped from vault.data_key where source_key = $1', [source]);
    expect((rows[0].wrapped as Buffer).includes(key.key.export())).toBe(false);
  });
});

describe('a sealed value', () => {
  it('opens in another process, in order, in one round trip', async () => {
    const here = open();
    const sources = [sourceKey(), sourceKey(), sourceKey()];
    const sealed = await Promise.all([...sources, ...sources].map((source, i) => sealOne(here, source, `value ${i}`)));
    const [texts, trips] = await roundTrips(() => open().unseal(sealed));
    expect([texts, trips]).toEqual([['value 0', 'value 1', 'value 2', 'value 3', 'value 4', 'value 5'], 1]);
  });
  it('is redacted once its key is gone, beside others that are not (Erased is unreadable)', async () => {
    const vault = open();
    const [gone, kept] = [sourceKey(), sourceKey()];
    const sealed = [await sealOne(vault, gone, 'Anna'), await sealOne(vault, kept, 'Berta')];
    await database.pool.query('delete from vault.data_key where source_key = $1', [gone]);
    expect(await open().unseal(sealed)).toEqual([null, 'Berta']);
  });
  it('is redacted within 60 s in a process that had the key in memory (Erased is unreadable)', async () => {
    const clock = manualClock();
    const vault = open(clock);
    const source = sourceKey();
    const sealed = await sealOne(vault, source, 'Anna');
    await database.pool.query('delete from vault.data_key where source_key = $1', [source]);
    expect(await vault.unseal([sealed])).toEqual(['Anna']);
    clock.advance(60_000);
    expect(await vault.unseal([sealed])).toEqual([null]);
    const fresh = (await vault.keysFor([source])).get(source)!;
    expect(await vault.unseal([sealed, vault.seal(fresh, 'anew')])).toEqual([null, 'anew']);
  });
  it('is a defect where its key is there and it does not open', async () => {
    const vault = open();
    const sealed = await sealOne(vault, sourceKey(), 'Anna');
    sealed[sealed.length - 1]! ^= 1;
    expect(await code(vault.unseal([sealed]))).toEqual(['Defect', 'VAULT.TAG']);
  });
  it('is a defect under a key row that was given to another source', async () => {
    const vault = open();
    const [mine, theirs] = [sourceKey(), sourceKey()];
    const sealed = await sealOne(vault, mine, 'Anna');
    await vault.keysFor([theirs]);
    await database.pool.query('update vault.data_key set wrapped = (select wrapped from vault.data_key where source_key = $2) where source_key = $1', [mine, theirs]);
    expect(await code(open().unseal([sealed]))).toEqual(['Defect', 'VAULT.WRAPPING']);
  });
});

describe('after the master key was changed', () => {
  const next = masterKeyOf(Buffer.alloc(32, 2));
  it('opens what the former one wrapped, and wraps by the new one', async () => {
    const sealed = await sealOne(open(), sourceKey(), 'old');
    const vault = open(manualClock(), { current: next, others: [master.current] });
    const source = sourceKey();
    expect(await vault.unseal([sealed, await sealOne(vault, source, 'new')])).toEqual(['old', 'new']);
    const { rows } = await database.pool.query('select master_id from vault.data_key where source_key = $1', [source]);
    expect(rows).toEqual([{ master_id: next.id }]);
  });
  it('names the master key that is missing', async () => {
    const sealed = await sealOne(open(), sourceKey(), 'old');
    expect(await code(open(manualClock(), { current: next }).unseal([sealed]))).toEqual(['Defect', 'VAULT.MASTER']);
  });
});

describe('a rotation of the master key', () => {
  const next = masterKeyOf(Buffer.alloc(32, 3));
  const [before, after] = [{ ...master, others: [next] }, { current: next, others: [master.current] }];
  const step = (from: number, limit = 40) => transaction(database.pool as never, (client) => rewrapKeys(client, after, { after: from, limit }));
  /** Pass after pass, as the operation does: what is made meanwhile by who still wraps by the former key is found by a later one. */
  const rotate = async (until = Infinity) => {
    let steps = 0;
    for (let keys = 1; keys > 0; ) {
      keys = 0;
      for (let from: number | null = 0; from !== null; ) {
        if ((steps += 1) > until) return steps;
        const done: Rewrapped = await step(from);
        keys += done.keys;
        from = done.after;
      }
    }
    return steps;
  };

  it('goes on under load: old and new values are read and written by processes of either kind; after it the old key opens nothing', async () => {
    await database.pool.query('delete from vault.data_key');
    const sources = Array.from({ length: 300 }, sourceKey);
    const old = open(manualClock(), before);
    const keys = await old.keysFor(sources);
    const sealed = sources.map((source, i) => old.seal(keys.get(source)!, `value ${i}`));
    const gone = sources.slice(0, 20);
    let rotating = true;
    const seen: (string | null)[][] = [];
    /** New processes all the time, so that nothing is remembered: restarted ones, and ones that are not yet. */
    const load = async (masters: MasterKeys) => {
      while (rotating) {
        const vault = open(manualClock(), masters);
        const source = sourceKey();
        sources.push(source);
        sealed.push(await sealOne(vault, source, `value ${sealed.length}`));
        seen.push(await vault.unseal(sealed.slice(20, 300)));
      }
    };
    const loads = [load(before), load(after), load(before)];
    const erased = Promise.all(gone.map((source) => eraseKeys(database.pool, [source])));
    // Stopped in its midst, and begun again.
    await rotate(3);
    await rotate(40);
    await erased;
    rotating = false;
    await Promise.all(loads);
    await rotate();

    for (const values of seen) expect(values).toEqual(Array.from({ length: 280 }, (_, i) => `value ${i + 20}`));
    expect([...(await keysByMaster(database.pool)).keys()]).toEqual([next.id]);
    const alone = open(manualClock(), { current: next });
    const opened = await alone.unseal(sealed);
    expect(opened.slice(0, 20)).toEqual(gone.map(() => null));
    expect(opened.slice(20).every((value) => value?.startsWith('value '))).toBe(true);
    for (const one of sealed.slice(20)) expect(await code(open().unseal([one]))).toEqual(['Defect', 'VAULT.MASTER']);
    const { rows } = await database.pool.query<{ source_key: string; wrapped: Buffer }>('select source_key, wrapped from vault.data_key where wrapped is not null limit 20');
    for (const row of rows) expect(() => unwrapKey(master.current, Buffer.from(row.source_key.replaceAll('-', ''), 'hex'), row.wrapped)).toThrow('does not open');
  });
  it('keeps nothing of a step in which a row needs a key that is not there', async () => {
    await database.pool.query('delete from vault.data_key');
    await open().keysFor(Array.from({ length: 5 }, sourceKey));
    await open(manualClock(), { current: masterKeyOf(Buffer.alloc(32, 4)) }).keysFor([sourceKey()]);
    expect(await code(step(0))).toEqual(['Defect', 'VAULT.MASTER']);
    expect((await keysByMaster(database.pool)).has(next.id)).toBe(false);
  });
});

describe('without Postgres', () => {
  it('is transient', async () => {
    const vault = Vault.open({ query: () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })) } as never, master, { clock: manualClock() });
    vaults.push(vault);
    expect(await code(vault.keysFor([sourceKey()]))).toEqual(['Transient', 'STORE.UNAVAILABLE']);
  });
});
