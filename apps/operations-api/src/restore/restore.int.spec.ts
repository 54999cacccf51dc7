import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeMeta } from '@touchpoint/contracts';
import { decodeOrigin, META, ORIGIN, TOPICS, typeOf, type LogRecord } from '@touchpoint/log';
import type { Pool } from '@touchpoint/store';
import { endApp, eventually, startApp } from '@touchpoint/testing';
import { createRestorable, type Restorable } from './restored.fixture.ts';

type Placed = LogRecord & Readonly<{ partition: number }>;
let its: Restorable;
/** The databases before this one, as they were left. */
const lost: Pool[] = [];

const rows = async <R = Record<string, unknown>>(pool: Pool, sql: string): Promise<readonly R[]> => (await pool.query(sql)).rows as R[];
const LEFT = `select (select count(*) from log.pending) + (select count(*) from orchestration.timer) + (select count(*) from delivery.message where state in ('claimed', 'retry'))
  + (select count(*) from log.incarnation where restore_needed is not null) as left, (select sum(next_offset) from log.checkpoint) as at`;
/** Every log has been read to its end, and nothing is left to do. */
const settled = () => eventually('all is done', async () => {
  const behind = async (consumer: string, topic: string) => {
    const high = (await its.system.readAll(topic)).length;
    const [at] = await rows<{ sum: string | null }>(its.pool, `select sum(next_offset) from log.checkpoint where consumer = '${consumer}' and topic = '${topic}'`);
    return high - Number(at!.sum ?? 0);
  };
  const [before] = await rows<{ left: string; at: string }>(its.pool, LEFT);
  const lags = await Promise.all([['identity-resolver', TOPICS.received], ['profile-projector', TOPICS.timeline], ['channel-orchestrator', TOPICS.timeline], ['delivery-service', TOPICS.urgentCommands], ['delivery-service', TOPICS.commands]].map(([consumer, topic]) => behind(consumer!, topic!)));
  const [after] = await rows<{ left: string; at: string }>(its.pool, LEFT);
  if (lags.every((lag) => lag === 0) && Number(after!.left) === 0 && before!.at === after!.at) return true;
  throw new Error(JSON.stringify({ lags, after }));
});

