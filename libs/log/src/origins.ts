import { logMismatch } from '@touchpoint/kernel';
import { decodeOrigin, headerOf, ORIGIN, type LogRecord } from './record.ts';

/**
 * Tells a batch's new records from repeats by their origin and seq: drops seq ≤ last, takes last + 1, and stops at anything else.
 * Records without an origin are not of our making.
 * @returns the records to process, the counters behind them, and how many were dropped.
 * @throws Failure LogMismatch `LOG.SEQ_GAP` (something was lost) or `LOG.NO_ORIGIN`.
 */
export const dropRepeats = (seen: ReadonlyMap<string, number>, records: readonly LogRecord[]): { taken: readonly LogRecord[]; seen: ReadonlyMap<string, number>; dropped: number } => {
  const next = new Map(seen);
  const taken = records.filter((record) => {
    const origin = decodeOrigin(headerOf(record, ORIGIN));
    if (!origin) throw logMismatch('LOG.NO_ORIGIN', `offset ${record.offset} names no origin: only Touchpoint's own apps may write to this topic`);
    const last = next.get(origin.name) ?? 0;
    if (origin.seq <= last) return false;
    if (origin.seq !== last + 1) throw logMismatch('LOG.SEQ_GAP', `offset ${record.offset}: ${origin.name} sent ${origin.seq} after ${last}: ${origin.seq - last - 1} records are missing`);
    next.set(origin.name, origin.seq);
    return true;
  });
  return { taken, seen: next, dropped: records.length - taken.length };
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
