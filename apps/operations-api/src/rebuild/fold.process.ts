import { createLogger } from '@touchpoint/host';
import { failureKind } from '@touchpoint/kernel';
import { createKafka, createLogReader, createMessageReader, createRegistry, partitionCounts, TOPICS } from '@touchpoint/log';
import { createPool } from '@touchpoint/store';
import { foldConfig } from './config.ts';
import { PartitionFold } from './partition-fold.ts';
import { endWithParent, tellParent } from './parent.ts';
import type { FoldAnswer, FoldTask } from './protocol.ts';
import { NEXT, tablesOf } from './read-models.ts';

/** A process of operations-api's that folds partitions into the tables beside the live ones: `fold.process.ts MODEL …`, asked over its channel. It ends with its parent. */
endWithParent();
const config = foldConfig();
const log = createLogger('operations-api', 'warn');
const pool = createPool({ databaseUrl: config.DATABASE_URL, name: 'touchpoint-rebuild', max: 2, onError: (error) => log.warn({ error }, 'an idle connection to Postgres was lost') });
const kafka = createKafka({ brokers: config.KAFKA_BROKERS, clientId: 'touchpoint-rebuild', log, access: config });
const topic = config.TOPIC_PREFIX + TOPICS.timeline;
const partitions = (await partitionCounts(kafka, config.TOPIC_PREFIX)).get(topic) ?? 0;
const registry = createRegistry(config.SCHEMA_REGISTRY_URL, { access: config });
const fold = new PartitionFold({ pool, log: createLogReader(kafka), reader: createMessageReader(registry), topic, partitions }, NEXT, tablesOf(process.argv.slice(2), 'next'));

const failed = (error: unknown): FoldAnswer => {
  const kind = failureKind(error);
  log.warn({ error }, 'could not fold');
  return { is: 'failed', kind, code: kind === 'Defect' ? 'DEFECT' : (error as { code: string }).code, message: kind === 'Defect' ? (error as Error).name : (error as Error).message };
};

process.on('message', (task: FoldTask) => {
  const work = task.do === 'fold' ? fold.fold(task.partition, task.to, (next) => tellParent({ is: 'at', partition: task.partition, next })) : fold.foldCustomers(task);
  work.then(() => tellParent({ is: 'done' }), (error: unknown) => tellParent(failed(error)));
});
