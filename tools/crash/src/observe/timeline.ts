import { decodeMeta } from '@touchpoint/contracts';
import { derivedId, type Meta } from '@touchpoint/kernel';
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

/** Whose ids are derived from positions: `derivedId('fact', customer, offset, index)`, see libs/orchestration. */
const BY_POSITION = 'channel-orchestrator';
/** Most facts that one input comes to. */
const MOST_FACTS = 200;

export const timelineOf = async (records: readonly Placed[], reader: MessageReader): Promise<Timeline> => {
  const { taken, repeats, gaps } = withoutRepeats(records);
  await reader.prepare(taken.map(({ value }) => value));
  const bare = taken.map((record) => {
    const type = record.headers[TYPE]!.toString('latin1');
    return { partition: record.partition, offset: record.offset, key: record.key, type, origin: decodeOrigin(record.headers[ORIGIN])!.name, meta: decodeMeta(record.headers[META]!), data: reader.read(type, record.value).data };
  });

  const facts = new Set(bare.filter(({ meta, type }) => meta.publisher === BY_POSITION && type !== 'TimerFired').map(({ meta }) => meta.messageId));
  const causes = new Map<string, Readonly<{ cause: (typeof bare)[number]; index: number }>>();
  for (const cause of bare)
    for (let index = 0; index < MOST_FACTS; index++) {
      const id = derivedId('fact', cause.key, String(cause.offset), String(index));
      if (!facts.has(id)) break;
      causes.set(id, { cause, index });
    }
  /** Their ids name the topic, and with it its prefix. */
  const publications = new Set(bare.filter(({ type }) => type === 'JourneysPublished').map(({ meta }) => meta.messageId));
  const nameOf = (id: string): string | undefined => {
    if (publications.has(id)) return 'a publication';
    const found = causes.get(id);
    return found && `fact ${found.index} of (${nameOfRecord(found.cause)})`;
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
