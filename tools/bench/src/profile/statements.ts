import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Stack } from '@touchpoint/stack';

/** A statement and what it cost so far, as pg_stat_statements has it. */
export type Statement = Readonly<{ text: string; calls: number; rows: number; ms: number; planMs: number; walMb: number; blocks: number }>;
/** All statements since the reset, those that begin and end transactions with them. */
export type Counts = Readonly<{ statements: number; transactions: number }>;
export type Statements = Readonly<{ reset: () => Promise<void>; counts: () => Promise<Counts>; top: (count: number) => Promise<readonly Statement[]>; close: () => Promise<void> }>;

type Row = { query: string; calls: string; rows: string; ms: number; plan_ms: number; wal: string; blocks: string };
const SQL = `select query, calls, rows, total_exec_time as ms, total_plan_time as plan_ms, wal_bytes as wal, shared_blks_hit + shared_blks_read as blocks
  from pg_stat_statements order by total_exec_time desc limit $1`;

/** Only a superuser may make the extension; the bench's own stack, which ends with it, has one. */
export const openStatements = async (stack: Stack): Promise<Statements> => {
  const { passwords } = JSON.parse(await readFile(join(stack.dir, 'stack.json'), 'utf8')) as { passwords: { postgres: string } };
  const { hostname, port } = new URL(stack.databaseUrl);
  const client = new pg.Client({ host: hostname, port: Number(port), user: 'postgres', password: passwords.postgres, database: 'postgres' });
  await client.connect();
  await client.query('create extension if not exists pg_stat_statements');
  const committed = async (): Promise<number> => Number((await client.query<{ n: string }>('select sum(xact_commit) as n from pg_stat_database')).rows[0]!.n);
  let before = 0;
  return {
    reset: async () => {
      await client.query('select pg_stat_statements_reset()');
      before = await committed();
    },
    counts: async () => {
      const { rows } = await client.query<{ n: string }>('select sum(calls) as n from pg_stat_statements');
      return { statements: Number(rows[0]!.n), transactions: (await committed()) - before };
    },
    top: async (count) =>
      (await client.query<Row>(SQL, [count])).rows.map(({ query, calls, rows, ms, plan_ms, wal, blocks }) => ({
        text: query.replaceAll(/\s+/g, ' ').trim(), calls: Number(calls), rows: Number(rows), ms, planMs: plan_ms, walMb: Number(wal) / 1e6, blocks: Number(blocks),
      })),
    close: () => client.end(),
  };
};
