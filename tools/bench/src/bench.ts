import { join } from 'node:path';
import { BENCHMARKS, runBenchmark } from './benchmark.ts';
import { load, machine } from './machine.ts';
import { parseOptions, USAGE, type Options } from './options.ts';
import { benchDir } from './repository.ts';
import { figureTable, noteTable, writeReport } from './report.ts';

/**
 * `npm run bench -- NAME`: starts what it needs, prints a table and writes `.bench/NAME.json`. It measures and passes no judgement: it ends with 0 whether
 * targets are met or not, with 1 when something could not be measured that should have been, with 2 when it was asked for wrongly.
 */

const asked = (): Options => {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (!Object.hasOwn(BENCHMARKS, options.name)) throw new Error(`there is no benchmark ${options.name}; there is: ${Object.keys(BENCHMARKS).join(', ')}`);
    return options;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
};

const options = asked();
const calledOff = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => calledOff.abort(new Error(`called off by ${signal}`)));

const began = performance.now();
const elapsed = (): string => `${Math.round((performance.now() - began) / 1_000)} s`.padStart(6);
const say = (text: string): void => console.error(text.startsWith('\n') ? text : `${elapsed()}  ${text}`);
const before = machine();
const at = new Date().toISOString();

try {
  const { failed, ...report } = await runBenchmark(options, { say, signal: calledOff.signal, resultFile: (name) => join(benchDir, `${options.name}.${name}`) });
  const about = { machine: { ...before, loadAfter: load() }, options, at, seconds: Math.round((performance.now() - began) / 1_000) };
  const path = join(benchDir, `${options.name}.json`);
  await writeReport(path, report, about);
  console.log(`${figureTable(report.figures)}\n\nbeside them, on ${before.cores} × ${before.cpu}, load ${before.load[0]} before and ${about.machine.loadAfter[0]} after:\n${noteTable(report.notes)}\n\nwritten to .bench/${options.name}.json`);
  process.exitCode = failed ? 1 : 0;
} catch (error) {
  console.error(calledOff.signal.aborted ? (calledOff.signal.reason as Error).message : error);
  process.exitCode = 1;
}
