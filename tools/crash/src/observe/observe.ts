import type { JourneysMoved, RunMove } from '@touchpoint/contracts';
import { systemClock } from '@touchpoint/host';
import type { Sealed } from '@touchpoint/kernel';
import { createLogReader, createMessageReader, createRegistry, TOPICS } from '@touchpoint/log';
import type { Kafka } from 'kafkajs';
import type { Pool } from '@touchpoint/store';
import { masterKeyOf, Vault } from '@touchpoint/vault';
import { isAnswer } from '../load/responses.ts';
import type { CrashSystem, RunTime } from '../system.port.ts';
import { leftOut } from './left-out.ts';
import { plainOf, sealedIn, type Json } from './plain.ts';
import { OURS, problemsOf, type Sent } from './problems.ts';
import { explained, readTables, type Row } from './tables.ts';
import { timelineOf, type Entry } from './timeline.ts';
import { readTopic, type Placed } from './topic.ts';

export type Observation = Readonly<{
  /** Each table's rows as sorted lines of JSON; also `timeline`, `order` and `commands`, which are no tables. */
  tables: ReadonlyMap<string, readonly string[]>;
  problems: readonly string[];
  counts: Readonly<{
    received: number;
    timeline: number;
    /** Records that were sent again after a crash, and dropped by readers. */
    timelineRepeats: number;
    commandRepeats: number;
    /** Sandbox calls beyond one a message. */
    extraCalls: number;
    /** Events by type, decisions by verdict, channel and reason. */
    of: Readonly<Record<string, number>>;
  }>;
}>;

/** Looks at all that a settled system has come to: every table, the timeline as readers take it, commands, sandbox messages. */
export const observe = async (system: CrashSystem, { kafka, pool, run, sent }: { kafka: Kafka; pool: Pool; run: RunTime; sent: Sent }): Promise<Observation> => {
  const { connections, topicPrefix: prefix, secrets } = system;
  const logReader = createLogReader(kafka);
  const vault = Vault.open(pool, { current: masterKeyOf(Buffer.from(secrets.MASTER_KEY, 'base64')) }, { clock: systemClock });
  try {
    const reader = createMessageReader(createRegistry(connections.schemaRegistryUrl));
    const topic = (name: string): Promise<readonly Placed[]> => readTopic(kafka, logReader, prefix + name);
    const [received, records, commands] = [await topic(TOPICS.received), await topic(TOPICS.timeline), [...(await topic(TOPICS.commands)), ...(await topic(TOPICS.urgentCommands))]];
    const timeline = await timelineOf(records, reader);
    await reader.prepare(commands.map(({ value }) => value));
    const commandData = commands.map(({ value }) => reader.read('SendMessage', value).data as Readonly<{ commandId: string }>);
    const commandIds = new Set(commandData.map(({ commandId }) => commandId));
    const raw = await readTables(pool);
    const tables = new Map([...(await explained(raw, timeline, reader))].map(([table, rows]) => [table, rows.map((row) => withoutColumns(row, leftOut(table)))]));

    const opened = await openAll(vault, [...tables.values(), timeline.entries]);
    const plain = plainOf({ run, prefix, nameOf: timeline.nameOf, opened: (base64) => opened.get(base64) });
    const lines = (table: string, rows: readonly unknown[]): readonly string[] => rows.map((row) => JSON.stringify(without(plain(row), leftOut(table)))).sort();
    return {
      tables: new Map([
        ...[...tables].map(([table, rows]) => [table, lines(table, rows)] as const),
        ['timeline', lines('timeline', timeline.entries)],
        ['order', lines('order', ordersOf(timeline.entries))],
        ['commands', lines('commands', [...commandIds])],
      ]),
      problems: await problemsOf(pool, sent, timeline, raw, commandIds),
      counts: {
        received: received.length, timeline: timeline.entries.length, timelineRepeats: timeline.repeats, commandRepeats: commands.length - commandIds.size,
        extraCalls: (raw.get('delivery.sandbox_message') ?? []).reduce((sum, row) => sum + Number(row['calls']) - 1, 0), of: tally(timeline.entries),
      },
    };
  } finally {
    vault.close();
    await logReader.close();
  }
};

const openAll = async (vault: Vault, values: unknown): Promise<ReadonlyMap<string, string>> => {
  const found = new Set<string>();
  sealedIn(values, found);
  const sealed = [...found];
  const clear = await vault.unseal(sealed.map((base64) => Buffer.from(base64, 'base64') as Uint8Array as Sealed));
  return new Map(sealed.flatMap((base64, i) => (clear[i] === null || clear[i] === undefined ? [] : [[base64, clear[i]] as const])));
};

/** The order in which each source's events lie on the timeline, and each run's facts. Order between sources is chance, and so is that of answers, which go their own lane. */
const ordersOf = (entries: readonly Entry[]): readonly unknown[] => {
  const lists = new Map<string, string[]>();
  const note = (list: string, id: string): void => void lists.set(list, [...(lists.get(list) ?? []), id]);
  for (const { key, type, meta, data } of entries) {
    for (const { runId, move, stepId } of movesOf({ type, data })) note(`${key} run ${runId}`, `${move} ${stepId ?? ''}`);
    const { runId, stepId } = data as { runId?: string; stepId?: string | null };
    const list = !OURS.has(meta.publisher) ? `${key} ${meta.publisher} ${meta.sources[0]?.key}${isAnswer(meta.messageId) ? ' answers' : ''}` : meta.publisher === 'channel-orchestrator' && runId !== undefined ? `${key} run ${runId}` : undefined;
    if (list !== undefined) note(list, runId === undefined ? meta.messageId : `${type} ${stepId ?? ''}`);
  }
  return [...lists].map(([list, ids]) => ({ list, ids }));
};

const movesOf = ({ type, data }: Pick<Entry, 'type' | 'data'>): readonly RunMove[] => (type === 'JourneysMoved' ? (data as JourneysMoved['data']).moves : []);

const tally = (entries: readonly Entry[]): Readonly<Record<string, number>> => {
  const of: Record<string, number> = {};
  const count = (name: string): void => void (of[name] = (of[name] ?? 0) + 1);
  for (const { type, data } of entries) {
    for (const { move, reason } of movesOf({ type, data })) count(move === 'exited' ? `exited: ${reason}` : move);
    const { verdict, channel, reason } = data as { verdict?: string; channel?: string; reason?: string | null };
    const name = type === 'MessageDecided' ? `${verdict} ${channel}${reason ? `: ${reason}` : ''}` : type;
    count(name);
  }
  return of;
};

const withoutColumns = (row: Row, columns: ReadonlySet<string>): Row => Object.fromEntries(Object.entries(row).filter(([column]) => !columns.has(column)));

/** Without what is not compared. A path goes through objects and through each member of a list. */
const without = (row: Json, paths: ReadonlySet<string>): Json => [...paths].reduce((left, path) => drop(left, path.split('.')), row);
const drop = (value: Json, [name, ...further]: readonly string[]): Json => {
  if (Array.isArray(value)) return value.map((one: Json) => drop(one, [name!, ...further]));
  if (typeof value !== 'object' || value === null || !(name! in value)) return value;
  const { [name!]: inner, ...others } = value as Readonly<Record<string, Json>>;
  return further.length === 0 ? others : { ...others, [name!]: drop(inner!, further) };
};

