import type { Item, Mapper } from '@touchpoint/mapping';
import type { Lanes } from './lanes.ts';
import type { Settlement } from './settlement.ts';

export type ImportPorts = Readonly<{
  /** The text of the file, piece by piece. */
  pieces: AsyncIterable<string>;
  mapper: Mapper;
  lanes: Lanes;
  settlement: Settlement;
  /** Fires when the import is to stop: what is in flight is still settled. */
  stop: AbortSignal;
  /** Rows that were read and mapped. */
  onRows: (rows: number) => void;
}>;

export type ImportEnd = 'done' | 'stopped';

/**
 * Reads, maps and sends a file. Whatever ends it, what was acknowledged by then is settled. Items before the settlement's place were settled by an earlier
 * run: they are read again, for the groups and keys they hold, and not sent.
 * @throws what made reading, mapping or sending fail
 */
export const runImport = async ({ pieces, mapper, lanes, settlement, stop, onRows }: ImportPorts): Promise<ImportEnd> => {
  let before = settlement.state.items;
  const take = async (items: readonly Item[]): Promise<void> => {
    for (const item of items) {
      if (stop.aborted) return;
      onRows(item.lines.rows);
      if (before > 0) {
        before--;
        continue;
      }
      const entry = settlement.enter(item);
      if (item.kind === 'event') await lanes.add(item.message, entry);
    }
    await lanes.relieve();
    await settlement.settle();
  };
  let done = false;
  try {
    for await (const piece of pieces) {
      await take(mapper.push(piece));
      if (stop.aborted) break;
    }
    if (!stop.aborted) {
      await take(mapper.end());
      await lanes.flush();
      done = !stop.aborted;
    }
  } catch (error) {
    // What a stop interrupts is no failure.
    if (!stop.aborted) {
      await lanes.flush().catch(() => undefined);
      throw error;
    }
  } finally {
    await lanes.landed();
    await settlement.close(done);
  }
  return done ? 'done' : 'stopped';
};
