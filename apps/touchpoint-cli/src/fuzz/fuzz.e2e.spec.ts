import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Fuzzed } from '@touchpoint/fuzz';
import { runFuzz } from './run-fuzz.ts';

/** Another one: TOUCHPOINT_FUZZ_SEED. */
const SEED = Number(process.env['TOUCHPOINT_FUZZ_SEED'] ?? 1);
const INPUTS = 10_000;

let fuzzed: Fuzzed;
const say = (text: string) => process.stderr.write(`  fuzz, seed ${SEED}: ${text}\n`);
beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'touchpoint-fuzz-'));
  fuzzed = await runFuzz({ dir, env: process.env, seed: SEED, inputs: INPUTS, say });
  if (fuzzed.unaccounted + fuzzed.crashes + fuzzed.stuck.length === 0) await rm(dir, { recursive: true, force: true });
  else say(`what the processes logged lies in ${dir}`);
}, 600_000);

describe('One bad customer stops no other: ten thousand requests and records that were made to break something', () => {
  it('end no process, and leave no partition and no request behind', () => expect([fuzzed.crashes, fuzzed.stuck, fuzzed.tally.examples]).toEqual([0, [], []]));
  it('are each refused, parked or dropped with a reason, or taken', () => {
    expect(fuzzed.inputs).toBeGreaterThanOrEqual(INPUTS);
    expect(fuzzed.unaccounted).toBe(0);
  });
  it('are of all sorts', () => {
    const fates = fuzzed.tally.fates.map(([fate]) => fate);
    for (const fate of [
      'refused 400 HTTP.BAD_JSON', 'refused 400 HTTP.BAD_GZIP', 'refused 401 ACCESS.NO_KEY', 'refused 415 HTTP.MEDIA_TYPE', 'refused member INTAKE.INVALID', 'parked LOG.NOT_FRAMED', 'parked LOG.NO_META', 'parked LOG.NO_CUSTOMER', 'parked LOG.WRONG_PARTITION', 'parked LOG.WRONG_KEY',
      'parked IDENTITY.CONFLICT', 'parked CONTRACTS.UNREADABLE', 'parked PARKED.BEHIND', 'dropped repeat', 'dropped stranger', 'dropped repeat of an event', 'accepted by ingest', 'accepted as an event', 'accepted on the timeline', 'accepted as a command',
    ])
      expect(fates).toContain(fate);
  });
});
