import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { processEnv } from './config.ts';
import { deathNotice, stackStatus, startStack, stopStack, type Connections, type DeadPart, type Stack, type StackOptions } from './index.ts';
import { keeperMarker } from './keeper-protocol.ts';
import { findByMarker } from './process-identity.ts';


const { KAFKA_BROKERS: _k, SCHEMA_REGISTRY_URL: _s, DATABASE_URL: _d, ...env } = processEnv;
const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));
const topic = 'stack-spec';

const sql = async (url: string, text: string): Promise<readonly unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client.query<Record<string, unknown>>({ text }).then(({ rows }) => rows).finally(() => client.end());
};

const kafkaOf = ({ kafkaBrokers }: Connections): Kafka => new Kafka({ clientId: 'stack-spec', brokers: [...kafkaBrokers], logLevel: logLevel.NOTHING });

const write = async (at: Connections): Promise<void> => {
  const kafka = kafkaOf(at);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ key: 'k', value: 'kept' }] });
  await producer.disconnect();
  const answer = await fetch(`${at.schemaRegistryUrl}/subjects/stack-spec/versions`, {
    method: 'POST', headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' }, body: JSON.stringify({ schema: '{"type":"string"}' }),
  });
  expect(answer.status).toBe(200);
  await sql(at.databaseUrl, 'create table kept (what text)');
  await sql(at.databaseUrl, "insert into kept values ('kept')");
};

const readBack = async (at: Connections, group: string): Promise<void> => {
  const consumer = kafkaOf(at).consumer({ groupId: group, sessionTimeout: 6000 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const value = await new Promise<string | undefined>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    void consumer.run({ eachMessage: ({ message }) => Promise.resolve(resolve(message.value?.toString())) });
  });
  await consumer.disconnect();
  expect(value).toBe('kept');
  expect(await (await fetch(`${at.schemaRegistryUrl}/subjects`)).json()).toEqual(['stack-spec']);
  expect(await sql(at.databaseUrl, 'select what from kept')).toEqual([{ what: 'kept' }]);
};

/** Waits for a thing to come true; the limit is only there so that a failure ends. */
const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 60_000; !(await holds()); await sleep(100)) if (Date.now() > deadline) throw new Error(`${what}: not so after 60 s`);
};

const pidsOf = (stack: Stack): Record<string, number | undefined> => Object.fromEntries(stack.parts.map(({ name, pid }) => [name, pid]));
const running = async (dir: string): Promise<readonly string[]> => (await stackStatus({ dir, env })).parts.filter((part) => part.running).map(({ name }) => name).sort();

