import { defineConfig, http, kafka, postgres, registry, vault, wholeNumberOr, worker } from '@touchpoint/host';

export const config = defineConfig('delivery-service', {
  ...http(4014),
  ...kafka,
  ...registry,
  ...postgres,
  ...worker,
  ...vault,
  CALL_LIMIT_MS: { schema: wholeNumberOr(10_000, 100, 60_000), doc: 'Milliseconds a provider may take to answer.' },
  CALL_MARGIN_MS: { schema: wholeNumberOr(2_000, 100, 60_000), doc: 'Added to the limit: a claim without outcome that is older was lost in a crash.' },
  MAX_ATTEMPTS: { schema: wholeNumberOr(5, 1, 20), doc: 'Times a message is handed to a provider that refuses it for the moment.' },
  RETRY_MS: { schema: wholeNumberOr(5_000, 50, 3_600_000), doc: 'Milliseconds before the second attempt; doubled for each further one.' },
  CALLS_AT_ONCE: { schema: wholeNumberOr(32, 1, 1_000), doc: 'Most provider calls under way per partition.' },
});
