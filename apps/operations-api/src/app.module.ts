import { Module, type FactoryProvider, type Provider } from '@nestjs/common';
import { API_KEYS, CLOCK, CONFIG, LOG, METRICS, tableApiKeys, type Clock, type Log, type Metrics } from '@touchpoint/host';
import { appenderProvider, kafkaProvider, logBoundsProvider, logReaderProvider, messageReaderProvider, messageWriterProvider, registryProvider, TOPICS, topicsProvider } from '@touchpoint/log';
import { POOL, poolProvider, type Pool } from '@touchpoint/store';
import { createSourceKeys } from '@touchpoint/vault';
import type { OperationsConfig } from './config.ts';
import { Erase } from './erase/erase.operation.ts';
import { IdentityController } from './http/identity.controller.ts';
import { LagController } from './http/lag.controller.ts';
import { ParkedController } from './http/parked.controller.ts';
import { ReceiptsController } from './http/receipts.controller.ts';
import { RunsController } from './http/runs.controller.ts';
import type { Operation } from './operation.ts';
import { IdentityLink } from './identity/identity-link.operation.ts';
import { IdentityQuery } from './identity/identity.query.ts';
import { IdentitySplit } from './identity/identity-split.operation.ts';
import { ACTS, OperatorActs } from './operator-acts.ts';
import { LagWatch } from './lag/lag-watch.ts';
import { TopicsQuery } from './lag/topics.query.ts';
import { ParkedDrop } from './parked/parked-drop.operation.ts';
import { ParkedRetry } from './parked/parked-retry.operation.ts';
import { RebuildCustomers } from './rebuild/customers.operation.ts';
import { foldPortsProvider } from './rebuild/fold-ports.ts';
import { Rebuild } from './rebuild/rebuild.operation.ts';
import { ReplayUndo } from './replay/replay-undo.operation.ts';
import { Replay } from './replay/replay.operation.ts';
import { Restore } from './restore/restore.operation.ts';
import { RESTORED_FACTS, SETTLED } from './restore/written.ts';
import { RunStore } from './run-store.ts';
import { Runner } from './runner.ts';
import { SegmentPreview } from './segments/segment-preview.operation.ts';
import { Snapshot } from './snapshot/snapshot.operation.ts';
import { RotateMasterKey } from './vault/rotate-master-key.operation.ts';
import { OPERATIONS, RECEIVED_WRITER, RUNNER, SOURCE_KEYS, TIMELINE_WRITER } from './tokens.ts';

/** All that an operator can have done, one file each. */
const operations: Provider[] = [ParkedRetry, ParkedDrop, Rebuild, RebuildCustomers, Replay, ReplayUndo, Erase, RotateMasterKey, IdentityLink, IdentitySplit, Restore, Snapshot, SegmentPreview];

const operationsProvider: FactoryProvider = { provide: OPERATIONS, inject: operations as never[], useFactory: (...all: Operation[]) => all };
const runStoreProvider: FactoryProvider = { provide: RunStore, inject: [POOL, CONFIG], useFactory: (pool: Pool, { LEASE_MS }: OperationsConfig) => new RunStore(pool, LEASE_MS) };
const runnerProvider: FactoryProvider = {
  provide: RUNNER, inject: [RunStore, OPERATIONS, LOG, METRICS],
  useFactory: (store: RunStore, all: readonly Operation[], log: Log, metrics: Metrics) => new Runner(store, all, log, metrics),
};
const apiKeysProvider: FactoryProvider = { provide: API_KEYS, inject: [POOL, CLOCK], useFactory: (pool: Pool, clock: Clock) => tableApiKeys(pool, clock) };

const sourceKeysProvider: FactoryProvider = { provide: SOURCE_KEYS, inject: [CONFIG], useFactory: ({ SOURCE_KEY_SECRET }: OperationsConfig) => createSourceKeys(SOURCE_KEY_SECRET) };

const adapters: Provider[] = [
  kafkaProvider('operations-api'), topicsProvider, appenderProvider(), messageWriterProvider(RECEIVED_WRITER, TOPICS.received, [...ACTS, ...SETTLED]), messageWriterProvider(TIMELINE_WRITER, TOPICS.timeline, RESTORED_FACTS), sourceKeysProvider, logReaderProvider, logBoundsProvider, registryProvider, messageReaderProvider, poolProvider('operations-api'), apiKeysProvider, runStoreProvider, runnerProvider,
];

@Module({ controllers: [RunsController, ReceiptsController, ParkedController, LagController, IdentityController], providers: [...adapters, foldPortsProvider, ...operations, operationsProvider, LagWatch, TopicsQuery, IdentityQuery, OperatorActs] })
export class AppModule {}
