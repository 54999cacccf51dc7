import type { Item } from '@touchpoint/mapping';
import type { Refused } from './ingest-client.ts';
import type { Counts, Ledger, LedgerState } from './ledger.ts';
import type { RejectFile, RejectLine } from './reject-file.ts';

/** An item of the file on its way. */
export type Entry = { readonly item: Item; done: boolean; refused: Refused | null };

const rejectLine = ({ item, refused }: Entry): RejectLine | null => {
  const reason = refused ? { code: refused.code, reason: refused.message } : item.kind === 'rejected' ? { code: item.code, reason: item.reason } : null;
  return reason && { line: item.lines.first, lastLine: item.lines.last, rows: item.lines.rows, key: item.key, ...reason };
};

/** Names may come from the file, so only so many are counted apart. */
const MOST_NAMES = 40;
const withEvent = (events: Counts['events'], name: string): Counts['events'] => {
  const known = name in events || Object.keys(events).length < MOST_NAMES ? name : 'others';
  return { ...events, [known]: (events[known] ?? 0) + 1 };
};

/** Counts an item; `refused`: ingest did not take it. */
export const withItem = (counts: Counts, item: Item, refused: boolean): Counts => {
  const rows = counts.rows + item.lines.rows;
  if (item.kind === 'rejected' || refused) return { ...counts, rows, rejected: counts.rejected + 1, rejectedRows: counts.rejectedRows + item.lines.rows };
  if (item.kind === 'skipped') return { ...counts, rows, skipped: counts.skipped + 1 };
  return { ...counts, rows, events: withEvent(counts.events, item.message.event ?? item.message.type) };
};

/**
 * Settles items in the order of the file, whatever order they are acknowledged in: rejects are written, then the ledger says how far all is settled. A run
 * that is killed at any instant goes on from there.
 */
export class Settlement {
  readonly #ledger: Pick<Ledger, 'write'>;
  readonly #rejects: RejectFile;
  readonly #isDue: () => boolean;
  readonly #open: Entry[] = [];
  #head = 0;
  #state: LedgerState;
  #work: Promise<void> = Promise.resolve();

  /** @param isDue whether the ledger should be written again; it need not be after each batch */
  constructor(from: LedgerState, { ledger, rejects, isDue }: Readonly<{ ledger: Pick<Ledger, 'write'>; rejects: RejectFile; isDue: () => boolean }>) {
    this.#state = from;
    this.#ledger = ledger;
    this.#rejects = rejects;
    this.#isDue = isDue;
  }

  /** What is settled. */
  get state(): LedgerState {
    return this.#state;
  }

  /** Items that wait for an earlier one, or for their own acknowledgement. */
  get waiting(): number {
    return this.#open.length - this.#head;
  }

  /** The next item of the file. One that needs no acknowledgement is done at once. */
  enter(item: Item): Entry {
    const entry: Entry = { item, done: item.kind !== 'event', refused: null };
    this.#open.push(entry);
    return entry;
  }

  /** Writes what can be settled now. Calls wait for one another. */
  settle(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#advance();
      if (this.#isDue()) await this.#ledger.write(this.#state);
    });
  }

  /** Writes all that is settled, for the last time. `done`: nothing of the file is left. */
  close(done: boolean): Promise<void> {
    return this.#enqueue(async () => {
      await this.#advance();
      this.#state = { ...this.#state, done: done && this.waiting === 0 };
      await this.#ledger.write(this.#state);
      await this.#rejects.close();
    });
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    // A failure of one call is that call's; the next one tries again.
    this.#work = this.#work.catch(() => undefined).then(work);
    return this.#work;
  }

  async #advance(): Promise<void> {
    let { counts } = this.#state;
    const lines: RejectLine[] = [];
    let end = this.#head;
    for (; end < this.#open.length && this.#open[end]!.done; end++) {
      const entry = this.#open[end]!;
      counts = withItem(counts, entry.item, entry.refused !== null);
      const line = rejectLine(entry);
      if (line) lines.push(line);
    }
    // Only what is written is settled.
    await this.#rejects.append(lines);
    this.#state = { ...this.#state, items: this.#state.items + end - this.#head, counts, rejectBytes: this.#rejects.bytes() };
    this.#head = end;
    if (this.#head > 4_096 || this.#head === this.#open.length) {
      this.#open.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