describe('a stack in a folder of its own', () => {
  let dir: string;
  let options: StackOptions;
  let connections: Connections;
  const told: string[] = [];
  const stacks: Stack[] = [];
  const start = async (more: StackOptions = {}): Promise<Stack> => {
    const stack = await startStack({ ...options, ...more });
    stacks.push(stack);
    return stack;
  };
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stack-'));
    options = { dir, env, onProgress: ({ part, message }) => void told.push(`${part} ${message}`) };
  });
  afterAll(async () => {
    await stopStack({ dir, env, wipe: true });
    await rm(dir, { recursive: true, force: true });
  });

  it('is started by the command, keeps a record, a schema and a row, and stops when the command is killed', async () => {
    const command = spawn(process.execPath, [cli, 'up', '--json', '--dir', dir], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    connections = await firstLine(command);
    await write(connections);
    await readBack(connections, 'first');
    expect((await stat(join(dir, 'stack.json'))).mode & 0o777).toBe(0o600);

    const second = await start();
    expect(second.parts.map(({ origin }) => origin)).toEqual(['adopted', 'adopted', 'adopted']);
    expect([second.kafkaBrokers, second.schemaRegistryUrl, second.databaseUrl]).toEqual([connections.kafkaBrokers, connections.schemaRegistryUrl, connections.databaseUrl]);
    await second.stop();
    expect(await running(dir)).toEqual(['kafka', 'postgres', 'registry']);

    command.kill('SIGKILL');
    await until('all parts have stopped', async () => (await running(dir)).length === 0);
    await until('the keeper has ended', async () => (await findByMarker(keeperMarker(dir))).length === 0);
    expect(await readFile(join(dir, 'log/postgres.log'), 'utf8')).toContain('database system is shut down');
  });

  it('starts again after a SIGKILL of everything, at the same addresses and with what it kept', async () => {
    const before = await start();
    const keepers = await findByMarker(keeperMarker(dir));
    expect(keepers).toHaveLength(1);
    for (const pid of [...keepers.map((keeper) => keeper.pid), ...Object.values(pidsOf(before))]) process.kill(pid ?? 0, 'SIGKILL');
    await until('all parts have ended', async () => (await running(dir)).length === 0);

    const after = await start();
    expect(after.parts.map(({ origin }) => origin)).toEqual(['owned', 'owned', 'owned']);
    await readBack(after, 'second');
    expect(after.kafkaBrokers).toEqual(connections.kafkaBrokers);
  });

  it('names the part that died, how, and its last words, to who started it and to who adopted it', async () => {
    const owner = stacks.at(-1)!;
    const adopter = await start();
    const heard = (stack: Stack): Promise<DeadPart> => new Promise((resolve) => stack.onPartDied(resolve));
    const deaths = Promise.all([heard(owner), heard(adopter)]);
    process.kill(pidsOf(owner)['registry'] ?? 0, 'SIGKILL');
    for (const dead of await deaths) {
      expect(dead).toMatchObject({ name: 'registry', code: null, signal: 'SIGKILL' });
      expect(deathNotice(dead)).toMatch(/^registry died \(signal SIGKILL\)\. Last lines of .*registry\.log:\n./);
    }
    const status = await stackStatus({ dir, env });
    expect(status.parts.filter(({ ready }) => ready).map(({ name }) => name).sort()).toEqual(['kafka', 'postgres']);
  });

  it('starts the missing part only', async () => {
    const kept = pidsOf(stacks.at(-1)!);
    const mended = await start();
    expect(mended.parts.map(({ name, origin }) => [name, origin])).toEqual([['postgres', 'adopted'], ['kafka', 'adopted'], ['registry', 'owned']]);
    expect(pidsOf(mended)).toMatchObject({ postgres: kept['postgres'], kafka: kept['kafka'] });
  });

  it('refuses to adopt a part that runs with other settings', async () => {
    await expect(start({ kafka: { overrides: { 'log.retention.ms': '1000' } } })).rejects.toMatchObject({ code: 'STACK.OTHER_SETTINGS', message: expect.stringContaining('kafka') });
    expect(await running(dir)).toEqual(['kafka', 'postgres', 'registry']);
  });

  it('stops what each call started, and nothing else', async () => {
    const [mender, owner] = [stacks.at(-1)!, stacks.at(-3)!];
    await mender.stop();
    expect(await running(dir)).toEqual(['kafka', 'postgres']);
    await owner.stop();
    expect(await running(dir)).toEqual([]);
    await until('the keepers have ended', async () => (await findByMarker(keeperMarker(dir))).length === 0);
  });
});

describe('a part that cannot start', () => {
  it('is named with its exit code and last words, and the others are stopped', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'stack-'));
    const error = await startStack({ dir, env, parts: ['postgres'], postgres: { overrides: { fsync: 'off', work_mem: 'much' } } }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'STACK.PART_DIED', message: expect.stringMatching(/^postgres died \(exit code 1\)[^]*work_mem/) });
    expect(await running(dir)).toEqual([]);
    await stopStack({ dir, env, wipe: true });
    await expect(stat(dir)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

const firstLine = (child: ChildProcess): Promise<Connections> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(JSON.parse(text) as Connections);
    });
    child.once('exit', (code) => reject(new Error(`the command ended with ${code}`)));
  });
