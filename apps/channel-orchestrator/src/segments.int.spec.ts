import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeMeta, type DataOf, type Draft, type MessageName } from '@touchpoint/contracts';
import { DAY, derivedId, partitionOf, type CustomerId, type Meta } from '@touchpoint/kernel';
import { createMessageReader, createMessageWriter, createRegistry, createSequencer, dropRepeats, encodeOrigin, META, ORIGIN, TOPICS, TYPE, type MessageReader, type MessageWriter, type OutRecord } from '@touchpoint/log';
import { publicationAs, publicationChecker, type Publication } from '@touchpoint/orchestration';
import { migrations as logMigrations, publishControl } from '@touchpoint/store';
import { createTestSystem, endApp, eventually, startApp, type TestSystem } from '@touchpoint/testing';
import { migrations } from './orchestration.migrations.ts';

const NOW = Date.now();
let system: TestSystem;
let writer: MessageWriter;
let reader: MessageReader;
const processes: ChildProcess[] = [];
const sequencer = createSequencer(new Map());

const customer = (n: number) => derivedId('customer', 'spec', String(n)) as CustomerId;
const event = <N extends MessageName>(who: CustomerId, id: string, type: N, data: Draft<DataOf<N>>, at: number): OutRecord => {
  const topic = system.prefix + TOPICS.timeline;
  const partition = partitionOf(who, system.partitions);
  const meta: Meta = { messageId: id, publisher: 'shop', occurredAt: at, receivedAt: NOW, historical: true, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null };
  return { topic, partition, key: who, value: writer.write(type, data), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type), [ORIGIN]: encodeOrigin('spec.1/x/0/1', sequencer.next(topic, partition)) } };
};
const order = (n: number, id: string, daysAgo: number) => event(customer(n), id, 'OrderCompleted', { orderId: id, currency: 'EUR', place: 'web', lines: [] }, NOW - daysAgo * DAY);

const segment = (id: string, when: object) => ({ [`segments/${id}.json`]: JSON.stringify({ id, version: 1, name: id, when }) });
const publicationOf = (files: Readonly<Record<string, string>>): Publication => {
  const checked = publicationChecker()(files);
  if ('issues' in checked) throw new Error(JSON.stringify(checked.issues));
  return checked.publication;
};
let last: ReturnType<typeof publicationAs> | undefined;
const publish = async (files: Readonly<Record<string, string>>): Promise<number> => {
  last = publicationAs((last?.setNumber ?? 0) + 1, publicationOf(files), last);
  const data = { ...last, publishedBy: 'spec', publishedAt: Date.now() };
  await publishControl({ pool: system.pool, appender: system.appender, writer, timeline: { topic: system.prefix + TOPICS.timeline, partitions: system.partitions } }, () => Promise.resolve({ type: 'JourneysPublished' as const, by: 'spec', at: NOW, data }));
  return data.setNumber;
};
/** Says, as identity-resolver would, that everything up to an instant has been resolved. */
const resolvedUpTo = (at: number) => system.pool.query(`insert into log.checkpoint (consumer, topic, partition, resolved_to) select 'identity-resolver', '${TOPICS.received}', p, $1 from generate_series(0, $2 - 1) p
  on conflict (consumer, topic, partition) do update set resolved_to = excluded.resolved_to`, [at, system.partitions]);
const start = () => { processes.push(startApp('channel-orchestrator', { ...system.env, SESSION_TIMEOUT_MS: '6000' })); };

/** The segments' facts as readers take them. */
const facts = async (): Promise<readonly Readonly<{ key: string; type: string; data: Readonly<Record<string, unknown>> }>[]> => {
  const all = await system.readAll(TOPICS.timeline);
  const taken = Array.from({ length: system.partitions }, (_, partition) => dropRepeats(new Map(), all.filter((record) => record.partition === partition)).taken).flat();
  const ours = taken.filter(({ headers }) => ['SegmentEntered', 'SegmentLeft', 'SegmentsLive', 'HistoryFilled'].includes(headers[TYPE]!.toString()));
  await reader.prepare(ours.map(({ value }) => value));
  return ours.map(({ key, headers, value }) => ({ key, type: headers[TYPE]!.toString(), data: (reader.read(headers[TYPE]!.toString() as MessageName, value) as { data: Record<string, unknown> }).data }));
};
/** Once a set's segments count, everybody was looked at, and all that came of it has been read again. */
const settled = (set: number) => eventually(`set ${set} to count, and everybody to be looked at`, async () => {
  const [{ there, waiting }] = (await system.pool.query<{ there: number; waiting: number }>(`select (select count(*)::int from orchestration.in_force where live_set = $1 and sweep_after is null) as there,
    (select count(*)::int from orchestration.timer where due_at <= $2) + (select count(*)::int from log.pending where consumer = 'channel-orchestrator') as waiting`, [set, NOW])).rows as [{ there: number; waiting: number }];
  if (there < system.partitions || waiting > 0) return false;
  const ends = Map.groupBy(await system.readAll(TOPICS.timeline), ({ partition }) => partition);
  const { rows } = await system.pool.query<{ partition: number; next_offset: string }>("select partition, next_offset from log.checkpoint where consumer = 'channel-orchestrator'");
  return rows.every(({ partition, next_offset }) => Number(next_offset) > ends.get(partition)!.at(-1)!.offset);
}, 240_000);

