import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { transient } from '@touchpoint/kernel';
import { decodeOrigin, MAX_RECORD_BYTES, ORIGIN, type Appender, type MessageWriter, type OutRecord } from '@touchpoint/log';
import { publishControl } from './control-publisher.ts';
import { migrate, migrations } from './migrate.ts';
import { createPool, type Pool } from './pool.ts';

let database: FreshDatabase;
let pool: Pool;
let log: OutRecord[] = [];
let away = false;
beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL']);
  await migrate(database.url, migrations);
  pool = createPool({ databaseUrl: database.url, name: 'spec', onError: () => undefined });
});
beforeEach(async () => {
  [log, away] = [[], false];
  await pool.query('truncate log.checkpoint, log.pending');
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const appender: Appender = {
  pendingBytes: 0,
  append: (records) => (away ? Promise.reject(transient('LOG.UNAVAILABLE', 'away')) : Promise.resolve(void log.push(...records))),
  close: () => Promise.resolve(),
};
/** Writes a note as it is. */
const writer: MessageWriter = { write: (_, data) => Buffer.from((data as unknown as { note: string }).note) };
const publish = (note: string) => publishControl({ pool, appender, writer, timeline: { topic: 'timeline', partitions: 2 } }, () => Promise.resolve({ type: 'JourneysPublished' as const, data: { note } as never, by: 'spec', at: 0 }));
const seen = () => log.map(({ partition, value, headers }) => `${partition}:${value.toString()}:${decodeOrigin(headers[ORIGIN])!.seq}`);

describe('a control record', () => {
  it('goes onto every partition, numbered', async () => {
    expect([await publish('a'), await publish('b')]).toEqual([true, true]);
    expect(seen()).toEqual(['0:a:1', '1:a:1', '0:b:2', '1:b:2']);
  });
  it('that was committed and not sent is sent by the next one, before it', async () => {
    away = true;
    await expect(publish('a')).rejects.toMatchObject({ code: 'LOG.UNAVAILABLE' });
    away = false;
    await publish('b');
    expect(seen()).toEqual(['0:a:1', '1:a:1', '0:b:2', '1:b:2']);
  });
  it('that the log would not take is refused before anything is committed, and the next one is published', async () => {
    await expect(publish('x'.repeat(MAX_RECORD_BYTES))).rejects.toMatchObject({ kind: 'InvalidMessage', code: 'LOG.TOO_LARGE' });
    expect((await pool.query('select from log.pending')).rowCount).toBe(0);
    await publish('b');
    expect(seen()).toEqual(['0:b:1', '1:b:1']);
  });
});
