import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { afterReady } from '../after-ready.ts';
import { startSystem, type System } from '../system/index.ts';
import { plain } from '../view/terminal.ts';
import { prove, type Proved } from './prove.ts';
import { proofOf } from './proof.ts';
import { invitation, verdict } from './report.ts';

const LIMIT_MS = 300_000;
const WORKERS = ['identity-resolver', 'profile-projector', 'channel-orchestrator', 'delivery-service'];
let dir: string;
let database: FreshDatabase;
let system: System;
let proved: Proved;
const said: string[] = [];
let invited = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchpoint-prove-'));
  database = await freshDatabase(process.env['DATABASE_URL']);
  system = await startSystem({
    dir, databaseUrl: database.url, topicPrefix: `prove${randomBytes(4).toString('hex')}.`, partitions: 4, afterReady, apps: ['ingest-api', ...WORKERS], restarts: { firstDelayMs: 1, maxDelayMs: 1 },
    appEnv: { ...Object.fromEntries(WORKERS.map((app) => [app, { SESSION_TIMEOUT_MS: '3000' }])), 'delivery-service': { SESSION_TIMEOUT_MS: '3000', CALL_LIMIT_MS: '2000', CALL_MARGIN_MS: '500' } },
  });
  const seconds = 8;
  const killing: NodeJS.Timeout[] = [];
  try {
    proved = await prove({
      look: () => Promise.resolve(system.view()), startAgain: () => system.startMissing(), keys: system.keys, seconds, seed: 7, rate: 40, say: (text) => void said.push(text),
      begins: (view) => {
        invited = invitation(view, seconds, plain);
        ['identity-resolver', 'ingest-api', 'profile-projector', 'channel-orchestrator', 'delivery-service', 'identity-resolver'].forEach((name, n) => killing.push(setTimeout(() => system.kill(name), 1_000 + n * 1_100)));
      },
    });
  } finally {
    killing.forEach(clearTimeout);
  }
}, LIMIT_MS);
afterAll(async () => {
  await system?.stop();
  await database?.drop();
  await rm(dir, { recursive: true, force: true });
}, LIMIT_MS);

describe('a proof while somebody kills', () => {
  it('shows every pid', () => {
    for (const app of ['ingest-api', ...WORKERS]) expect(invited).toMatch(new RegExp(`${app} +kill -9 \\d+`));
  });
  it('comes to nothing lost and nothing doubled, of something', () => {
    expect(proved).toMatchObject({ lost: 0, doubled: 0, problems: [] });
    expect(proved.kills).toBeGreaterThanOrEqual(4);
    expect(proved.sent).toBeGreaterThan(200);
    expect(proved.checks.map(({ expected, found }) => expected > 0 && expected === found)).toEqual([true, true, true, true, true]);
    expect(said.some((text) => /was killed by SIGKILL/.test(text))).toBe(true);
    expect(verdict(proved, plain)).toContain('0 lost, 0 doubled');
  });
  it('finds what is lost, and what is doubled', async () => {
    const event = { type: 'track', messageId: 'gone', timestamp: '2026-01-01T00:00:00.000Z', event: 'Order Completed', properties: { order_id: 'gone', total: '1.00' } } as const;
    const found = { messageId: 'gone', publisher: 'x', type: 'OrderCompleted', customerId: '00000000-0000-4000-8000-000000000001', partition: 0, offset: 1, commandId: undefined, sends: false };
    const lost = await proofOf(database.pool, [event], { found: [], again: 0, gaps: [] });
    expect(lost.lost).toBeGreaterThanOrEqual(2);
    const doubled = await proofOf(database.pool, [], { found: [{ ...found, type: 'MessageSent', publisher: 'delivery-service', commandId: 'c' }], again: 0, gaps: ['a hole'] });
    expect(doubled).toMatchObject({ problems: ['a gap on the log: a hole'] });
    expect(doubled.doubled).toBeGreaterThan(0);
    const twice = await proofOf(database.pool, [event], { found: [found, { ...found, offset: 2 }], again: 0, gaps: [] });
    expect(twice.checks[0]).toMatchObject({ expected: 1, found: 1, lost: 0, doubled: 1 });
  });
});
