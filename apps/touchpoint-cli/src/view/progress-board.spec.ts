import { describe, expect, it } from '@jest/globals';
import { boardLine, progressBoard } from './progress-board.ts';
import { plain, type Terminal } from './terminal.ts';

const terminal = (isTty: boolean, rows = 24): Terminal & { text: () => string } => {
  const written: string[] = [];
  return { out: () => undefined, err: (text) => void written.push(text), isTty, outIsTty: false, columns: () => 60, rows: () => rows, text: () => written.join('') };
};

describe('where nobody looks', () => {
  it('writes a line for each change, once', () => {
    const to = terminal(false);
    const board = progressBoard(to, plain);
    board.tell({ part: 'kafka', state: 'busy', text: 'starting' });
    board.tell({ part: 'kafka', state: 'busy', text: 'starting' });
    board.tell({ part: 'kafka', state: 'done', text: 'ready', seconds: 3.21 });
    board.tell({ part: 'app', state: 'failed', text: 'no' });
    board.end();
    expect(to.text()).toBe('kafka                   starting\nkafka                   ready  3.2 s\napp                     failed: no\n');
  });
});

describe('where somebody looks', () => {
  it('redraws in place, and writes other lines above', () => {
    const to = terminal(true);
    const board = progressBoard(to, plain);
    board.tell({ part: 'kafka', state: 'busy', text: 'starting' });
    board.say('something happened');
    board.tell({ part: 'kafka', state: 'done', text: 'ready' });
    board.end();
    const shown = to.text().split('\u001b[0J').map((text) => text.replace(/\u001b\[1A\r$/, ''));
    expect(shown[1]).toMatch(/^something happened\n {2}. kafka/);
    expect(shown.at(-1)).toMatch(/^ {2}✔ kafka {19}ready\n$/);
  });

  it('never draws more lines than the screen has', () => {
    const to = terminal(true, 6);
    const board = progressBoard(to, plain);
    for (let i = 0; i < 10; i += 1) board.tell({ part: `part-${i}`, state: i < 8 ? 'done' : 'busy', text: 'x' });
    board.end();
    const last = to.text().split('\u001b[0J').at(-1)!;
    expect(last.trimEnd().split('\n')).toHaveLength(4);
    expect(last).toContain('part-9');
  });

  it('cuts what would wrap', () => {
    const line = boardLine({ part: 'kafka', state: 'busy', text: 'a'.repeat(200) }, { frame: '*', waited: 12, columns: 60, paint: plain });
    expect(line.length).toBeLessThanOrEqual(60);
    expect(line).toMatch(/…  12 s$/);
  });
});
