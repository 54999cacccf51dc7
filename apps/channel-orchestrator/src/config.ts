import { defineConfig, http, kafka, postgres, registry } from '@touchpoint/host';

export const config = defineConfig('channel-orchestrator', { ...http(4013), ...kafka, ...registry, ...postgres });
