import { createApp, migrations as access, silentLog, systemClock, tableApiKeys } from '@touchpoint/host';
import { migrations as log, type Migration } from '@touchpoint/store';
import { createTestSystem, eventually, type TestSystem } from '@touchpoint/testing';
import { operationsApp } from '../operations-app.ts';
import { migrations } from '../operations.migrations.ts';
import { migrations as replay } from '../replay.migrations.ts';
import type { Run } from '../run-store.ts';

type Asked = Readonly<{ body?: object; /** Of whom; an operator's where none is named. */ key?: string; operator?: string }>;
/** operations-api on a system of its own, which no worker is at work on. */
export type Operations = Readonly<{
  system: TestSystem;
  keys: Readonly<Record<'operate' | 'read', string>>;
  call: <T = Record<string, unknown>>(method: 'GET' | 'POST', url: string, asked?: Asked) => Promise<Readonly<{ status: number; body: T }>>;
  /** Starts an operation. @returns how it ended. @throws where it is refused. */
  run: (operation: string, args: object, apply?: boolean) => Promise<Run>;
  metrics: () => Promise<string>;
  /** @param then `keepSystem`: only operations-api itself ends */
  end: (then?: Readonly<{ keepSystem: boolean }>) => Promise<void>;
}>;

/** @param options `migrations`: of what else is on the system; `env`: settings of operations-api */
export const startOperations = async ({ migrations: further = [], env = {}, ...options }: Readonly<{ partitions?: number; migrations?: readonly Migration[]; env?: Readonly<Record<string, string>> }> = {}): Promise<Operations> => {
  const system = await createTestSystem({ migrations: [...log, ...access, ...further, ...migrations, ...replay], ...options });
  const { app, start, stop } = await createApp({ ...operationsApp, env: { ...system.env, ...env }, log: silentLog });
  await start();
  const made = tableApiKeys(system.pool, systemClock);
  const keys = { operate: (await made.create({ name: 'sre', scopes: ['operate'] })).key, read: (await made.create({ name: 'reader', scopes: ['customers:read'] })).key };
  const call: Operations['call'] = async <T>(method: 'GET' | 'POST', url: string, { body, key = keys.operate, operator }: Asked = {}) => {
    const answer = await app.inject({ method, url, headers: { authorization: `Bearer ${key}`, ...(operator !== undefined && { 'x-touchpoint-operator': operator }) }, ...(body && { payload: body }) });
    return { status: answer.statusCode, body: answer.json() as T };
  };
  return {
    system, keys, call,
    run: async (operation, args, apply = false) => {
      const { body: asked, status } = await call<Run>('POST', '/v1/runs', { body: { operation, arguments: args, apply, why: 'spec' } });
      if (status !== 202) throw new Error(JSON.stringify(asked));
      return eventually('its end', async () => {
        const { body } = await call<Run>('GET', `/v1/runs/${asked.id}`);
        return ['done', 'failed'].includes(body.state) && body;
      });
    },
    metrics: async () => (await app.inject({ method: 'GET', url: '/metrics' })).body,
    end: async ({ keepSystem } = { keepSystem: false }) => {
      await stop();
      if (!keepSystem) await system.end();
    },
  };
};