beforeAll(async () => {
  system = await createTestSystem({ migrations: [...logMigrations, ...migrations] });
  const registry = createRegistry(system.env['SCHEMA_REGISTRY_URL']!);
  [writer, reader] = [await createMessageWriter(registry, system.prefix, TOPICS.timeline), createMessageReader(registry)];
  await resolvedUpTo(NOW);
});
afterAll(async () => {
  await Promise.all(processes.map((process) => endApp(process)));
  await system.end();
});

const PEOPLE = 300;
/** Customer n ordered n % 5 times, the last of them n days ago. */
const history = (): readonly OutRecord[] => Array.from({ length: PEOPLE }, (_, n) => Array.from({ length: n % 5 }, (_, i) => order(n, `${n}-${i}`, n + i))).flat();
/** One who ordered twice, of which one record was dropped when it was parked: it counts for nothing, now as then. */
const DROPPED = 2;
const drop = async (n: number) => {
  const { partition, offset, key } = (await system.readAll(TOPICS.timeline)).find((record) => record.key === customer(n))!;
  await system.pool.query("insert into log.dropped (consumer, topic, partition, \"offset\", key, code, run_id) values ('channel-orchestrator', $1, $2, $3, $4, 'spec', gen_random_uuid())", [TOPICS.timeline, partition, offset, key]);
};
const often = segment('often', { did: { event: 'OrderCompleted', within: 'P90D' }, atLeast: 2 });
const expected = Array.from({ length: PEOPLE }, (_, n) => n).filter((n) => n !== DROPPED && Array.from({ length: n % 5 }, (_, i) => n + i).filter((days) => days <= 90).length >= 2).map(customer).sort();

describe('a segment that is new', () => {
  it('is filled from history, whoever is killed meanwhile, with two processes', async () => {
    await publish({});
    await system.appender.append([...history()]);
    await drop(DROPPED);
    const set = await publish(often);
    start();
    start();
    // Killed as soon as it is under way, a little further each time.
    for (const under of ['exists (select from orchestration.in_force where filling is not null or live_set > 0)', 'exists (select from orchestration.in_force where told_set > 1 or live_set > 1)', 'exists (select from orchestration.in_force where live_set > 1)']) {
      await eventually(`filling: ${under}`, async () => (await system.pool.query(`select where ${under}`)).rowCount === 1);
      await endApp(processes.shift()!, 'SIGKILL');
      start();
    }
    await settled(set);
    const all = await facts();
    expect(all.filter(({ type }) => type === 'SegmentEntered').map(({ key }) => key).sort()).toEqual(expected);
    expect(all.filter(({ type, data }) => type === 'SegmentEntered' && data['initial'] !== true)).toEqual([]);
    expect(all.filter(({ type, data }) => type === 'SegmentsLive' && data['setNumber'] === set)).toHaveLength(system.partitions);
    expect((await system.pool.query('select from orchestration.filling')).rowCount).toBe(0);
  }, 600_000);

  it('goes on live: what history holds counts with what comes', async () => {
    const one = Array.from({ length: PEOPLE }, (_, n) => n).find((n) => n % 5 === 1 && n < 60)!;
    await system.appender.append([order(one, 'one more', 0)]);
    await eventually('it is entered', async () => (await facts()).some(({ key, type, data }) => key === customer(one) && type === 'SegmentEntered' && data['initial'] === false));
  });

  it('that asks for more of history has that filled, and what is there stays as it is', async () => {
    const before = (await facts()).length;
    const set = await publish({ ...often, ...segment('ever', { all: [{ did: { event: 'OrderCompleted' }, atLeast: 1 }, { segment: 'often' }] }) });
    await settled(set);
    const more = (await facts()).filter(({ type, data }) => (type === 'SegmentEntered' || type === 'SegmentLeft') && data['segmentId'] === 'ever');
    expect(more).toHaveLength(expected.length + 1);
    expect((await facts()).filter(({ type, data }) => type === 'SegmentLeft' && data['segmentId'] === 'often')).toEqual([]);
    expect((await facts()).length).toBeGreaterThan(before);
  });
});
