import { fromApp, measured, runTrial, type Note } from '@touchpoint/bench';
import type { Fuzzed } from './fuzz-system.ts';
import { parseOptions, USAGE } from './options.ts';

/**
 * `npm run fuzz`: requests and records that were made to break something, at a system of its own with two processes of each worker. Each must be refused, parked or
 * dropped with its reason, or taken. Ends with 1 when a process ended, something got stuck, or anything is not accounted for.
 */
type RunFuzz = (options: object) => Promise<Fuzzed>;

await runTrial('fuzz', { parse: parseOptions, usage: USAGE }, async ({ seed, inputs: wanted }, { dir, env, say }) => {
  const { runFuzz } = (await fromApp('touchpoint-cli', 'fuzz/run-fuzz.ts')) as { runFuzz: RunFuzz };
  const { inputs, crashes, stuck, unaccounted, tally, seconds } = await runFuzz({ dir, env, seed, inputs: wanted, say });
  const none = { atMost: 0 };
  return {
    figures: [measured('inputs', inputs, '', { atLeast: 1_000_000 }), measured('crashes', crashes, '', none), measured('stuck', stuck.length, '', none), measured('unaccounted', unaccounted, '', none)],
    notes: [...tally.fates.map(([name, value]): Note => ({ name, value, unit: '' })), { name: 'inputs a second', value: inputs / seconds, unit: '/s' }],
    notesAre: 'what became of them, and of the records that followed from them',
    told: [...stuck, ...tally.examples].join('\n'),
    well: crashes + stuck.length + unaccounted === 0,
  };
});
