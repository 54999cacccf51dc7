import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeTopics } from '@touchpoint/log';
import { effectsOf } from './effects.fixture.ts';
import { eventually } from './eventually.fixture.ts';
import { numbered, workerSystem, type WorkerSystem } from './worker-system.fixture.ts';

let system: WorkerSystem;
beforeAll(async () => {
  system = await workerSystem(process.env);
});
afterAll(() => system?.end());

const checkpoint = (topic: string, next: number) =>
  system.pool.query(`insert into log.checkpoint (consumer, topic, partition, next_offset) values ('spec', $1, 0, $2) on conflict (consumer, topic, partition) do update set next_offset = $2, version = checkpoint.version + 1`, [topic, next]);
const withAdmin = async (work: (admin: ReturnType<WorkerSystem['kafka']['admin']>) => Promise<unknown>) => {
  const admin = system.kafka.admin();
  await admin.connect();
  await work(admin).finally(() => admin.disconnect());
};
const deleteUpTo = (topic: string, offset: number) =>
  withAdmin(async (admin) => {
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
  });
/** Runs a worker until it says that the log does not fit. */
const fatal = async (topic: string) => {
  const errors: Error[] = [];
  const worker = system.worker(topic, { name: 'strict', reader: system.reader, onFatal: (error) => void errors.push(error) });
  await worker.start();
  const error = await eventually('the fatal error', () => errors[0]);
  return { error, worker, errors };
};

