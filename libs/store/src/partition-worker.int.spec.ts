import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog } from '@touchpoint/host';
import type { PartitionWorker } from '@touchpoint/log';
import { broken, effectsOf } from './effects.fixture.ts';
import { eventually } from './eventually.fixture.ts';
import { numbered, workerSystem, type WorkerSystem } from './worker-system.fixture.ts';

let system: WorkerSystem;
beforeAll(async () => {
  system = await workerSystem(process.env);
});
afterAll(() => system?.end());

const owns = (worker: PartitionWorker) => worker.state.filter(({ next }) => next !== undefined).length;
const processed = (topic: string, rows: number) =>
  eventually(`${rows} effects`, async () => {
    const seen = await effectsOf(system.pool, topic);
    if (seen.rows < rows) throw new Error(JSON.stringify({ ...seen, upTo: [...seen.upTo] }));
    return seen;
  });

describe('one worker', () => {
  it('takes every record once, in order, over a stop and a new start', async () => {
    const topic = await system.topic('one', 3);
    for (const partition of [0, 1, 2]) await system.appender.append(numbered(topic, partition, 2_500));
    const first = system.worker(topic, { name: 'first', chunk: 400 });
    await first.start();
    await processed(topic, 1_000);
    await first.stop();
    const second = system.worker(topic, { name: 'second', reader: system.reader });
    await second.start();
    await system.appender.append(numbered(topic, 1, 500, 2_500));
    expect(await processed(topic, 8_000)).toEqual({ rows: 8_000, distinct: 8_000, upTo: new Map([[0, 2_500], [1, 3_000], [2, 2_500]]) });
    const { rows } = await system.pool.query('select partition from (select partition, value::int as v, row_number() over (partition by partition order by "offset") - 1 as n from effect where topic = $1) t where v <> n', [topic]);
    expect(rows).toEqual([]);
    await second.stop();
  });

  it('ticks idle partitions, with the end of the log and a time before it was read', async () => {
    const topic = await system.topic('ticks', 2);
    await system.appender.append(numbered(topic, 0, 5));
    const ticks: { partition: number; end: number; at: number }[] = [];
    const worker = system.worker(topic, { name: 'ticked', onTick: (partition, tick) => void ticks.push({ partition, ...tick }) });
    const before = Date.now();
    await worker.start();
    await eventually('ticks of both', () => [0, 1].every((partition) => ticks.filter((tick) => tick.partition === partition).length >= 2));
    await eventually('the end', () => ticks.some(({ partition, end }) => partition === 0 && end === 5) && ticks.some(({ partition, end }) => partition === 1 && end === 0));
    expect(Math.min(...ticks.map(({ at }) => at))).toBeGreaterThanOrEqual(before);
    await worker.stop();
    const count = ticks.length;
    await system.appender.append(numbered(topic, 0, 5));
    let since = 0;
    const other = system.worker(topic, { name: 'ticks on', onTick: () => void (since += 1) });
    await other.start();
    await eventually('ticks of another', () => since >= 4);
    await other.stop();
    expect(ticks).toHaveLength(count);
  });

  it('lets the batch in hand commit when it stops', async () => {
    const topic = await system.topic('stopping', 1);
    await system.appender.append(numbered(topic, 0, 100));
    let reached = () => undefined as void;
    const inHand = new Promise<void>((resolve) => (reached = resolve));
    let go = () => undefined as void;
    const gone = new Promise<void>((resolve) => (go = resolve));
    const worker = system.worker(topic, { name: 'stopping', chunk: 60, mayFail: async (at) => {
      if (at !== 'within') return;
      reached();
      await gone;
    } });
    await worker.start();
    await inHand;
    const stopped = worker.stop();
    go();
    await stopped;
    expect(await effectsOf(system.pool, topic)).toMatchObject({ rows: 60, distinct: 60 });
  });

  it('is told apart from the others by the partition that fails: they go on', async () => {
    const topic = await system.topic('failing', 2);
    const worker = system.worker(topic, { name: 'failing', backoffMs: [60_000, 60_000] });
    await system.pool.query('alter table effect add constraint poison check (topic <> $$' + topic + '$$ or partition <> 1)');
    await worker.start();
    await system.appender.append([...numbered(topic, 0, 10), ...numbered(topic, 1, 10)]);
    await eventually('the failure', () => worker.state.some(({ partition, error }) => partition === 1 && error !== undefined));
    await system.appender.append(numbered(topic, 0, 10, 10));
    expect((await processed(topic, 20)).upTo).toEqual(new Map([[0, 20]]));
    await worker.stop();
    await system.pool.query('alter table effect drop constraint poison');
  });

  it('mirrors its positions to the group, for lag tools', async () => {
    const topic = await system.topic('mirrored', 2);
    await system.appender.append(numbered(topic, 1, 42));
    const worker = system.worker(topic, { name: 'mirrored' });
    await worker.start();
    await processed(topic, 42);
    await worker.stop();
    const admin = system.kafka.admin();
    await admin.connect();
    const [offsets] = await admin.fetchOffsets({ groupId: `${topic}.group`, topics: [topic] });
    await admin.disconnect();
    expect(offsets!.partitions.find(({ partition }) => partition === 1)?.offset).toBe('42');
  });

  it('says so when somebody sets its offsets in Kafka, which move nothing, and puts the mirror right', async () => {
    const topic = await system.topic('reset', 2);
    const group = `${topic}.group`;
    await system.appender.append([...numbered(topic, 0, 10), ...numbered(topic, 1, 42)]);
    const told: object[] = [];
    const warned: string[] = [];
    const log = { ...silentLog, warn: (_fields: object, message: string) => void warned.push(message), with: () => log } as typeof silentLog;
    const start = async (name: string) => {
      const worker = system.worker(topic, { name, log, onForeignOffset: (found) => void told.push(found) });
      await worker.start();
      return worker;
    };
    const admin = system.kafka.admin();
    await admin.connect();
    const mirrored = async () => (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0]!.partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset));
    try {
      const first = await start('before');
      await processed(topic, 52);
      await expect(admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 1, offset: '3' }] })).rejects.toThrow();
      await first.stop();
      expect(await mirrored()).toEqual([10, 42]);
      await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 1, offset: '3' }] });
      expect(await mirrored()).toEqual([10, 3]);
      const second = await start('after');
      await eventually('that the mirror is right again', async () => (await mirrored())[1] === 42);
      expect(told).toEqual([{ topic, partition: 1, offset: 3, position: 42 }]);
      expect(warned.filter((message) => message.includes('npx touchpoint replay'))).toHaveLength(1);
      await system.appender.append(numbered(topic, 1, 1, 42));
      expect(await processed(topic, 53)).toMatchObject({ rows: 53, distinct: 53 });
      await second.stop();
      const third = await start('undisturbed');
      await eventually('its partitions', () => owns(third) === 2);
      await third.stop();
      expect(told).toHaveLength(1);
    } finally {
      await admin.disconnect();
    }
  });

  it('can be stopped while it joins, and leaves nobody behind', async () => {
    const topic = await system.topic('hasty', 1);
    const worker = system.worker(topic, { name: 'hasty' });
    const started = worker.start();
    await worker.stop();
    await started;
    const admin = system.kafka.admin();
    await admin.connect();
    await eventually('an empty group', async () => {
      const { groups } = await admin.describeGroups([`${topic}.group`]);
      return groups[0]!.members.length === 0;
    });
    await admin.disconnect();
  });
});

