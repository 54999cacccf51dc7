import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startStack, stopStack, type StackOptions } from '@touchpoint/stack';
import { eventually } from '@touchpoint/testing';
import { startSystem, type System } from '../system/index.ts';

/** Room for an empty system and some thousand events. */
const DISK_MB = 48;
/** A disk that can be filled without filling that of others is made by root alone. */
const onDisks = process.getuid?.() === 0 && existsSync('/proc/mounts') ? describe : describe.skip;

let stackOptions: StackOptions;
let dir: string;
let disk: string;
let system: System;
let pool: pg.Pool;
const accepted = new Set<string>();
let number = 0;

/** Takes all the room that is left, to the last block. */
const fill = (): void => {
  for (const size of [1 << 20, 1 << 12]) {
    const file = openSync(join(disk, `filler-${size}`), 'w');
    try {
      for (const block = Buffer.alloc(size, 1); ;) writeSync(file, block);
    } catch (error) {
      expect((error as { code?: string }).code).toBe('ENOSPC');
    } finally {
      closeSync(file);
    }
  }
};
const empty = (): void => {
  for (const size of [1 << 20, 1 << 12]) rmSync(join(disk, `filler-${size}`), { force: true });
};
/** A batch of people who were there before, so that ingest needs no key from Postgres. @returns its status */
const post = async (): Promise<number> => {
  const ids = Array.from({ length: 100 }, () => `disk-${(number += 1)}`);
  const batch = ids.map((messageId, i) => ({ type: 'track', event: 'Order Completed', messageId, userId: `u-${i}`, timestamp: new Date().toISOString(), properties: { order_id: `o-${messageId}`, currency: 'EUR', total: 1, coupon: 'x'.repeat(400) } }));
  const answer = await fetch(`${system.urlOf('ingest-api')}/v1/batch`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${system.keys.write}:`).toString('base64')}` }, body: JSON.stringify({ batch }), signal: AbortSignal.timeout(15_000) });
  await answer.arrayBuffer();
  if (answer.status === 200) for (const id of ids) accepted.add(id);
  return answer.status;
};
const failing = async (app: string): Promise<boolean> => /^touchpoint_consumer_partition_failing\{.*\} 1$/m.test(await (await fetch(`${system.urlOf(app)}/metrics`)).text());
const orders = async (): Promise<ReadonlySet<string>> => new Set((await pool.query<{ order_id: string }>('select order_id from profile.orders_v1')).rows.map(({ order_id }) => order_id.slice(2)));

onDisks('Effects happen once: a Postgres whose disk is full', () => {
  beforeAll(async () => {
    const { DATABASE_URL: _d, SCHEMA_REGISTRY_URL: _s, ...env } = process.env;
    dir = await mkdtemp(join(tmpdir(), 'touchpoint-disk-'));
    // A Postgres of its own, whose log of writes lies elsewhere: where that has no room, Postgres ends, which `npm run crash` does to it.
    stackOptions = { dir: join(dir, 'stack'), env, parts: ['postgres'], postgres: { overrides: { fsync: 'off' } } };
    await startStack({ ...stackOptions, detach: true });
    const state = JSON.parse(readFileSync(join(stackOptions.dir!, 'stack.json'), 'utf8')) as { ports: { postgres: number }; passwords: { postgres: string }; postgresHome: string };
    disk = join(state.postgresHome, 'disk');
    await mkdir(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', disk]);
    const { uid, gid } = statSync(state.postgresHome);
    const space = join(disk, 'space');
    await mkdir(space);
    for (const path of [disk, space]) {
      chownSync(path, uid, gid);
      chmodSync(path, 0o700);
    }
    const admin = new pg.Client({ host: '127.0.0.1', port: state.ports.postgres, user: 'postgres', password: state.passwords.postgres, database: 'postgres' });
    await admin.connect();
    await admin.query(`create tablespace small location '${space}'`);
    await admin.query('create database small tablespace small');
    await admin.end();
    const databaseUrl = `postgres://postgres:${encodeURIComponent(state.passwords.postgres)}@127.0.0.1:${state.ports.postgres}/small`;
    pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    pool.on('error', () => undefined);
    system = await startSystem({ dir: join(dir, 'system'), env: process.env, databaseUrl, topicPrefix: `disk-${Date.now().toString(36)}.`, partitions: 2, apps: ['ingest-api', 'identity-resolver', 'profile-projector', 'channel-orchestrator', 'delivery-service'] });
  });
  afterAll(async () => {
    await system?.stop();
    await pool?.end();
    if (stackOptions) await stopStack({ dir: stackOptions.dir!, env: stackOptions.env! });
    if (disk) execFileSync('umount', [disk]);
    if (stackOptions) await stopStack({ dir: stackOptions.dir!, env: stackOptions.env!, wipe: true });
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  it('makes those who write to it wait, and say so; nobody ends, and nothing is parked', async () => {
    expect(await post()).toBe(200);
    await eventually('the first hundred', async () => (await orders()).size === 100);
    fill();
    // What is left in pages that are there is used up first.
    await eventually('a worker without room', async () => {
      expect([200, 503]).toContain(await post());
      return (await failing('profile-projector')) || (await failing('identity-resolver'));
    });
    await expect(pool.query("create table more as select repeat('x', 1000) as x from generate_series(1, 20000)")).rejects.toMatchObject({ code: '53100' });
    expect((await pool.query('select from log.parked')).rowCount).toBe(0);
  });

  it('loses and doubles nothing of what was acknowledged once there is room again', async () => {
    empty();
    await eventually('all that was acknowledged', async () => {
      const there = await orders();
      return [...accepted].every((id) => there.has(id));
    });
    await system.untilIdle(180_000);
    // An answer that was not 200 says that it is not known: those may be there as well.
    const counted = Number((await pool.query('select sum(events) as n from profile.activity_v1')).rows[0].n);
    const entries = Number((await pool.query("select count(*) as n from profile.timeline_index where type = 'OrderCompleted'")).rows[0].n);
    expect(entries).toBe((await orders()).size);
    expect(counted).toBeGreaterThanOrEqual(entries);
    expect((await pool.query('select from log.parked')).rowCount).toBe(0);
    expect(accepted.size).toBeGreaterThan(100);
    expect(system.processes().filter(({ restarts }) => restarts > 0)).toEqual([]);
  });
});
