import { Module } from '@nestjs/common';
import { appenderProvider, kafkaProvider, logReaderProvider, messageReaderProvider, messagesFrom, messageWriterProvider, registryProvider, TOPICS, topicsProvider } from '@touchpoint/log';
import { poolProvider } from '@touchpoint/store';
import { ResolverHandler, TIMELINE_WRITER } from './resolver.handler.ts';

const adapters = [
  kafkaProvider('identity-resolver'), topicsProvider, appenderProvider(), logReaderProvider, registryProvider, messageReaderProvider,
  messageWriterProvider(TIMELINE_WRITER, TOPICS.timeline, messagesFrom('identity')), poolProvider('identity-resolver'),
];
const handlers = [ResolverHandler];

@Module({ providers: [...adapters, ...handlers] })
export class AppModule {}
