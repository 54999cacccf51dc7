import type { FactoryProvider } from '@nestjs/common';
import { CONFIG, HEALTH, LOG, METRICS, type Health, type Log, type Metrics, type Token } from '@touchpoint/host';
import { createPool, query, type Pool } from './pool.ts';

/** The app's one pool. */
export const POOL = 'touchpoint.pool' as Token<Pool>;

/** A pool from DATABASE_URL and DATABASE_POOL, with its readiness and its metrics. The app ends it in `onStop`. */
export const poolProvider = (app: string): FactoryProvider => ({
  provide: POOL,
  inject: [CONFIG, LOG, HEALTH, METRICS],
  useFactory: (config: Readonly<{ DATABASE_URL: string; DATABASE_POOL: number }>, log: Log, health: Health, metrics: Metrics) => {
    const pool = createPool({ databaseUrl: config.DATABASE_URL, name: `touchpoint-${app}`, max: config.DATABASE_POOL, onError: (error) => log.warn({ error }, 'an idle connection to Postgres was lost') });
    health.ready.add('postgres', async () => void (await query(pool, 'select 1')));
    metrics.gauge('postgres_waiting', 'Requests that wait for a connection to Postgres', [], (gauge) => gauge.set(pool.waitingCount));
    return pool;
  },
});