describe('Effects happen once: two workers', () => {
  it('share the partitions, and one takes over all when the other leaves', async () => {
    const topic = await system.topic('shared', 4);
    const a = system.worker(topic, { name: 'a' });
    await a.start();
    await eventually('a has all', () => owns(a) === 4);
    const b = system.worker(topic, { name: 'b' });
    await b.start();
    await eventually('both have two', () => owns(a) === 2 && owns(b) === 2);
    await a.stop();
    await eventually('b has all', () => owns(b) === 4);
    await b.stop();
  });

  it('never stand still when a version is raised from outside', async () => {
    const topic = await system.topic('raised', 2);
    const [a, b] = [system.worker(topic, { name: 'a' }), system.worker(topic, { name: 'b' })];
    await Promise.all([a.start(), b.start()]);
    await eventually('one each', () => owns(a) === 1 && owns(b) === 1);
    for (const round of [0, 1, 2]) {
      for (const partition of [0, 1]) await system.raiseVersion(topic, partition);
      for (const partition of [0, 1]) await system.appender.append(numbered(topic, partition, 50, round * 50));
      await processed(topic, (round + 1) * 100);
    }
    expect(await effectsOf(system.pool, topic)).toMatchObject({ rows: 300, distinct: 300 });
    await Promise.all([a.stop(), b.stop()]);
  });

  it('effect everything exactly once while members come and go, are fenced, and fail at any point', async () => {
    const seed = Number(process.env['TOUCHPOINT_SEED'] ?? 1);
    process.stderr.write(`partition worker: SEED=${seed}\n`);
    let state = seed;
    const random = () => ((state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) / 0x7fffffff);
    const topic = await system.topic('chaos', 4);
    const TOTAL = 12_000;
    let failing = true;
    const mayFail = () => {
      if (failing && random() < 0.06) throw broken();
    };
    let names = 0;
    const make = () => system.worker(topic, { name: `w${(names += 1)}`, mayFail, chunk: 1 + Math.floor(random() * 60), maxBytesPerPartition: 2_000 + Math.floor(random() * 20_000), reader: system.reader });
    let workers = [make(), make()];
    await Promise.all(workers.map((worker) => worker.start()));
    const appended = (async () => {
      for (let from = 0; from < TOTAL / 4; from += 50) for (const partition of [0, 1, 2, 3]) await system.appender.append(numbered(topic, partition, 50, from));
    })();
    const steps: string[] = [];
    const until = Date.now() + 25_000;
    while (Date.now() < until) {
      const at = await effectsOf(system.pool, topic);
      const dice = random();
      if (dice < 0.4) {
        const partition = Math.floor(random() * 4);
        steps.push(`fence ${partition}`);
        await system.raiseVersion(topic, partition);
      } else if (dice < 0.7 && workers.length > 1) {
        steps.push('leave');
        await workers.shift()!.stop();
      } else if (workers.length < 3) {
        steps.push('join');
        const worker = make();
        workers.push(worker);
        await worker.start();
      }
      await eventually('some progress', async () => (await effectsOf(system.pool, topic)).rows > at.rows || (await effectsOf(system.pool, topic)).rows === TOTAL).catch((error: Error) => {
        throw new Error(`SEED=${seed} after ${steps.join(', ')}: ${error.message}`);
      });
      if ((await effectsOf(system.pool, topic)).rows === TOTAL) break;
    }
    failing = false;
    await appended;
    const seen = await processed(topic, TOTAL);
    expect({ seed, ...seen }).toEqual({ seed, rows: TOTAL, distinct: TOTAL, upTo: new Map([0, 1, 2, 3].map((partition) => [partition, TOTAL / 4])) });
    await Promise.all(workers.map((worker) => worker.stop()));
    workers = [];
    expect(steps.length).toBeGreaterThan(0);
  });
});
