import { defineConfig, http, kafka, postgres, registry, sourceKeys, vault, wholeNumberOr, type ConfigOf } from '@touchpoint/host';

export const config = defineConfig('query-api', {
  ...http(4003),
  ...kafka,
  ...registry,
  ...postgres,
  ...vault,
  ...sourceKeys,
  MAX_REQUESTS: { schema: wholeNumberOr(32, 1, 1_000), doc: 'Requests that are served at once; four times as many wait. Beyond it they are refused with 429.' },
  QUERY_LIMIT_MS: { schema: wholeNumberOr(5_000, 100, 60_000), doc: 'Milliseconds that Postgres, and the log, may each take for one answer. Past it the answer is 503.' },
});
export type QueryConfig = ConfigOf<typeof config>;
