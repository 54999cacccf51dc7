import { fromApp, measured, percentile, runTrial, type Figure, type Note } from '@touchpoint/bench';
import { DAY } from '@touchpoint/kernel';
import { compare, describeDifferences } from './compare.ts';
import { STACK_PARTS } from './kill-plan.ts';
import { makeLoad } from './load/make-load.ts';
import { parseOptions, USAGE } from './options.ts';
import type { Played } from './play.ts';
import { breakPartOf } from './stack-parts.ts';

/**
 * `npm run crash`: the same load on two fresh systems, two processes of each worker; on the second one, processes are killed, put to sleep, and Kafka, Postgres and the
 * registry killed and started again. Both must come to the same. Ends with 1 when they differ or anything was lost or doubled.
 */
/** One kill in three takes a companion. */
const KILLS_A_STRIKE = 4 / 3;

type RunSystem = (options: object) => Promise<Played>;

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

await runTrial('crash', { parse: parseOptions, usage: USAGE }, async ({ seed, kills, pauses, parts, scale }, { dir, env, stack, say }) => {
  const { runSystem } = (await fromApp('touchpoint-cli', 'crash/run-system.ts')) as { runSystem: RunSystem };
  const run = { dir, env, load: makeLoad({ seed, base: Math.floor(Date.now() / DAY) * DAY - DAY, scale }) };
  const undisturbed = await runSystem({ ...run, say: (text: string) => say(`undisturbed: ${text}`) });
  const disturbed = await runSystem({
    ...run, say: (text: string) => say(`disturbed: ${text}`),
    kills: { seed, most: Math.ceil(kills / KILLS_A_STRIKE), pauses, ...(parts && { parts: STACK_PARTS, breakPart: breakPartOf(stack) }) },
  });
  const problems = [...undisturbed.observation.problems, ...disturbed.observation.problems];
  const told = [describeDifferences(compare(undisturbed.observation, disturbed.observation)), ...problems].filter((text) => text !== '').join('\n');
  return { figures: figuresOf(undisturbed, disturbed), notes: notesOf(disturbed), notesAre: 'beside them', told, well: told === '' };
});
