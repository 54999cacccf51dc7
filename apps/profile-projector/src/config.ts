import { defineConfig, http, kafka, postgres, registry, worker } from '@touchpoint/host';

export const config = defineConfig('profile-projector', { ...http(4012), ...kafka, ...registry, ...postgres, ...worker });