const idOf = (record: Placed): string => {
  const { messageId, publisher, sources } = decodeMeta(record.headers[META]!);
  return `${record.partition} ${typeOf(record)} ${record.key} ${publisher} ${sources[0]?.key ?? ''} ${messageId}`;
};
const twice = (records: readonly Placed[]): readonly string[] => {
  const origins = Map.groupBy(records, idOf);
  return [...origins].filter(([, all]) => all.length > 1).map(([id, all]) => `${id}: ${all.map(({ headers, offset }) => `${decodeOrigin(headers[ORIGIN])!.name} at ${offset}`).join(', ')}`);
};
const said = async () => (await its.taken()).filter((record) => typeOf(record) !== 'SystemRestored');
const snapshot = async () => {
  expect(await its.operations.run('snapshot', true)).toMatchObject({ state: 'done', problem: null });
  return join(its.snapshots, readdirSync(its.snapshots).toSorted().at(-1)!);
};
/** What can be seen of a restore's steps, in their order. */
const STEPS: Readonly<Record<string, string>> = {
  'taken up': 'select attempts > 0 from operations.run where id = $1',
  'workers are kept away': 'select restore_needed is not null from log.incarnation where $1::uuid is not null',
  'the incarnation is raised': 'select number > 2 from log.incarnation where $1::uuid is not null',
  'ids are taken over': 'select count(*) > 0 from log.found where $1::uuid is not null',
  'commands are settled': `select count(*) > 0 from delivery.message where $1::uuid is not null and state = 'unknown'`,
};
/** Has a database restored by operations-api as a process of its own, which is killed each time it has come to a further step. */
const restoredUnderKills = async (): Promise<Readonly<{ unknown: number }>> => {
  await its.operations.stop();
  const id = randomUUID();
  await its.pool.query(`insert into operations.run (id, operation, arguments, apply, who, why, exclusive, state) values ($1, 'restore', '{}', true, 'spec', 'spec', 'restore', 'waiting')`, [id]);
  const run = async () => (await rows<{ state: string; attempts: number; problem: unknown; outcome: { figures: { unknown: number } } | null }>(its.pool, `select state, attempts, problem, outcome from operations.run where id = '${id}'`))[0]!;
  let kills = 0;
  for (const [step, sql] of Object.entries(STEPS)) {
    const { attempts } = await run();
    const operations = startApp('operations-api', its.operationsEnv);
    await eventually(step, async () => {
      const now = await run();
      return now.state === 'done' || (now.attempts > attempts && Object.values((await its.pool.query<Record<string, boolean>>(sql, [id])).rows[0]!)[0]);
    });
    await endApp(operations, 'SIGKILL');
    if ((await run()).state !== 'done') kills += 1;
  }
  const last = startApp('operations-api', its.operationsEnv);
  const { problem, outcome } = await eventually('the restore ends', async () => { const now = await run(); return ['done', 'failed'].includes(now.state) && now; });
  await endApp(last);
  expect(problem).toBeNull();
  expect(kills).toBeGreaterThanOrEqual(3);
  return outcome!.figures;
};
/** What a database has come to, but for positions, times of its own and keys, which are lost. */
const STATE: Readonly<Record<string, string>> = {
  customers: 'select customer_id, created_at, survivor_id, has_user, alone, erased from identity.customer order by 1',
  links: 'select source_key, kind, customer_id, since, linked_by from identity.link order by 1',
  // Of a set, as an erasure looks at them: a restore may record a source with another member, or one that is the set's own by now.
  strays: `with recursive up as (select customer_id as id, customer_id, survivor_id from identity.customer union select up.id, c.customer_id, c.survivor_id from identity.customer c join up on c.customer_id = up.survivor_id),
    root as (select id, customer_id as root from up where survivor_id is null)
    select distinct a.root, s.source_key from identity.stray s left join identity.link l using (source_key) left join root a on a.id = s.customer_id left join root b on b.id = l.customer_id where a.root is distinct from b.root order by 1, 2`,
  'event ids': 'select distinct id, digest from identity.event_id order by 1',
  states: 'select customer_id, state from orchestration.customer order by 1',
  sets: 'select set_number, digest = \'\' as none, published from orchestration.published_set order by 1',
  'in force': 'select partition, set_number, since_offset from orchestration.in_force order by 1',
  messages: 'select command_id, state from delivery.message order by 1',
  timeline: 'select customer_id, partition, "offset", type from profile.timeline_index order by 2, 3',
};
const stateOf = async (pool: Pool) => Object.fromEntries(await Promise.all(Object.entries(STATE).map(async ([name, sql]) => [name, await rows(pool, sql)] as const)));

beforeAll(async () => {
  its = await createRestorable();
  its.startWorkers();
  await its.publish();
});
afterAll(() => its.end());

