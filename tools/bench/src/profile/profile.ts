import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CpuTimes } from '../cpu-meter.ts';
import { threadsOf } from '../processes.ts';
import { shown, table } from '../report.ts';
import { pidOf, type BenchSystem } from '../system.port.ts';
import type { PartContext } from '../part.ts';
import { startCpuProfile, stopCpuProfile, type CpuProfile } from './inspector.ts';
import { selfTimes } from './self-times.ts';
import { openStatements } from './statements.ts';

/** Where the time goes, between `attach` and `print`. Takes a little time itself: figures of a profiled run are not to be compared with others. */
export type Profile = Readonly<{
  /** Begins to profile the Node processes that run by now. */
  attach: () => Promise<void>;
  /**
   * Prints it, per event, and leaves the raw profiles in the result folder. A profile counts time in which the process waited for a CPU too, so what it says
   * is scaled to the CPU time that the process took, by its name.
   */
  print: (events: number, times: CpuTimes) => Promise<void>;
}>;

const FUNCTIONS = 30;
const STATEMENTS = 25;
const THREADS = 8;

export const startProfile = async ({ lab, say, resultFile }: PartContext, system: BenchSystem, name: string): Promise<Profile> => {
  const { stack } = await lab();
  const statements = await openStatements(stack);
  const broker = pidOf(stack, 'kafka');
  const threadsBefore = threadsOf(broker);
  await statements.reset();
  const profiled: { process: string; pid: number }[] = [];

  const printFunctions = async (process: string, pid: number, events: number, cpu: number): Promise<void> => {
    const file = resultFile(`${name}.${process}.cpuprofile`);
    await mkdir(dirname(file), { recursive: true });
    await stopCpuProfile(pid, file);
    const times = selfTimes(JSON.parse(await readFile(file, 'utf8')) as CpuProfile);
    const total = times.reduce((sum, { us }) => sum + us, 0);
    const rows = times.slice(0, FUNCTIONS).map(({ us, name: functionName, at }) => [`  ${shown(((us / total) * cpu) / events)}`, `${shown((us / total) * 100)} %`, functionName, at]);
    say(`\n${process}: ${shown(cpu / events)} µs/event; functions in themselves:\n${table(rows, [0, 1])}`);
  };

  return {
    attach: async () => {
      for (const { name: process, pid } of system.processes()) {
        if (pid === undefined) continue;
        await startCpuProfile(pid);
        profiled.push({ process, pid });
      }
    },
    print: async (events, times) => {
      for (const { process, pid } of profiled) await printFunctions(process, pid, events, times.get(process) ?? 0);
      const rows = (await statements.top(STATEMENTS)).map(({ text, calls, rows: count, ms, walMb, blocks }) =>
        [shown((ms * 1_000) / events), shown(calls), shown(count), shown((walMb * 1e6) / events), shown(blocks / events), text.slice(0, 120)]);
      say(`\npostgres, statements:\n${table([['µs/event', 'calls', 'rows', 'WAL B/event', 'blocks/event', 'statement'], ...rows], [0, 1, 2, 3, 4])}`);
      const { statements: calls, transactions } = await statements.counts();
      say(`\npostgres: ${shown(calls / events)} statements and ${shown(transactions / events)} transactions an event, those of the ticks with them`);
      await statements.close();
      const threads = [...threadsOf(broker)].map(([thread, us]) => [thread, us - (threadsBefore.get(thread) ?? 0)] as const).sort((a, b) => b[1] - a[1]);
      say(`\nkafka, threads:\n${table(threads.slice(0, THREADS).map(([thread, us]) => [`  ${shown(us / events)}`, thread]), [0])}\n`);
    },
  };
};
