import 'reflect-metadata';
import { runApp } from '@touchpoint/host';
import { ingestApp } from './ingest-app.ts';

await runApp(ingestApp);
