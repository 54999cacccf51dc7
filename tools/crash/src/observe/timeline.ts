import { decodeMeta } from '@touchpoint/contracts';
import type { Meta } from '@touchpoint/kernel';
import { decodeOrigin, META, ORIGIN, TYPE, type MessageReader } from '@touchpoint/log';
import type { Placed } from './topic.ts';

/** A record of the timeline as readers take it. `name` says which one it is, in any run. */
export type Entry = Readonly<{ partition: number; offset: number; key: string; type: string; origin: string; meta: Meta; data: unknown; name: string }>;
export type Timeline = Readonly<{
  /** In the order of the log, without what readers drop as a repeat. */
  entries: readonly Entry[];
  /** Records that were sent again after a crash. */
  repeats: number;
  /** What no reader may meet: a seq that does not follow. */
  gaps: readonly string[];
  /** Names of facts by their id, which hangs on the position of their cause. */
  nameOf: (id: string) => string | undefined;
  /** The record at a position. */
  at: (partition: number, offset: number) => string | undefined;
}>;

/** A fact of the orchestrator: whose and at which offset its cause lies, and which of its facts it is (see Emission in libs/orchestration). */
const FACT = /^([0-9a-f-]{36})\/(\d+)\/(\d+)$/;

export const timelineOf = async (records: readonly Placed[], reader: MessageReader): Promise<Timeline> => {
  const { taken, repeats, gaps } = withoutRepeats(records);
  await reader.prepare(taken.map(({ value }) => value));
  const bare = taken.map((record) => {
    const type = record.headers[TYPE]!.toString('latin1');
    return { partition: record.partition, offset: record.offset, key: record.key, type, origin: decodeOrigin(record.headers[ORIGIN])!.name, meta: decodeMeta(record.headers[META]!), data: reader.read(type, record.value).data };
  });

  const causes = new Map(bare.map((one) => [`${one.key}/${one.offset}`, one]));
  /** Their ids name the topic, and with it its prefix. */
  const publications = new Set(bare.filter(({ type }) => type === 'JourneysPublished').map(({ meta }) => meta.messageId));
  const nameOf = (id: string): string | undefined => {
    if (publications.has(id)) return 'a publication';
    const [, customer, offset, index] = FACT.exec(id) ?? [];
    const cause = causes.get(`${customer}/${offset}`);
    return cause && `fact ${index} of (${nameOfRecord(cause)})`;
  };
  const nameOfRecord = ({ type, key, partition, meta: { publisher, messageId } }: (typeof bare)[number]): string =>
    publications.has(messageId) ? `${type} on ${partition}` : (nameOf(messageId) ?? `${publisher} ${messageId} ${type} of ${key}`);

  const entries = bare.map((one): Entry => ({ ...one, name: nameOfRecord(one) }));
  const places = new Map(entries.map(({ partition, offset, name }) => [`${partition}/${offset}`, name]));
  return { entries, repeats, gaps, nameOf, at: (partition, offset) => places.get(`${partition}/${offset}`) };
};

/** As libs/log's readers do it, from the very first record on; but gaps are gathered. */
const withoutRepeats = (records: readonly Placed[]): { taken: readonly Placed[]; repeats: number; gaps: readonly string[] } => {
  const last = new Map<string, number>();
  const gaps: string[] = [];
  const taken = records.filter(({ partition, offset, headers }) => {
    const origin = decodeOrigin(headers[ORIGIN]);
    if (!origin) {
      gaps.push(`${partition}/${offset} names no origin`);
      return false;
    }
    const name = `${origin.name} on ${partition}`;
    const before = last.get(name) ?? 0;
    if (origin.seq <= before) return false;
    if (origin.seq !== before + 1) gaps.push(`${partition}/${offset}: ${origin.name} sent ${origin.seq} after ${before}`);
    last.set(name, origin.seq);
    return true;
  });
  return { taken, repeats: records.length - taken.length, gaps };
};
