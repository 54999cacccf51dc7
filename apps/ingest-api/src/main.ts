import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { runApp } from '@touchpoint/host';
import { ingestApp } from './ingest-app.ts';

// Nearly all that ingest makes is garbage a moment later. Left alone, V8 lets its heap grow fourfold on a large machine before it looks: 600 MB under load.
setFlagsFromString('--heap-growing-percent=30');

await runApp(ingestApp);
