import { Module, type FactoryProvider, type Provider } from '@nestjs/common';
import { API_KEYS, CLOCK, CONFIG, HEALTH, LOG, METRICS, tableApiKeys, type Clock, type Health, type Log, type Metrics } from '@touchpoint/host';
import { kafkaProvider, logBoundsProvider, logReaderProvider, messageReaderProvider, registryProvider, topicsProvider } from '@touchpoint/log';
import { createPool, POOL, query, type Pool } from '@touchpoint/store';
import { createSourceKeys, masterKeysOf, Vault } from '@touchpoint/vault';
import { Admission } from './admission.ts';
import type { QueryConfig } from './config.ts';
import { CustomerQuery } from './customer.query.ts';
import { ExportQuery } from './export/export.query.ts';
import { Answering } from './http/answering.ts';
import { CustomersController } from './http/customers.controller.ts';
import { ExportController } from './http/export.controller.ts';
import { MessagesController } from './http/messages.controller.ts';
import { TimelineController } from './http/timeline.controller.ts';
import { LogLook } from './log-look.ts';
import { MessagesQuery } from './messages.query.ts';
import { TimelineQuery } from './timeline.query.ts';
import { ADMISSION, SOURCE_KEYS, VAULT } from './tokens.ts';

/** As `poolProvider`, with the time limit of a question, not that of a batch. */
const poolProvider: FactoryProvider = {
  provide: POOL,
  inject: [CONFIG, LOG, HEALTH, METRICS],
  useFactory: ({ DATABASE_URL, DATABASE_POOL, QUERY_LIMIT_MS }: QueryConfig, log: Log, health: Health, metrics: Metrics) => {
    const pool = createPool({
      databaseUrl: DATABASE_URL, name: 'touchpoint-query-api', max: DATABASE_POOL, statementTimeoutMs: QUERY_LIMIT_MS,
      onError: (error) => log.warn({ error }, 'an idle connection to Postgres was lost'),
    });
    health.ready.add('postgres', async () => void (await query(pool, 'select 1')));
    metrics.gauge('postgres_waiting', 'Requests that wait for a connection to Postgres', [], (gauge) => gauge.set(pool.waitingCount));
    return pool;
  },
};
const vaultProvider: FactoryProvider = {
  provide: VAULT,
  inject: [POOL, CONFIG, CLOCK],
  useFactory: (pool: Pool, config: QueryConfig, clock: Clock) => Vault.open(pool, masterKeysOf(config), { clock }),
};
const sourceKeysProvider: FactoryProvider = { provide: SOURCE_KEYS, inject: [CONFIG], useFactory: ({ SOURCE_KEY_SECRET }: QueryConfig) => createSourceKeys(SOURCE_KEY_SECRET) };
const apiKeysProvider: FactoryProvider = { provide: API_KEYS, inject: [POOL, CLOCK], useFactory: (pool: Pool, clock: Clock) => tableApiKeys(pool, clock) };
const admissionProvider: FactoryProvider = {
  provide: ADMISSION,
  inject: [CONFIG, METRICS],
  useFactory: ({ MAX_REQUESTS }: QueryConfig, metrics: Metrics) => {
    const admission = new Admission(MAX_REQUESTS);
    metrics.gauge('query_requests', 'Requests that are served, and that wait for it', ['state'], (gauge) => {
      gauge.set({ state: 'served' }, admission.running);
      gauge.set({ state: 'waiting' }, admission.waiting);
    });
    return admission;
  },
};

const adapters: Provider[] = [
  kafkaProvider('query-api'), topicsProvider, logReaderProvider, registryProvider, messageReaderProvider, logBoundsProvider, poolProvider, vaultProvider, sourceKeysProvider, apiKeysProvider, admissionProvider,
];
const queries: Provider[] = [LogLook, CustomerQuery, TimelineQuery, MessagesQuery, ExportQuery, Answering];

@Module({ controllers: [ExportController, CustomersController, TimelineController, MessagesController], providers: [...adapters, ...queries] })
export class AppModule {}
