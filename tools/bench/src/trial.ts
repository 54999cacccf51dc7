import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startStack, stopStack, type StackOptions } from '@touchpoint/stack';
import { bareEnvironment } from './bare-environment.ts';
import { load, machine } from './machine.ts';
import { figureTable, noteTable, writeReport, type Report } from './report.ts';
import { benchDir } from './repository.ts';

/** What a trial has to itself. `env`: what programs need to be found, and where the stack's parts are. */
export type Ground = Readonly<{ dir: string; env: Readonly<Record<string, string | undefined>>; stack: StackOptions; say: (text: string) => void }>;
/** `told`: what went wrong, line by line; empty where nothing did. */
export type Verdict = Report & Readonly<{ told: string; well: boolean; notesAre: string }>;
type Arguments<Options> = Readonly<{ parse: (args: readonly string[]) => Options; usage: string }>;

const parsed = <Options>({ parse, usage }: Arguments<Options>): Options => {
  try {
    return parse(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
};

/**
 * A command that puts a whole system to a test on a stack of its own, in `.bench/NAME`. Writes `.bench/NAME.json`. Ends with 0 when all went well, with 1 when it did
 * not: then what the processes logged is kept; with 2 when it was asked for wrongly.
 */
export const runTrial = async <Options extends Readonly<{ keep: boolean }>>(name: string, args: Arguments<Options>, run: (options: Options, ground: Ground) => Promise<Verdict>): Promise<void> => {
  const options = parsed(args);
  const [began, at, before] = [performance.now(), new Date().toISOString(), machine()];
  const seconds = (): number => Math.round((performance.now() - began) / 1_000);
  const say = (text: string): void => console.error(`${`${seconds()} s`.padStart(6)}  ${text}`);
  const dir = join(benchDir, name);
  const env = bareEnvironment();
  const stack: StackOptions = { dir: join(dir, 'stack'), env };
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  let well = false;
  try {
    say('bringing up a stack');
    const { databaseUrl, kafkaBrokers, schemaRegistryUrl } = await startStack({ ...stack, detach: true });
    const { figures, notes, told, notesAre, ...verdict } = await run(options, { dir, env: { ...env, DATABASE_URL: databaseUrl, KAFKA_BROKERS: kafkaBrokers.join(','), SCHEMA_REGISTRY_URL: schemaRegistryUrl }, stack, say });
    await writeReport(join(benchDir, `${name}.json`), { figures, notes }, { machine: { ...before, loadAfter: load() }, options, at, seconds: seconds() });
    console.log(`${told ? `${told}\n\n` : ''}${figureTable(figures)}\n\n${notesAre}:\n${noteTable(notes)}\n\nwritten to .bench/${name}.json`);
    ({ well } = verdict);
  } finally {
    await stopStack({ ...stack, wipe: !options.keep });
    if (well && !options.keep) await rm(dir, { recursive: true, force: true });
    else if (!well) say(`what the processes logged lies in ${dir}`);
  }
  process.exitCode = well ? 0 : 1;
};
