import { Module } from '@nestjs/common';
import { appenderProvider, kafkaProvider, logReaderProvider, messageReaderProvider, messagesFrom, messageWriterProvider, registryProvider, TOPICS, topicsProvider } from '@touchpoint/log';
import { poolProvider } from '@touchpoint/store';
import { COMMAND_WRITER, OrchestratorHandler, TIMELINE_WRITER } from './orchestrator.handler.ts';

const adapters = [
  kafkaProvider('channel-orchestrator'), topicsProvider, appenderProvider(), logReaderProvider, registryProvider, messageReaderProvider,
  messageWriterProvider(TIMELINE_WRITER, TOPICS.timeline, messagesFrom('orchestration')), messageWriterProvider(COMMAND_WRITER, TOPICS.commands), poolProvider('channel-orchestrator'),
];
const handlers = [OrchestratorHandler];

@Module({ providers: [...adapters, ...handlers] })
export class AppModule {}
