import { defineConfig, http, kafka, postgres, registry } from '@touchpoint/host';

export const config = defineConfig('profile-projector', { ...http(4012), ...kafka, ...registry, ...postgres });
