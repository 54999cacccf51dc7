import type { ZodType } from 'zod';
import type { Client } from '@touchpoint/store';

/** How far a run is. `total` where it is known; rate and time left are reckoned from it by whoever looks. */
export type Progress = Readonly<{ doing: string; unit: string; done: number; total?: number }>;
/** Values of one row of what a run found or would do: written to CSV as they are. No personal value. */
export type ResultRow = Readonly<Record<string, string | number | boolean | null>>;
/** What came of a run: a sentence for whoever asked, and the figures in it. No personal value: both are kept in the audit log. */
export type Outcome = Readonly<{ summary: string; figures: Readonly<Record<string, string | number | boolean | null>> }>;

/** What an operation is given to run with. */
export type Running = Readonly<{
  id: string;
  /** false: a dry run. Nothing may be changed then; `summary` and rows say what would be. */
  apply: boolean;
  /** Who asked, and why: for what an operation writes onto the log. */
  who: string;
  why: string;
  /** Aborted when somebody stops the run, when this process stops, and when another process has taken the run. Its reason is to be thrown on. */
  signal: AbortSignal;
  /** What `keep` kept last: where to go on after a stop or a crash. Undefined at the beginning. */
  resumed: unknown;
  tell: (progress: Progress) => void;
  /**
   * Keeps how far the run is, and rows of its result: with `on`, in the transaction of the step's effects, so that a step is done once. @throws Failure Fenced when the
   * run belongs to another process by now: roll back.
   */
  keep: (cursor: unknown, rows?: readonly ResultRow[], on?: Client) => Promise<void>;
}>;

/**
 * Something that an operator has done: one file each. A dry run unless `apply`. It may be ended at any instant and begun again, by another process too: what it did
 * so far is either found again by `resumed`, or doing it twice is doing it once.
 */
export interface Operation<Args extends object = never> {
  /** What the command and the API call it: `rebuild`, `parked-drop`. */
  readonly name: string;
  readonly says: string;
  /** Checked before a run is taken. Customers by id only: what runs are asked for is kept, and other names of a customer are personal. */
  readonly arguments: ZodType<Args>;
  /** Runs that share this word run one after another. */
  readonly exclusive?: string;
  run(args: Args, running: Running): Promise<Outcome>;
}
