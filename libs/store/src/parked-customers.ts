import type { Metrics } from '@touchpoint/host';
import { query, type Pool } from './pool.ts';

/** The metric `parked_customers` of a consumer, over all its processes. While Postgres does not answer, it stays what it was: readiness says that Postgres is gone. */
export const observeParked = (metrics: Metrics, pool: Pool, consumer: string): void => {
  metrics.gauge('parked_customers', 'Customers (or sources) whose records wait behind one that could not be processed', ['consumer'], async (gauge) => {
    const rows = await query<{ count: number }>(pool, 'select count(distinct key)::int as count from log.parked where consumer = $1 and blocking', [consumer]).catch(() => undefined);
    if (rows) gauge.set({ consumer }, rows[0]?.count ?? 0);
  });
};
