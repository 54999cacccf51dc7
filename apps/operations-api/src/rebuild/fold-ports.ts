import type { FactoryProvider } from '@nestjs/common';
import type { Token } from '@touchpoint/host';
import { LOG_READER, LOG_TOPICS, MESSAGE_READER, TOPICS, type LogReader, type LogScanner, type LogTopics, type MessageReader } from '@touchpoint/log';
import { POOL, type Pool } from '@touchpoint/store';
import type { FoldPorts } from './partition-fold.ts';

/** What the timeline is folded anew with. */
export const FOLD_PORTS = 'operations.fold-ports' as Token<FoldPorts>;
export const foldPortsProvider: FactoryProvider = {
  provide: FOLD_PORTS, inject: [POOL, LOG_READER, MESSAGE_READER, LOG_TOPICS],
  useFactory: (pool: Pool, log: LogReader & LogScanner, reader: MessageReader, topics: LogTopics): FoldPorts => ({ pool, log, reader, topic: topics.nameOf(TOPICS.timeline), partitions: topics.partitionsOf(TOPICS.timeline) }),
};
