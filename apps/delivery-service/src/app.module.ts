import { Module, type FactoryProvider } from '@nestjs/common';
import { API_KEYS, CLOCK, CONFIG, tableApiKeys, type Clock } from '@touchpoint/host';
import { appenderProvider, kafkaProvider, logReaderProvider, messageReaderProvider, messageWriterProvider, registryProvider, TOPICS, topicsProvider } from '@touchpoint/log';
import { POOL, poolProvider, type Pool } from '@touchpoint/store';
import { masterKeysOf, Vault, type MasterKeyConfig } from '@touchpoint/vault';
import { DeliveryHandler, OUTCOME_WRITER, VAULT } from './delivery.handler.ts';
import { SandboxController } from './http/sandbox.controller.ts';
import { OUTCOMES } from './outcomes.ts';
import { createProviders, PROVIDERS } from './providers.ts';
import { SandboxProvider } from './sandbox.provider.ts';

const vault: FactoryProvider = {
  provide: VAULT,
  inject: [POOL, CONFIG, CLOCK],
  useFactory: (pool: Pool, config: MasterKeyConfig, clock: Clock) => Vault.open(pool, masterKeysOf(config), { clock }),
};
const sandbox: FactoryProvider = { provide: SandboxProvider, inject: [POOL, VAULT], useFactory: (pool: Pool, opened: Vault) => new SandboxProvider(pool, opened) };
const providers: FactoryProvider = { provide: PROVIDERS, inject: [SandboxProvider], useFactory: (one: SandboxProvider) => createProviders([one]) };
const apiKeys: FactoryProvider = { provide: API_KEYS, inject: [POOL, CLOCK], useFactory: (pool: Pool, clock: Clock) => tableApiKeys(pool, clock) };

const adapters = [
  kafkaProvider('delivery-service'), topicsProvider, appenderProvider(), logReaderProvider, registryProvider, messageReaderProvider,
  messageWriterProvider(OUTCOME_WRITER, TOPICS.received, OUTCOMES), poolProvider('delivery-service'), vault, sandbox, providers, apiKeys,
];
const handlers = [DeliveryHandler];
const controllers = [SandboxController];

@Module({ providers: [...adapters, ...handlers], controllers })
export class AppModule {}
