import type { Paint, Terminal } from '../view/terminal.ts';
import type { Waiting } from './batch-sender.ts';
import { Pace, progressBar, progressText, type ProgressState } from './import-view.ts';
import type { Counts } from './ledger.ts';

/** Shows how far an import is: a bar for somebody who looks, a line every few seconds otherwise. */
export type ImportProgress = Readonly<{ bytes: (read: number) => void; rows: (rows: number) => void; waiting: (waiting: Waiting) => void; end: () => void }>;

const REDRAW_MS = 120;
const LINE_MS = 5_000;
const CLEAR = '\r\u001b[0K';

/** @param counts what is settled by now */
export const importProgress = (terminal: Terminal, paint: Paint, size: number, counts: () => Counts): ImportProgress => {
  const pace = new Pace();
  let bytes = 0;
  let rows = 0;
  let waiting: Waiting = null;
  const state = (): ProgressState => {
    pace.tell({ at: performance.now(), bytes, rows });
    return { bytes, size, counts: counts(), pace: pace.of(size), waiting };
  };
  const line = (): void => terminal.err(`${progressText(state())}\n`);
  const draw = (): void => terminal.err(`${CLEAR}${progressBar(state(), terminal.columns(), paint)}`);
  state();
  const timer = setInterval(terminal.isTty ? draw : line, terminal.isTty ? REDRAW_MS : LINE_MS).unref();
  return {
    bytes: (read) => { bytes = read; },
    rows: (more) => { rows += more; },
    waiting: (now) => {
      const isNews = now?.why !== waiting?.why;
      waiting = now;
      if (terminal.isTty) draw();
      else if (isNews) line();
    },
    end: () => {
      clearInterval(timer);
      if (terminal.isTty) terminal.err(CLEAR);
    },
  };
};
