import 'reflect-metadata';
import { runApp } from '@touchpoint/host';
import { operationsApp } from './operations-app.ts';

await runApp(operationsApp);
