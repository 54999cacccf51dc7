import { describe, expect, it } from '@jest/globals';
import { processContext } from '../command.ts';
import { createProgram } from '../program.ts';

describe('replay undo', () => {
  it('has the options that stand behind it, though replay has them too', async () => {
    const program = createProgram(processContext);
    const undo = program.commands.find((one) => one.name() === 'replay')!.commands.find((one) => one.name() === 'undo')!;
    let given: unknown;
    undo.action((run: string, options: object) => { given = { run, ...options }; });
    await program.parseAsync(['replay', 'undo', 'a-run', '--apply', '--why', 'the rows were right', '--csv', 'rows.csv', '--json'], { from: 'user' });
    expect(given).toEqual({ run: 'a-run', apply: true, why: 'the rows were right', csv: 'rows.csv', json: true });
  });
});
