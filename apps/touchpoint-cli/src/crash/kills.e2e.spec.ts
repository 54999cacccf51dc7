import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compare, describeDifferences, makeLoad, type Played } from '@touchpoint/crash';
import { DAY } from '@touchpoint/kernel';
import { forget, runSystem } from './run-system.ts';

/** Another one: TOUCHPOINT_CRASH_SEED. */
const SEED = Number(process.env['TOUCHPOINT_CRASH_SEED'] ?? 1);
const LIMIT_MS = 900_000;

let dir: string;
let undisturbed: Played;
let disturbed: Played;
let well = false;
const began = Date.now();
const say = (text: string) => process.stderr.write(`  kills, seed ${SEED}, ${((Date.now() - began) / 1_000).toFixed(1)} s: ${text}\n`);
const secondsOf = ({ ran }: Played) => ((ran.ended - ran.began) / 1_000).toFixed(1);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchpoint-kills-'));
  // People did all of it yesterday: everything that they said when is the same in both runs, and no longer ago than live events may be.
  const load = makeLoad({ seed: SEED, base: Math.floor(began / DAY) * DAY - DAY });
  const given = { dir, env: process.env, load };
  undisturbed = await runSystem({ ...given, say: (text) => say(`undisturbed: ${text}`) });
  disturbed = await runSystem({ ...given, kills: { seed: SEED, most: 24, pauses: 1 }, say: (text) => say(`disturbed: ${text}`) });
  const { ran, observation: { counts } } = disturbed;
  say(`${ran.events} events in ${ran.batches} batches; ${ran.killed.length} kills, ${[...ran.points].map(([point, count]) => `${count} ${point}`).join(', ')}; ${ran.paused} paused; ${ran.retries} batches sent again; repeats dropped: ${counts.timelineRepeats} on the timeline, ${counts.commandRepeats} commands, ${counts.extraCalls} provider calls; ${secondsOf(undisturbed)} s undisturbed, ${secondsOf(disturbed)} s disturbed`);
}, LIMIT_MS);
afterAll(async () => {
  if (well) await forget(dir);
  else say(`what the processes logged lies in ${dir}`);
});

describe('two processes of each worker, each killed while it imports and while people are at it', () => {
  it('are killed thirty times and more, every process at least once, before and behind what others see of them; one sleeps through its time', () => {
    const { killed, points, paused } = disturbed.ran;
    expect(killed.length).toBeGreaterThanOrEqual(30);
    for (const app of ['identity-resolver', 'profile-projector', 'channel-orchestrator', 'delivery-service']) expect(killed).toEqual(expect.arrayContaining([app, `${app}-2`]));
    expect(killed).toEqual(expect.arrayContaining(['ingest-api', 'query-api']));
    expect([...points.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(6);
    expect(points.get('commit behind')).toBeGreaterThan(0);
    expect(paused).toBe(1);
  });

  it('have something to lose: messages of every channel, held ones for every reason, timers, merges, people who answer', () => {
    const { of } = undisturbed.observation.counts;
    for (const name of [
      'send email', 'send push', 'hold email: no consent', 'hold email: withdrawn', 'hold email: suppressed', 'hold email: no contact point', 'hold push: no contact point', 'hold push: no consent', 'TimerFired',
      'CustomerAbsorbed', 'CustomerHandedOver', 'MessageOpened', 'MessageClicked', 'MessageBounced', 'Unsubscribed', 'exited: opened', 'exited: restarted', 'exited: exit event', 'exited: merged', 'DeviceRegistered', 'OrderRefunded',
    ])
      expect(of).toHaveProperty([name]);
  });

  it('lose nothing and double nothing (Effects happen once)', () => {
    expect(undisturbed.observation.problems).toEqual([]);
    expect(disturbed.observation.problems).toEqual([]);
  });

  it('end in the same rows, decisions and sandbox messages as if nobody had been killed', () => {
    expect(describeDifferences(compare(undisturbed.observation, disturbed.observation))).toBe('');
    well = true;
  });
});
