import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { figureTable, load as loadNow, machine, measured, noteTable, writeReport, type Note } from '@touchpoint/bench';
import { startStack, stopStack, type StackOptions } from '@touchpoint/stack';
import type { Fuzzed } from './fuzz-system.ts';
import { parseOptions, USAGE, type Options } from './options.ts';

/**
 * `npm run fuzz`: requests and records that were made to break something, at a system of its own with two processes of each worker. Each must be refused, parked or
 * dropped with its reason, or taken. Writes `.bench/fuzz.json`; ends with 1 when a process ended, something got stuck, or anything is not accounted for.
 */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const dir = join(ROOT, '.bench/fuzz');
const env = Object.fromEntries(['PATH', 'HOME', 'JAVA_HOME', 'MAVEN_HOME', 'M2_HOME', 'TOUCHPOINT_STACK_CACHE', 'XDG_CACHE_HOME', 'TMPDIR'].map((name) => [name, process.env[name]]));

type RunFuzz = (options: object) => Promise<Fuzzed>;

const asked = (): Options => {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
};

const options = asked();
const began = performance.now();
const at = new Date().toISOString();
const before = machine();
const seconds = (): number => Math.round((performance.now() - began) / 1_000);
const say = (text: string): void => console.error(`${`${seconds()} s`.padStart(6)}  ${text}`);

await rm(dir, { recursive: true, force: true });
await mkdir(dir, { recursive: true });
const stackOptions: StackOptions = { dir: join(dir, 'stack'), env };
let well = false;
try {
  say('bringing up a stack');
  const stack = await startStack({ ...stackOptions, detach: true });
  const connected = { ...env, DATABASE_URL: stack.databaseUrl, KAFKA_BROKERS: stack.kafkaBrokers.join(','), SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl };
  // Apps export nothing, so it is found by its file name.
  const { runFuzz } = (await import(pathToFileURL(join(ROOT, 'apps/touchpoint-cli/src/fuzz/run-fuzz.ts')).href)) as { runFuzz: RunFuzz };
  const { inputs, crashes, stuck, unaccounted, tally, seconds: fuzzing } = await runFuzz({ dir, env: connected, seed: options.seed, inputs: options.inputs, say });
  const none = { atMost: 0 };
  const figures = [measured('inputs', inputs, '', { atLeast: 1_000_000 }), measured('crashes', crashes, '', none), measured('stuck', stuck.length, '', none), measured('unaccounted', unaccounted, '', none)];
  const notes: readonly Note[] = [...tally.fates.map(([name, value]): Note => ({ name, value, unit: '' })), { name: 'inputs a second', value: inputs / fuzzing, unit: '/s' }];
  const told = [...stuck, ...tally.examples].join('\n');
  await writeReport(join(ROOT, '.bench/fuzz.json'), { figures, notes }, { machine: { ...before, loadAfter: loadNow() }, options, at, seconds: seconds() });
  console.log(`${told ? `${told}\n\n` : ''}${figureTable(figures)}\n\nwhat became of them, and of the records that followed from them:\n${noteTable(notes)}\n\nwritten to .bench/fuzz.json`);
  well = crashes + stuck.length + unaccounted === 0;
} finally {
  await stopStack({ ...stackOptions, wipe: !options.keep });
  if (well && !options.keep) await rm(dir, { recursive: true, force: true });
  else if (!well) say(`what the processes logged lies in ${dir}`);
}
process.exitCode = well ? 0 : 1;