describe('Effects happen once: a database that is older than the log', () => {
  let folder: string;
  it('is a snapshot, written while workers go on', async () => {
    await its.append(await its.visit('a', 20));
    await eventually('some are resolved', async () => (await rows(its.pool, 'select from identity.customer limit 1')).length > 0);
    expect((await its.operations.run('snapshot')).outcome?.summary).toMatch(/would be written/);
    expect(readdirSync(its.snapshots)).toEqual([]);
    folder = await snapshot();
  });

  it('is worked on by nobody until a restore has run', async () => {
    await its.append(await its.visit('b', 20));
    await its.publish();
    await settled();
    await its.killWorkers();
    lost.push(its.pool);
    await its.replaceDatabase(folder);
    const positions = () => rows<{ at: string; version: string }>(its.pool, "select sum(next_offset) as at, sum(version) as version from log.checkpoint where consumer <> 'profile-projector'");
    const [before] = await positions();
    its.startWorkers();
    const after = await eventually('workers ask for their partitions', async () => {
      const [now] = await positions();
      return Number(now!.version) > Number(before!.version) + 10 && now;
    });
    expect(after.at).toBe(before!.at);
  });

  it('comes to what the lost one was, and says nothing again', async () => {
    const before = await said();
    expect((await its.operations.run('restore')).outcome?.figures).toMatchObject({ forgotten: expect.any(Number), incarnation: null });
    const { outcome, problem } = await its.operations.run('restore', true);
    expect([problem, outcome?.figures]).toEqual([null, expect.objectContaining({ incarnation: 2, completed: 0, unknown: 0 })]);
    await settled();
    expect((await said()).map(idOf)).toEqual(before.map(idOf));
    expect(await stateOf(its.pool)).toEqual(await stateOf(lost.at(-1)!));
  });

  it('is restored once: where nothing was forgotten, nothing is done', async () => {
    expect((await its.operations.run('restore', true)).outcome?.summary).toMatch(/nothing to restore/);
  });

  it('with messages in flight, and a restore that is killed at each of its steps: nothing is sent twice, nothing is lost', async () => {
    const [c, d] = [await its.visit('c', 60), await its.visit('d', 60)];
    await its.append(c);
    await eventually('some are carried', async () => Number((await rows<{ n: string }>(its.pool, 'select count(*) as n from delivery.message'))[0]!.n) > 85);
    const inFlight = await snapshot();
    await its.append(d);
    await eventually('more are carried', async () => Number((await rows<{ n: string }>(its.pool, 'select count(*) as n from delivery.sandbox_message'))[0]!.n) > 180);
    await its.killWorkers();
    lost.push(its.pool);
    await its.replaceDatabase(inFlight);
    its.startWorkers();
    const { unknown } = await restoredUnderKills();
    await settled();

    const all = await said();
    expect(twice(all)).toEqual([]);
    const known = new Set(all.map((record) => decodeMeta(record.headers[META]!).messageId));
    expect([...c, ...d].map((record) => decodeMeta(record.headers[META]!).messageId).filter((id) => !known.has(id))).toEqual([]);
    // Two messages an order, each decided once.
    const decided = all.filter((record) => typeOf(record) === 'MessageDecided').length;
    expect(decided).toBe(2 * (20 + 20 + 60 + 60));

    const carried = async (pool: Pool) => new Map((await rows<{ command_id: string; calls: number }>(pool, 'select command_id, calls from delivery.sandbox_message')).map(({ command_id, calls }) => [command_id, calls]));
    const then = new Map((await Promise.all(lost.map(carried))).flatMap((one) => [...one]));
    const now = await carried(its.pool);
    expect([...now].filter(([id, calls]) => then.has(id) && calls > then.get(id)!)).toEqual([]);
    const messages = await rows<{ command_id: string; state: string }>(its.pool, 'select command_id, state from delivery.message');
    const [sends] = await rows<{ n: string }>(its.pool, "select count(distinct command_id) as n from profile.messages where verdict = 'send'");
    expect(messages.length).toBe(Number(sends!.n));
    const topics = [...(await its.system.readAll(TOPICS.commands)), ...(await its.system.readAll(TOPICS.urgentCommands))];
    // What was pending in the snapshot is sent again, as what it was; nothing is decided to be sent a second time.
    expect(new Set(topics.map(({ partition, headers }) => `${partition} ${headers[ORIGIN]!.toString('hex')}`)).size).toBe(messages.length);
    // Whatever nobody carried is said to be unknown, and nothing else is.
    expect(messages.filter(({ command_id, state }) => !then.has(command_id) && !now.has(command_id) && state !== 'unknown')).toEqual([]);
    expect(messages.filter(({ state }) => !['sent', 'unknown'].includes(state))).toEqual([]);
    expect(messages.filter(({ state }) => state === 'unknown').length).toBeGreaterThanOrEqual(unknown);
    expect(all.filter((record) => typeOf(record) === 'MessageUnknown').length).toBe(messages.filter(({ state }) => state === 'unknown').length);
  });
});
