import type { Item, Lines } from '@touchpoint/mapping';
import type { Counts, Ledger, LedgerState } from './ledger.ts';
import type { RejectFile, RejectLine } from './reject-file.ts';

type Reason = Readonly<{ code: string; reason: string }>;
/** An item of the file on its way: what is told of it in the end, and not its message, which is held while it is sent only. */
export type Entry = { readonly key: string | null; readonly lines: Lines; readonly name: string | null; rejected: Reason | null; done: boolean };

const entryOf = (item: Item): Entry => ({
  key: item.key,
  lines: item.lines,
  name: item.kind === 'event' ? (item.message.event ?? item.message.type) : null,
  rejected: item.kind === 'rejected' ? { code: item.code, reason: item.reason } : null,
  done: item.kind !== 'event',
});

const rejectLine = ({ key, lines, rejected }: Entry): RejectLine | null => rejected && { line: lines.first, lastLine: lines.last, rows: lines.rows, key, ...rejected };

/** Names may come from the file, so only so many are counted apart. */
const MOST_NAMES = 40;
const withEvent = (events: Counts['events'], name: string): Counts['events'] => {
  const known = name in events || Object.keys(events).length < MOST_NAMES ? name : 'others';
  return { ...events, [known]: (events[known] ?? 0) + 1 };
};

const withEntry = (counts: Counts, { lines, name, rejected }: Entry): Counts => {
  const rows = counts.rows + lines.rows;
  if (rejected) return { ...counts, rows, rejected: counts.rejected + 1, rejectedRows: counts.rejectedRows + lines.rows };
  return name === null ? { ...counts, rows, skipped: counts.skipped + 1 } : { ...counts, rows, events: withEvent(counts.events, name) };
};
/** Counts an item as it comes from the mapping. */
export const withItem = (counts: Counts, item: Item): Counts => withEntry(counts, entryOf(item));

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
    const entry = entryOf(item);
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
      counts = withEntry(counts, entry);
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
