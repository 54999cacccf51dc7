import type { AppOptions } from '@touchpoint/host';
import { closeLog } from '@touchpoint/log';
import { POOL } from '@touchpoint/store';
import { AppModule } from './app.module.ts';
import { config } from './config.ts';
import { RUNNER } from './tokens.ts';

/** What operations-api is, for `runApp` and for specs. */
export const operationsApp: AppOptions<(typeof config)['keys']> = {
  name: 'operations-api',
  module: AppModule,
  config,
  http: { bodyLimit: 100_000, configure: (app) => app.get(RUNNER).start() },
  onStop: async (app) => {
    await app.get(RUNNER).close();
    await closeLog(app);
    await app.get(POOL).end();
  },
};
