import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { CONFIG, type AppOptions } from '@touchpoint/host';
import { closeLog } from '@touchpoint/log';
import { POOL } from '@touchpoint/store';
import { AppModule } from './app.module.ts';
import { config, type IngestConfig } from './config.ts';
import { installBodies } from './http/bodies.ts';
import { BODY_BUDGET, VAULT } from './tokens.ts';

/** What ingest-api is, for `runApp` and for specs. */
export const ingestApp: AppOptions<(typeof config)['keys']> = {
  name: 'ingest-api',
  module: AppModule,
  config,
  http: {
    configure: (app: NestFastifyApplication) => installBodies(app.getHttpAdapter().getInstance() as unknown as FastifyInstance, app.get<IngestConfig>(CONFIG), app.get(BODY_BUDGET)),
  },
  onStop: async (app) => {
    await closeLog(app);
    app.get(VAULT).close();
    await app.get(POOL).end();
  },
};
