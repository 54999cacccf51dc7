import type { Metrics } from '@touchpoint/host';
import { query, type Pool } from './pool.ts';

/** The metric `outbox_age_seconds` of a consumer, over all its processes: whoever is asked tells it. While Postgres does not answer, it stays what it was. */
export const observeOutbox = (metrics: Metrics, pool: Pool, consumer: string): void => {
  metrics.gauge('outbox_age_seconds', 'How long the oldest thing waits that is committed and not known to be sent; 0: nothing waits', ['consumer'], async (gauge) => {
    try {
      const [row] = await query<{ seconds: number | null }>(pool, 'select extract(epoch from now() - min(committed_at))::float8 as seconds from log.pending where consumer = $1', [consumer]);
      gauge.set({ consumer }, row?.seconds ?? 0);
    } catch {
      // Readiness says that Postgres is gone; the other metrics are wanted all the more.
    }
  });
};
