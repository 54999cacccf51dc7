import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { projections } from '@touchpoint/profile';
import { query } from '@touchpoint/store';
import { CliError } from '../system/cli-error.ts';
import { withPool } from '../system/set-up.ts';
import type { System } from '../system/system.ts';
import type { Run } from './operations-client.ts';

const APP = 'operations-api';

/** Has the read models folded anew of which this release folds another version than the live one; its projectors wait for that. @returns what came of it */
export const rebuildChanged = async (system: Pick<System, 'connections' | 'keys' | 'urlOf'>): Promise<string> => {
  const rows = await withPool(system.connections.databaseUrl, (pool) => query<{ name: string; version: number }>(pool, 'select name, version from profile.read_model'));
  const live = new Map(rows.map(({ name, version }) => [name, version]));
  if (projections.every(({ name, version }) => live.get(name) === version)) return `${projections.length} as this release folds them`;
  const call = async (path: string, body?: object): Promise<Run> => {
    const answer = await fetch(new URL(path, system.urlOf(APP)), { method: body ? 'POST' : 'GET', headers: { authorization: `Bearer ${system.keys.operate}`, ...(body && { 'content-type': 'application/json' }) }, ...(body && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new CliError('OPERATIONS.REFUSED', `${APP} refuses the rebuild (${answer.status}): do it with npx touchpoint rebuild --changed --apply`);
    return (await answer.json()) as Run;
  };
  let run = await call('/v1/runs', { id: randomUUID(), operation: 'rebuild', arguments: { changed: true, acceptDifferences: true }, apply: true, why: 'a release that folds other versions came up' });
  while (run.state === 'waiting' || run.state === 'running') {
    await sleep(300);
    run = await call(`/v1/runs/${run.id}`);
  }
  if (run.state !== 'done') throw new CliError(run.problem?.code ?? 'OPERATIONS.STOPPED', run.problem?.message ?? 'the rebuild of read models that have changed was stopped');
  return run.outcome!.summary;
};
