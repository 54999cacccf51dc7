import { message, type DataOf, type Draft, type MessageName } from '@touchpoint/contracts';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { parseDecimal, type CustomerId, type Decimal, type Instant, type Meta, type Projection, type SourceKey } from '@touchpoint/kernel';
import { projections } from '@touchpoint/profile';
import { foldingInto, MergedRows, migrations as logMigrations, projectionTable, transaction, type Pool } from '@touchpoint/store';
import { migrations } from '../analytics.migrations.ts';

const tables = projections.map((projection) => projectionTable(projection as Projection));
const BEFORE = [{ id: 'schemas', sql: 'create schema if not exists log' }, ...logMigrations, ...tables.map(({ migration }) => migration)];

export const money = (text: string): Decimal => parseDecimal(text)!;
export const customer = (n: number): CustomerId => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` as CustomerId;
export const key = (name: string): SourceKey => Buffer.from(name).toString('hex').padEnd(32, '0').slice(0, 32) as SourceKey;
export const commandId = (n: number): string => `7f3b0c1a-5d7e-5a0b-8c55-${n.toString(16).padStart(12, '0')}`;

export type Analytics = Readonly<{
  database: FreshDatabase;
  /** Something that happened to a customer, folded into the read models as the projector does. */
  happened: <N extends MessageName>(n: number, type: N, data: Draft<DataOf<N>>, at: Instant, meta?: Partial<Meta>) => void;
  /** Writes what happened so far. */
  save: () => Promise<void>;
  /** Asks as the role `analyst`, in a transaction that is rolled back. */
  ask: <Row = Record<string, unknown>>(sql: string) => Promise<readonly Row[]>;
}>;

/** Read models with nothing in them, and the views over them. */
export const startAnalytics = async (databaseUrl: string | undefined): Promise<Analytics> => {
  const database = await freshDatabase(databaseUrl, [...BEFORE, ...migrations]);
  // Who made a role may give it to itself.
  await database.pool.query('grant analyst to current_user').catch(() => undefined);
  const rows = new MergedRows(foldingInto(tables));
  let offset = 0;
  return {
    database,
    happened: (n, type, draft, at, meta = {}) => {
      offset += 1;
      const recorded = {
        customerId: customer(n), position: { partition: 0, offset }, recordedAt: at,
        meta: { messageId: `m${offset}`, publisher: 'shop', occurredAt: at, receivedAt: at, historical: false, sources: [], link: 'none' as const, digest: '0'.repeat(32), correlationId: null, causationId: null, ...meta },
      };
      rows.add({ recorded, type, event: message(type, draft) });
    },
    save: () => transaction(database.pool as Pool, async (client) => {
      await rows.save(client);
    }),
    ask: async (sql) => {
      const client = await database.pool.connect();
      try {
        await client.query('begin');
        await client.query('set local role analyst');
        return (await client.query(sql)).rows as never;
      } finally {
        await client.query('rollback');
        client.release();
      }
    },
  };
};
