import { describe, expect, it } from '@jest/globals';
import { plain } from '../view/terminal.ts';
import { endingText, Pace, progressBar, progressText, type ProgressState } from './import-view.ts';
import { NOTHING } from './ledger.ts';

const counts = { rows: 260_113, events: { 'Order Completed': 12_000, 'Order Cancelled': 400 }, skipped: 0, rejected: 3, rejectedRows: 7 };
const state = (parts: Partial<ProgressState> = {}): ProgressState => ({ bytes: 480, size: 1_000, counts, pace: { rowsPerSecond: 91_234.4, secondsLeft: 3.6 }, waiting: null, ...parts });

describe('the progress of an import', () => {
  it('tells how far it is, how fast and how long yet', () => expect(progressText(state())).toBe(' 48 %  260,113 rows  12,400 events  3 rejected  91,234 rows/s  3.6 s left'));
  it('tells what it waits for', () => expect(progressText(state({ waiting: { why: 'nothing listens there', againInMs: 2_000 } }))).toMatch(/waits: nothing listens there; again in 2.0 s$/));
  it('says nothing of a pace that nobody knows', () => expect(progressText(state({ pace: { rowsPerSecond: 0, secondsLeft: undefined }, counts: NOTHING }))).toBe(' 48 %  0 rows  0 events  0 rejected'));
  it('fits the terminal', () => {
    const bar = progressBar(state(), 60, plain);
    expect(bar.length).toBeLessThanOrEqual(60);
    expect(bar).toMatch(/^ {2}█{11}░{13} {2}48 %/);
  });
  it.each([[0, 0], [5, 0]])('of an empty file has an end (%p of %p bytes)', (bytes, size) => expect(progressText(state({ bytes, size }))).toMatch(/^100 %/));
});

describe('a pace', () => {
  it('is that of the last seconds', () => {
    const pace = new Pace();
    pace.tell({ at: 0, bytes: 0, rows: 0 });
    expect(pace.of(1_000)).toEqual({ rowsPerSecond: 0, secondsLeft: undefined });
    pace.tell({ at: 100, bytes: 500, rows: 1_000_000 });
    for (let second = 1; second <= 20; second++) pace.tell({ at: second * 1_000, bytes: 500 + second, rows: 1_000_000 + 10 * second });
    expect(pace.of(1_000)).toEqual({ rowsPerSecond: 10, secondsLeft: 480 });
  });
});

it('the ending counts all', () =>
  expect(endingText({ file: 'a.csv', mapping: 'shop', counts: { ...counts, skipped: 2 }, rejects: 'a.csv.rejects.ndjson', seconds: 2, rowsNow: 20_000 })).toBe(
    [
      'Imported a.csv by the mapping shop in 2.0 s (10,000 rows/s)',
      '  rows           260,113',
      '  events          12,400  Order Completed 12,000, Order Cancelled 400',
      '  left out             2  as the mapping says',
      '  rejected             3  7 rows',
      'Why rows were rejected, with their lines: a.csv.rejects.ndjson',
      '',
    ].join('\n'),
  ));
