import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { figureTable, load as loadNow, machine, measured, noteTable, percentile, writeReport, type Figure, type Note } from '@touchpoint/bench';
import { DAY } from '@touchpoint/kernel';
import { startStack, stopStack, type StackOptions } from '@touchpoint/stack';
import { compare, describeDifferences } from './compare.ts';
import { STACK_PARTS } from './kill-plan.ts';
import { makeLoad } from './load/make-load.ts';
import { parseOptions, USAGE, type Options } from './options.ts';
import type { Played } from './play.ts';
import { breakPartOf } from './stack-parts.ts';

/**
 * `npm run crash`: the same load on two fresh systems, two processes of each worker; on the second one, processes are killed, put to sleep, and Kafka, Postgres and the
 * registry killed and started again. Both must come to the same. Writes `.bench/crash.json`; ends with 1 when they differ or anything was lost or doubled.
 */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const dir = join(ROOT, '.bench/crash');
const env = Object.fromEntries(['PATH', 'HOME', 'JAVA_HOME', 'MAVEN_HOME', 'M2_HOME', 'TOUCHPOINT_STACK_CACHE', 'XDG_CACHE_HOME', 'TMPDIR'].map((name) => [name, process.env[name]]));
/** One kill in three takes a companion. */
const KILLS_A_STRIKE = 4 / 3;

type RunSystem = (options: object) => Promise<Played>;

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

const figuresOf = (undisturbed: Played, disturbed: Played): readonly Figure[] => {
  const { ran, observation: { counts, problems } } = disturbed;
  const count = (name: string, value: number, target: Figure['target'] = null): Figure => measured(name, value, '', target);
  const differences = compare(undisturbed.observation, disturbed.observation);
  return [
    count('kills', ran.killed.length, { atLeast: 200 }), count('events', ran.events),
    count('differences', differences.reduce((sum, { onlyInFirst, onlyInSecond }) => sum + onlyInFirst.length + onlyInSecond.length, 0) + problems.length, { atMost: 0 }),
    count('repeats_dropped', counts.timelineRepeats + counts.commandRepeats), count('unknown_outcomes', counts.of['MessageUnknown'] ?? 0),
    measured('recovery_p50_s', percentile(ran.recoveries, 0.5), 's', null), measured('recovery_max_s', Math.max(...ran.recoveries), 's', null),
  ];
};

const notesOf = ({ ran, observation: { counts } }: Played): readonly Note[] => [
  ...[...ran.points].sort(([a], [b]) => (a < b ? -1 : 1)).map(([point, value]): Note => ({ name: `died: ${point}`, value, unit: '' })),
  { name: 'slept through their time', value: ran.paused, unit: '' },
  { name: 'parts of the stack killed', value: ran.broken.join(', ') || 'none', unit: '' },
  { name: 'batches that had to be sent again', value: ran.retries, unit: '' },
  { name: 'provider calls beyond one a message', value: counts.extraCalls, unit: '' },
  { name: 'seconds of the disturbed run', value: (ran.ended - ran.began) / 1_000, unit: 's' },
];

await rm(dir, { recursive: true, force: true });
await mkdir(dir, { recursive: true });
const stackOptions: StackOptions = { dir: join(dir, 'stack'), env };
let well = false;
try {
  say('bringing up a stack');
  const stack = await startStack({ ...stackOptions, detach: true });
  const connected = { ...env, DATABASE_URL: stack.databaseUrl, KAFKA_BROKERS: stack.kafkaBrokers.join(','), SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl };
  // Apps export nothing, so it is found by its file name.
  const { runSystem } = (await import(pathToFileURL(join(ROOT, 'apps/touchpoint-cli/src/crash/run-system.ts')).href)) as { runSystem: RunSystem };
  const load = makeLoad({ seed: options.seed, base: Math.floor(Date.now() / DAY) * DAY - DAY, scale: options.scale });
  const run = { dir, env: connected, load };
  const undisturbed = await runSystem({ ...run, say: (text: string) => say(`undisturbed: ${text}`) });
  const disturbed = await runSystem({
    ...run, say: (text: string) => say(`disturbed: ${text}`),
    kills: { seed: options.seed, most: Math.ceil(options.kills / KILLS_A_STRIKE), pauses: options.pauses, ...(options.parts && { parts: STACK_PARTS, breakPart: breakPartOf(stackOptions) }) },
  });
  const figures = figuresOf(undisturbed, disturbed);
  const notes = notesOf(disturbed);
  const problems = [...undisturbed.observation.problems, ...disturbed.observation.problems];
  const told = [describeDifferences(compare(undisturbed.observation, disturbed.observation)), ...problems].filter((text) => text !== '').join('\n');
  await writeReport(join(ROOT, '.bench/crash.json'), { figures, notes }, { machine: { ...before, loadAfter: loadNow() }, options, at, seconds: seconds() });
  console.log(`${told ? `${told}\n\n` : ''}${figureTable(figures)}\n\nbeside them:\n${noteTable(notes)}\n\nwritten to .bench/crash.json`);
  well = told === '';
} finally {
  await stopStack({ ...stackOptions, wipe: !options.keep });
  if (well && !options.keep) await rm(dir, { recursive: true, force: true });
  else if (!well) say(`what the processes logged lies in ${dir}`);
}
process.exitCode = well ? 0 : 1;
