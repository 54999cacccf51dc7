import type { Progress } from '../system/system.ts';
import { duration, padded, type Paint, type Terminal } from './terminal.ts';

/** Shows how far each part is: redrawn in place for somebody who looks, a line for each change otherwise. */
export type ProgressBoard = Readonly<{
  tell: (progress: Progress) => void;
  /** Writes lines above the board. */
  say: (text: string) => void;
  /** Leaves the lines as they are. */
  end: () => void;
}>;

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const REDRAW_MS = 120;
const NAME_WIDTH = 22;

type Row = Progress & Readonly<{ since: number }>;

/** One line of the board. Cut where the terminal ends: a line that wraps cannot be redrawn. */
export const boardLine = ({ part, state, text, seconds }: Progress, { frame, waited, columns, paint }: { frame: string; waited: number; columns: number; paint: Paint }): string => {
  const [mark, style] = state === 'done' ? (['✔', 'green'] as const) : state === 'failed' ? (['✘', 'red'] as const) : ([frame, 'cyan'] as const);
  const time = state === 'busy' ? (waited >= 1 ? duration(waited) : '') : seconds === undefined ? '' : duration(seconds);
  const room = Math.max(10, columns - NAME_WIDTH - 6 - (time === '' ? 0 : time.length + 2));
  const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
  return `  ${paint(style, mark)} ${padded(part.slice(0, NAME_WIDTH), NAME_WIDTH)}  ${shown}${time === '' ? '' : `  ${paint('dim', time)}`}`;
};

export const progressBoard = (terminal: Terminal, paint: Paint): ProgressBoard => (terminal.isTty ? liveBoard(terminal, paint) : plainBoard(terminal));

const plainBoard = ({ err }: Terminal): ProgressBoard => {
  const last = new Map<string, string>();
  return {
    tell: ({ part, state, text, seconds }) => {
      const line = `${padded(part, NAME_WIDTH)}  ${state === 'failed' ? 'failed: ' : ''}${text}${seconds === undefined ? '' : `  ${duration(seconds)}`}\n`;
      if (last.get(part) === line) return;
      last.set(part, line);
      err(line);
    },
    say: (text) => err(`${text}\n`),
    end: () => undefined,
  };
};

const liveBoard = (terminal: Terminal, paint: Paint): ProgressBoard => {
  const rows = new Map<string, Row>();
  let drawn = 0;
  let tick = 0;
  let ended = false;
  const lines = (): readonly string[] => {
    const frame = FRAMES[tick % FRAMES.length]!;
    // What would not fit on the screen could not be redrawn: the parts that are done first are left out.
    const most = Math.max(3, terminal.rows() - 2);
    const all = [...rows.values()];
    const tooMany = all.length - most;
    const hidden = new Set(tooMany > 0 ? all.filter(({ state }) => state === 'done').slice(0, tooMany) : []);
    return all.filter((row) => !hidden.has(row)).slice(-most).map((row) => boardLine(row, { frame, waited: (Date.now() - row.since) / 1000, columns: terminal.columns(), paint }));
  };
  const clear = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\r\u001b[0J`);
  const draw = (above = ''): void => {
    const now = lines();
    terminal.err(`${clear()}${above}${now.map((line) => `${line}\n`).join('')}`);
    drawn = now.length;
  };
  const timer = setInterval(() => {
    tick += 1;
    if ([...rows.values()].some(({ state }) => state === 'busy')) draw();
  }, REDRAW_MS).unref();
  return {
    tell: (progress) => {
      const before = rows.get(progress.part);
      rows.set(progress.part, { ...progress, since: before?.since ?? Date.now() });
      if (!ended) draw();
    },
    say: (text) => (ended ? terminal.err(`${text}\n`) : draw(`${text}\n`)),
    end: () => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      draw();
      drawn = 0;
    },
  };
};
