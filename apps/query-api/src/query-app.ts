import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '@touchpoint/host';
import { closeLog } from '@touchpoint/log';
import { POOL } from '@touchpoint/store';
import { AppModule } from './app.module.ts';
import { config } from './config.ts';
import { DOCS_PATHS, installDocs } from './http/openapi.ts';
import { VAULT } from './tokens.ts';

/** Answers are personal: nobody on the way keeps one, errors neither. */
const keepNothing = (app: NestFastifyApplication): void => {
  (app.getHttpAdapter().getInstance() as unknown as FastifyInstance).addHook('onSend', (request, reply, payload, done) => {
    if (request.url.startsWith('/v1/')) void reply.header('cache-control', 'no-store');
    done(null, payload);
  });
};

/** What query-api is, for `runApp` and for specs. */
export const queryApp: AppOptions<(typeof config)['keys']> = {
  name: 'query-api',
  module: AppModule,
  config,
  http: {
    bodyLimit: 1_000,
    openPaths: [...DOCS_PATHS],
    configure: (app) => {
      keepNothing(app);
      installDocs(app);
    },
  },
  onStop: async (app) => {
    await closeLog(app);
    app.get(VAULT).close();
    await app.get(POOL).end();
  },
};
