import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ERASED, type CustomerId } from '@touchpoint/kernel';
import { projections } from '@touchpoint/profile';
import { ADA, anyTimeline, BEN, CYD, FOLDED, happened, sealed, type Happened } from '@touchpoint/profile/testing';
import { foldingInto, MergedRows, projectionTable, transaction, type Pool } from '@touchpoint/store';
import { specPool } from '@touchpoint/testing';
import { migrations } from './profile.migrations.ts';

let pool: Pool;
specPool(migrations, (its) => (pool = its));
const tables = projections.map((projection) => projectionTable(projection));
const folding = foldingInto(tables);
const personal = tables.filter(({ cleared }) => cleared);

const erasedOf = (of: CustomerId) => happened('CustomerErased', { customerId: of, rootId: of, members: 1, sources: 1 }, undefined, of);
/** Timelines in which customers are erased, in the midst of what else happens. */
const timelines = fc.tuple(anyTimeline(FOLDED), fc.array(fc.tuple(fc.nat(20), fc.constantFrom(ADA, BEN, CYD)), { minLength: 1, maxLength: 3 })).map(([timeline, erasures]) =>
  erasures.reduce<readonly Happened[]>((all, [at, of]) => all.toSpliced(at % (all.length + 1), 0, erasedOf(of)), timeline).map((happening, offset): Happened => ({ ...happening, recorded: { ...happening.recorded, position: { partition: 3, offset } } })));

/** What is stored once batches of these sizes were folded, one transaction each. */
const folded = async (timeline: readonly Happened[], sizes: readonly number[]) => {
  for (const { table } of tables) await pool.query(`truncate ${table}`);
  for (let from = 0, turn = 0; from < timeline.length; turn += 1) {
    const size = sizes[turn % sizes.length]!;
    const rows = new MergedRows(folding);
    for (const { event, recorded } of timeline.slice(from, from + size)) rows.add({ recorded, type: event.type, event });
    await transaction(pool, (client) => rows.save(client));
    from += size;
  }
  return Promise.all(personal.map(async ({ table }) => (await pool.query(`select t::text as row from ${table} t order by 1`)).rows));
};

describe('read models of customers who were erased', () => {
  it('are the same wherever batches end (Replay equals live)', async () =>
    fc.assert(fc.asyncProperty(timelines, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), async (timeline, sizes) => {
      expect(await folded(timeline, sizes)).toEqual(await folded(timeline, [timeline.length]));
    }), { numRuns: 40 }));

  it('hold nothing sealed of what was said before, and all that names nobody (Erased is unreadable)', async () => {
    const ada = sealed('ada');
    const said = (of: CustomerId) => [
      happened('TraitsSet', { email: ada, emailKey: 'a'.repeat(32) as never, phone: ada, phoneKey: 'b'.repeat(32) as never, personal: [{ name: 'firstName', value: ada }], traits: '{"plan":"gold"}', removed: [] }, undefined, of, { sources: [{ kind: 'user', key: 'c'.repeat(32) as never, label: ada }] }),
      happened('DeviceRegistered', { deviceKey: 'd'.repeat(32) as never, platform: 'ios', token: ada, tokenKey: 'e'.repeat(32) as never }, undefined, of),
    ];
    for (const sizes of [[1], [9]]) {
      await folded([...said(ADA), ...said(BEN), erasedOf(ADA)], sizes);
      const text = async (of: CustomerId) => JSON.stringify(await Promise.all(tables.map(async ({ projection: { name } }) => (await pool.query(`select t::text as row from profile."${name.replaceAll('-', '_')}" t where customer_id = $1`, [of])).rows)));
      const forms = [Buffer.from(ada).toString('base64'), Buffer.from(ada).toString('hex')];
      for (const form of forms) expect([(await text(ADA)).includes(form), (await text(BEN)).includes(form)]).toEqual([false, true]);
      expect(await text(ADA)).toContain('gold');
      expect((await pool.query('select channel from profile.contact_points where customer_id = $1 order by 1', [ADA])).rows).toEqual(['email', 'push', 'sms'].map((channel) => ({ channel })));
    }
  });

  it('are told of it by the name that identity gives the fact', () => expect(erasedOf(ADA).event.type).toBe(ERASED));
});
