import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Checks, Health, HealthReport } from './health.ts';
import type { Metrics } from './metrics.ts';

const shown = ({ ok, checks }: HealthReport) => ({ state: ok ? 'up' : 'down', checks: checks.map(({ since, ...check }) => ({ ...check, since: new Date(since).toISOString() })) });

/** `/health/live`, `/health/ready`, `/health` (both) and `/metrics`, on each app's port. 503 where a check is down. */
export const installProbes = (server: FastifyInstance, health: Health, metrics: Metrics): void => {
  const config = { access: 'open' } as const;
  const answer = (reply: FastifyReply, ok: boolean, body: unknown) => reply.status(ok ? 200 : 503).header('cache-control', 'no-store').send(body);
  const probe = (url: string, checks: Checks) =>
    server.get(url, { config }, async (_request, reply) => {
      const report = await checks.report();
      return answer(reply, report.ok, shown(report));
    });
  probe('/health/live', health.live);
  probe('/health/ready', health.ready);
  server.get('/health', { config }, async (_request, reply) => {
    const [live, ready] = await Promise.all([health.live.report(), health.ready.report()]);
    const ok = live.ok && ready.ok;
    return answer(reply, ok, { state: ok ? 'up' : 'down', live: shown(live), ready: shown(ready) });
  });
  server.get('/metrics', { config }, async (_request, reply) => reply.header('content-type', metrics.registry.contentType).send(await metrics.registry.metrics()));
};
