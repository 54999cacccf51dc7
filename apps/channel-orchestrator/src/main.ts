import 'reflect-metadata';
import { runApp } from '@touchpoint/host';
import { closeLog, workerStrategy } from '@touchpoint/log';
import { POOL } from '@touchpoint/store';
import { AppModule } from './app.module.ts';
import { config } from './config.ts';
import { subscriptions } from './subscriptions.ts';

await runApp({
  name: 'channel-orchestrator',
  module: AppModule,
  config,
  strategies: (app) => [workerStrategy(app, subscriptions)],
  onStop: async (app) => {
    await closeLog(app);
    await app.get(POOL).end();
  },
});
