import type { Log } from '@touchpoint/host';
import { logMismatch } from '@touchpoint/kernel';
import { decodeOrigin, headerOf, isOriginName, ORIGIN, type LogRecord } from './record.ts';

/** What became of a batch: records to process, the counters behind them, how many were repeats, and those that none of our writers wrote. */
export type Taken = Readonly<{ taken: readonly LogRecord[]; seen: ReadonlyMap<string, number>; dropped: number; strangers: readonly LogRecord[] }>;

/** The consumer that a restore writes as: the first of its records on a partition ends what earlier incarnations may still send there. */
export const RESTORE = 'restore';
const RESTORED = new RegExp(`^${RESTORE}\\.`);
const incarnationOf = (name: string): number => Number(name.slice(name.lastIndexOf('/') + 1));
/** The incarnation that the last restore raised, as far as this partition was read; 0: there was none. */
const restoredTo = (seen: ReadonlyMap<string, number>): number => {
  let restored = 0;
  for (const name of seen.keys()) if (RESTORED.test(name)) restored = Math.max(restored, incarnationOf(name));
  return restored;
};

/**
 * Tells a batch's new records from repeats by their origin and seq: drops seq ≤ last, takes last + 1, and stops at anything else.
 * Our writers always name an origin of theirs. A record without one, or with one that reads like nobody's, is a stranger's: it has no place in the order of a customer, nothing
 * of ours is missing with it, and it is dropped. To be counted and told by whoever asks.
 * Behind a restore's record, what bears an earlier incarnation comes from a process that has not heard of it: what it says was read by the restore, or is said again.
 * @throws Failure LogMismatch `LOG.SEQ_GAP`: something of ours was lost.
 */
export const dropRepeats = (seen: ReadonlyMap<string, number>, records: readonly LogRecord[]): Taken => {
  const next = new Map(seen);
  const strangers: LogRecord[] = [];
  let restored = restoredTo(next);
  const taken = records.filter((record) => {
    const origin = decodeOrigin(headerOf(record, ORIGIN));
    if (!origin || !(next.has(origin.name) || isOriginName(origin.name))) {
      strangers.push(record);
      return false;
    }
    const last = next.get(origin.name) ?? 0;
    if (origin.seq <= last || (restored > 0 && incarnationOf(origin.name) < restored)) return false;
    if (origin.seq !== last + 1) throw logMismatch('LOG.SEQ_GAP', `offset ${record.offset}: ${origin.name} sent ${origin.seq} after ${last}: ${origin.seq - last - 1} records are missing`);
    next.set(origin.name, origin.seq);
    if (last === 0 && RESTORED.test(origin.name)) restored = Math.max(restored, incarnationOf(origin.name));
    return true;
  });
  return { taken, seen: next, dropped: records.length - taken.length - strangers.length, strangers };
};

/** One line for each batch that held some, with the first of them: whoever else writes to our topics has to be found. */
export const tellStrangers = (log: Log, consumer: string, count: (records: number) => void) => (partition: number, records: readonly LogRecord[]): void => {
  count(records.length);
  log.warn({ consumer, partition, offset: records[0]!.offset, count: records.length, code: 'LOG.STRANGER' }, 'records on the timeline name no origin of ours: only Touchpoint\'s own apps may write there. They are dropped');
};

/** Gives out the next seq per target partition; `counters` afterwards belong into the checkpoint. */
export const createSequencer = (sent: ReadonlyMap<string, number>) => {
  const counters = new Map(sent);
  const names = new Map<string, string[]>();
  /** One string per target: making it for each record costs more than counting. */
  const nameOf = (topic: string, partition: number): string => {
    let ofTopic = names.get(topic);
    if (!ofTopic) names.set(topic, (ofTopic = []));
    return (ofTopic[partition] ??= `${topic}/${partition}`);
  };
  return {
    counters,
    next: (topic: string, partition: number): number => {
      const target = nameOf(topic, partition);
      const seq = (counters.get(target) ?? 0) + 1;
      counters.set(target, seq);
      return seq;
    },
  };
};
