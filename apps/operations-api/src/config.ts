import { defineConfig, http, kafka, postgres, registry, sourceKeys, wholeNumberOr, type ConfigOf } from '@touchpoint/host';

export const config = defineConfig('operations-api', {
  ...http(4005),
  ...kafka,
  ...registry,
  ...postgres,
  ...sourceKeys,
  LEASE_MS: { schema: wholeNumberOr(15_000, 1_000, 600_000), doc: 'Milliseconds without a sign of life after which the run of a process goes on in another one.' },
});
export type OperationsConfig = ConfigOf<typeof config>;