describe('a log that does not fit its checkpoint', () => {
  it('stops when it ends before the checkpoint', async () => {
    const topic = await system.topic('cut', 1);
    await system.appender.append(numbered(topic, 0, 10));
    await checkpoint(topic, 25);
    const { error, worker } = await fatal(topic);
    expect(error).toMatchObject({ kind: 'LogMismatch', code: 'LOG.CUT', message: `${topic}/0: the checkpoint is at 25, the log ends at 10: it was cut or created again. Nothing is consumed until: touchpoint restore.` });
    expect(await effectsOf(system.pool, topic)).toMatchObject({ rows: 0 });
    await worker.stop();
  });

  it('stops when it no longer holds what the checkpoint needs', async () => {
    const topic = await system.topic('gap', 1);
    await system.appender.append(numbered(topic, 0, 100));
    await deleteUpTo(topic, 60);
    await checkpoint(topic, 37);
    const { error, worker } = await fatal(topic);
    expect(error).toMatchObject({ kind: 'LogMismatch', code: 'LOG.RETENTION_GAP', message: `${topic}/0: the checkpoint needs offset 37, the log begins at 60: 23 records are gone. Raise the topic's retention, then restore.` });
    expect(await effectsOf(system.pool, topic)).toMatchObject({ rows: 0 });
    await worker.stop();
  });

  it('begins at the log\'s end or at its begin without complaint', async () => {
    const topic = await system.topic('fits', 1);
    await system.appender.append(numbered(topic, 0, 100));
    await deleteUpTo(topic, 60);
    await checkpoint(topic, 60);
    const worker = system.worker(topic, { name: 'fits' });
    await worker.start();
    await eventually('the rest', async () => (await effectsOf(system.pool, topic)).rows === 40);
    await worker.stop();
    const again = system.worker(topic, { name: 'fits' });
    await again.start();
    await system.appender.append(numbered(topic, 0, 1));
    await eventually('one more', async () => (await effectsOf(system.pool, topic)).rows === 41);
    await again.stop();
  });

  it('stops when records are deleted before they are reached', async () => {
    const topic = await system.topic('overtaken', 1);
    await system.appender.append(numbered(topic, 0, 50));
    const errors: Error[] = [];
    let hold = true;
    const worker = system.worker(topic, { name: 'slow', chunk: 10, maxBytesPerPartition: 300, onFatal: (error) => void errors.push(error), mayFail: async (at) => {
      if (at === 'before' && hold) await eventually('the spec', () => !hold);
    } });
    await worker.start();
    await eventually('the claim', () => worker.state[0]?.next === 0);
    for (const from of [50, 100, 150]) await system.appender.append(numbered(topic, 0, 50, from));
    await deleteUpTo(topic, 180);
    hold = false;
    const error = await eventually('the fatal error', () => errors[0]);
    expect(error).toMatchObject({ kind: 'LogMismatch', code: 'LOG.RETENTION_GAP', message: expect.stringContaining('the log begins at 180') });
    const { rows } = await effectsOf(system.pool, topic);
    expect(error.message).toContain(`needs offset ${rows}`);
    await worker.stop();
  });

  it('stops when it was created again and has grown beyond the checkpoint', async () => {
    const topic = await system.topic('again', 1);
    await system.appender.append(numbered(topic, 0, 20));
    const worker = system.worker(topic, { name: 'first', reader: system.reader });
    await worker.start();
    await eventually('all', async () => (await effectsOf(system.pool, topic)).rows === 20);
    await worker.stop();
    await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
    await eventually('a new topic', async () => {
      await withAdmin((admin) => makeTopics(admin, [{ topic, numPartitions: 1 }]));
      return true;
    });
    await system.appender.append(numbered(topic, 0, 40, 1_000));
    const { error, worker: strict } = await fatal(topic);
    expect(error).toMatchObject({ kind: 'LogMismatch', code: 'LOG.RECREATED', message: expect.stringContaining(`${topic}/0: offset 19 is not the record that the checkpoint was written behind`) });
    expect(await effectsOf(system.pool, topic)).toMatchObject({ rows: 20 });
    await strict.stop();
  });

  it('stops while it runs, when the log is created again beneath it', async () => {
    const topic = await system.topic('beneath', 1);
    await system.appender.append(numbered(topic, 0, 20));
    const errors: Error[] = [];
    const worker = system.worker(topic, { name: 'running', reader: system.reader, onFatal: (error) => void errors.push(error) });
    await worker.start();
    await eventually('all', async () => (await effectsOf(system.pool, topic)).rows === 20);
    await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
    await eventually('a new topic', async () => {
      await withAdmin((admin) => makeTopics(admin, [{ topic, numPartitions: 1 }]));
      return true;
    });
    const error = await eventually('the fatal error', () => errors[0]);
    expect(error).toMatchObject({ kind: 'LogMismatch', code: 'LOG.CUT', message: expect.stringContaining('the checkpoint is at 20, the log ends at 0') });
    await worker.stop();
  });

  it('stops while it runs, when the log was created again beneath it and has grown beyond where it stands, while no fetch was at the broker', async () => {
    const topic = await system.topic('regrown', 1);
    const errors: Error[] = [];
    let [held, hold] = [false, true];
    const worker = system.worker(topic, { name: 'busy', reader: system.reader, doubtAfterMs: 0, onFatal: (error) => void errors.push(error), mayFail: async (at) => {
      if (at !== 'before') return;
      held = true;
      await eventually('the spec', () => !hold);
    } });
    await worker.start();
    // So large that nothing is fetched ahead behind it.
    await system.appender.append(Array.from({ length: 20 }, (_, i) => ({ topic, partition: 0, key: `key-${i}`, value: Buffer.alloc(20_000, 'x'), headers: {} })));
    await eventually('a batch in hand', () => held);
    await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
    await eventually('a new topic', async () => {
      await withAdmin((admin) => makeTopics(admin, [{ topic, numPartitions: 1 }]));
      return true;
    });
    await system.appender.append(numbered(topic, 0, 60, 1_000));
    hold = false;
    const error = await eventually('the fatal error', () => errors[0]);
    expect(error).toMatchObject({ kind: 'LogMismatch', code: 'LOG.RECREATED', message: expect.stringContaining(`${topic}/0: offset 19 is not the record`) });
    expect(await effectsOf(system.pool, topic)).toMatchObject({ rows: 20 });
    await worker.stop();
  });
});
