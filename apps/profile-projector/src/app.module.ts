import { Module } from '@nestjs/common';
import { kafkaProvider, logReaderProvider, messageReaderProvider, registryProvider, topicsProvider } from '@touchpoint/log';
import { poolProvider } from '@touchpoint/store';
import { ProjectorHandler } from './projector.handler.ts';

const adapters = [kafkaProvider('profile-projector'), topicsProvider, logReaderProvider, registryProvider, messageReaderProvider, poolProvider('profile-projector')];
const handlers = [ProjectorHandler];

@Module({ providers: [...adapters, ...handlers] })
export class AppModule {}
