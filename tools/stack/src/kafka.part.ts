import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import { bareEnv } from './config.ts';
import type { Launch } from './keeper-protocol.ts';
import { archiveOptions, type Jars } from './jars.ts';
import type { Java } from './java.ts';
import { brokersSeenBy, coordinatorOf, groupErrors, groupForEachPartition } from './kafka-probe.ts';
import type { Part, PartContext } from './part.ts';
import { StackError } from './stack-error.ts';

/**
 * `overrides` are lines of server.properties; `heap` is the JVM's -Xmx of each broker, 512m unless told; `jvm` are further options of it:
 * `['-XX:TieredStopAtLevel=1']` takes a third off the CPU time of a start, and makes a busy broker slower.
 */
export type KafkaOptions = Readonly<{ brokers?: 1 | 3; heap?: string; jvm?: readonly string[]; overrides?: Readonly<Record<string, string>> }>;

export const kafkaName = (node: number, brokers: number): string => (brokers === 1 ? 'kafka' : `kafka-${node}`);

export const kafkaMarker = (dir: string, node: number): string => `-Dtouchpoint.part=kafka-${node}@${dir}`;

const offsetsPartitions = 12;

/** One node that is broker and controller. Three of them make a cluster with replication factor 3 and min.insync.replicas 2. */
export const kafkaPart = (context: PartContext, clusterId: string, node: number, options: KafkaOptions, runtime: () => Promise<{ java: Java; jars: Jars }>): Part => {
  const { dir, ports } = context;
  const brokers = options.brokers ?? 1;
  const name = kafkaName(node, brokers);
  const home = join(dir, name);
  const port = ports[`kafka-${node}`] ?? 0;
  const partitions = Number(options.overrides?.['offsets.topic.num.partitions'] ?? offsetsPartitions);
  const groups = groupForEachPartition(partitions);

  const prepare = async (): Promise<Launch> => {
    const { java, jars } = await runtime();
    const temporary = join(dir, 'tmp', name);
    // Native libraries unpacked by a killed JVM are never removed by anybody else.
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    await mkdir(home, { recursive: true, mode: 0o700 });
    await writeFile(join(home, 'server.properties'), properties(serverProperties(ports, node, brokers, join(home, 'data'), options.overrides ?? {})));
    await writeFile(join(home, 'log4j2.properties'), properties(logging));
    const jvm = ['-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:+ExitOnOutOfMemoryError', '-XX:-UsePerfData', `-Djava.io.tmpdir=${temporary}`, `-Dlog4j2.configurationFile=${join(home, 'log4j2.properties')}`];
    const { options: archived, archive } = await archiveOptions(jars, 'kafka', java);
    await format(java, jars, archive ? [] : [...jvm, ...archived]);
    return {
      name, tier: 1,
      file: java.file,
      args: [kafkaMarker(dir, node), `-Xmx${options.heap ?? '512m'}`, ...jvm, ...(options.jvm ?? []), ...archived, '-cp', join(jars.kafka, '*'), 'kafka.Kafka', join(home, 'server.properties')],
      env: bareEnv(context.env), cwd: home,
      log: join(dir, 'log', `${name}.log`), marker: kafkaMarker(dir, node),
      stopSignal: 'SIGTERM', graceMs: 30_000, archive,
    };
  };

  /** Made beside its place and renamed: a data folder that is there is a formatted one. */
  const format = async (java: Java, jars: Jars, jvm: readonly string[]): Promise<void> => {
    const data = join(home, 'data');
    if (await readFile(join(data, 'meta.properties')).catch(() => undefined)) return;
    context.onProgress('formatting its storage');
    const draft = join(home, 'data.new');
    const draftProperties = join(home, 'format.properties');
    await rm(draft, { recursive: true, force: true });
    await writeFile(draftProperties, properties(serverProperties(ports, node, brokers, draft, options.overrides ?? {})));
    const { code, lines } = await run({
      file: java.file,
      args: ['-Xmx128m', '-XX:TieredStopAtLevel=1', ...jvm, '-cp', join(jars.kafka, '*'), 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', draftProperties],
      env: bareEnv(context.env), cwd: home, limitMs: 120_000, signal: context.signal,
    });
    if (code !== 0) throw new StackError('STACK.PREPARE_FAILED', `${name}: formatting its storage ended with ${code === null ? 'its time limit' : `exit code ${code}`}\n${lines.slice(-5).join('\n')}`);
    await rename(draft, data);
    await rm(draftProperties, { force: true });
  };

  /** Ready means that all brokers are known to this one and that every group has a coordinator that has loaded. */
  const probe = async (signal: AbortSignal): Promise<void> => {
    const seen = await brokersSeenBy(port, signal);
    if (seen.length < brokers) throw new Error(`${seen.length} of ${brokers} brokers are there`);
    const byCoordinator = new Map<number, string[]>();
    for (const group of groups) {
      const coordinator = await coordinatorOf(port, group, signal);
      if (coordinator.error !== 0) throw new Error(`no coordinator for groups yet (error ${coordinator.error})`);
      byCoordinator.set(coordinator.port, [...(byCoordinator.get(coordinator.port) ?? []), group]);
    }
    for (const [at, theirs] of byCoordinator) {
      const error = (await groupErrors(at, theirs, signal)).find((code) => code !== 0);
      if (error !== undefined) throw new Error(`a group coordinator is still loading (error ${error})`);
    }
  };

  return { name, settings: JSON.stringify([brokers, options.heap ?? '512m', options.overrides ?? {}, ...(options.jvm ?? [])]), marker: kafkaMarker(dir, node), prepare, probe };
};

const properties = (entries: Readonly<Record<string, string>>): string => Object.entries(entries).map(([key, value]) => `${key}=${value}\n`).join('');

const logging = {
  'appender.out.type': 'Console', 'appender.out.name': 'out',
  'appender.out.layout.type': 'PatternLayout', 'appender.out.layout.pattern': '%d{ISO8601} %p %m (%c{1})%n',
  'rootLogger.level': 'WARN', 'rootLogger.appenderRef.out.ref': 'out',
};

const serverProperties = (ports: Readonly<Record<string, number>>, node: number, brokers: number, data: string, overrides: Readonly<Record<string, string>>): Record<string, string> => {
  const port = (n: number): number => ports[`kafka-${n}`] ?? 0;
  const controller = (n: number): number => ports[`kafka-${n}-controller`] ?? 0;
  const nodes = Array.from({ length: brokers }, (_, i) => i + 1);
  const replicas = String(brokers);
  const inSync = brokers === 1 ? '1' : '2';
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node),
    'controller.quorum.voters': nodes.map((n) => `${n}@127.0.0.1:${controller(n)}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${port(node)},CONTROLLER://127.0.0.1:${controller(node)}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port(node)}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': String(offsetsPartitions),
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': String(offsetsPartitions),
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'unclean.leader.election.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    // Tests of killed consumers wait for the session to run out.
    'group.min.session.timeout.ms': '1000',
    // A killed broker is registered again only when its session has run out: 9 s by default.
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '500',
    // The cleaner's map is taken from the heap at once: 128 MB of 512 by default.
    'log.cleaner.dedupe.buffer.size': '16777216',
    ...overrides,
  };
};
