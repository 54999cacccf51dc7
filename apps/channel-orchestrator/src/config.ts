import { defineConfig, http, kafka, postgres, registry, worker } from '@touchpoint/host';

export const config = defineConfig('channel-orchestrator', { ...http(4013), ...kafka, ...registry, ...postgres, ...worker });
