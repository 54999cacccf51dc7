import 'reflect-metadata';
import { runApp } from '@touchpoint/host';
import { queryApp } from './query-app.ts';

await runApp(queryApp);
