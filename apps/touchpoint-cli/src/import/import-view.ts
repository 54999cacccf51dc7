import { columnsOf, duration, type Paint } from '../view/terminal.ts';
import type { Waiting } from './batch-sender.ts';
import { eventCount, type Counts } from './ledger.ts';

export const number = (value: number): string => Math.round(value).toLocaleString('en');
const BAR = 24;

/** Speed is told over so long, so that a wait or a jump over what was imported before is soon forgotten. */
const WINDOW_MS = 8_000;
type Sample = Readonly<{ at: number; bytes: number; rows: number }>;

/** How fast it goes, from what was told of it of late. */
export class Pace {
  readonly #samples: Sample[] = [];

  tell(sample: Sample): void {
    this.#samples.push(sample);
    while (this.#samples.length > 2 && this.#samples[0]!.at < sample.at - WINDOW_MS) this.#samples.shift();
  }

  /** Rows a second, and seconds until `size` bytes are read; undefined while nobody knows. */
  of(size: number): Readonly<{ rowsPerSecond: number; secondsLeft: number | undefined }> {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (!first || !last || last.at <= first.at) return { rowsPerSecond: 0, secondsLeft: undefined };
    const seconds = (last.at - first.at) / 1_000;
    const speed = (last.bytes - first.bytes) / seconds;
    return { rowsPerSecond: (last.rows - first.rows) / seconds, secondsLeft: speed > 0 ? (size - last.bytes) / speed : undefined };
  }
}

export type ProgressState = Readonly<{ bytes: number; size: number; counts: Counts; pace: ReturnType<Pace['of']>; waiting: Waiting }>;

/** `48 %  260,113 rows  12,400 events  0 rejected  91,200 rows/s  3 s left`, or what it waits for. */
export const progressText = ({ bytes, size, counts, pace, waiting }: ProgressState): string => {
  const share = size === 0 ? 1 : Math.min(1, bytes / size);
  const parts = [`${String(Math.floor(share * 100)).padStart(3)} %`, `${number(counts.rows)} rows`, `${number(eventCount(counts))} events`, `${number(counts.rejected)} rejected`];
  if (waiting) return [...parts, `waits: ${waiting.why}; again in ${duration(waiting.againInMs / 1_000)}`].join('  ');
  if (pace.rowsPerSecond > 0) parts.push(`${number(pace.rowsPerSecond)} rows/s`);
  if (pace.secondsLeft !== undefined && pace.secondsLeft >= 1) parts.push(`${duration(pace.secondsLeft)} left`);
  return parts.join('  ');
};

/** The same with a bar, for a line that is redrawn. Cut where the terminal ends: a line that wraps cannot be redrawn. */
export const progressBar = (state: ProgressState, columns: number, paint: Paint): string => {
  const full = Math.floor((state.size === 0 ? 1 : Math.min(1, state.bytes / state.size)) * BAR);
  const text = progressText(state);
  const room = Math.max(10, columns - BAR - 6);
  return `  ${paint('cyan', '█'.repeat(full))}${paint('dim', '░'.repeat(BAR - full))} ${text.length > room ? `${text.slice(0, room - 1)}…` : text}`;
};

export type Ending = Readonly<{ file: string; mapping: string; counts: Counts; rejects: string; seconds: number; rowsNow: number }>;

/** The counts of an import as a table. */
export const countsTable = ({ rows, events, skipped, rejected, rejectedRows }: Counts): string => {
  const names = Object.entries(events).sort((a, b) => b[1] - a[1]);
  const line = (name: string, count: number, more = ''): readonly string[] => [name, number(count).padStart(12), more];
  return columnsOf(
    [
      line('rows', rows),
      line('events', eventCount({ rows, events, skipped, rejected, rejectedRows }), names.map(([name, count]) => `${name} ${number(count)}`).join(', ')),
      ...(skipped > 0 ? [line('left out', skipped, 'as the mapping says')] : []),
      line('rejected', rejected, rejected > 0 ? `${number(rejectedRows)} rows` : ''),
    ],
    '  ',
  );
};

export const endingText = ({ file, mapping, counts, rejects, seconds, rowsNow }: Ending): string =>
  [
    `Imported ${file} by the mapping ${mapping} in ${duration(seconds)} (${number(rowsNow / Math.max(seconds, 0.001))} rows/s)`,
    countsTable(counts),
    ...(counts.rejected > 0 ? [`Why rows were rejected, with their lines: ${rejects}`] : []),
    '',
  ].join('\n');
