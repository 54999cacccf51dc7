import { defineConfig, http, kafka, postgres, registry, sourceKeys, vault, wholeNumberOr, type ConfigOf } from '@touchpoint/host';

export const config = defineConfig('ingest-api', {
  ...http(4001),
  ...kafka,
  ...registry,
  ...postgres,
  ...vault,
  ...sourceKeys,
  MAX_EVENT_BYTES: { schema: wholeNumberOr(32_768, 1_024, 800_000), doc: 'Largest event, in bytes of JSON, for keys without a limit of their own.' },
  MAX_BATCH_BYTES: { schema: wholeNumberOr(512_000, 1_024, 16_000_000), doc: 'Largest body of a batch, in bytes unpacked, for keys without a limit of their own.' },
  MAX_IN_FLIGHT_BYTES: { schema: wholeNumberOr(16_000_000, 100_000, 1_000_000_000), doc: 'Bytes of all bodies that are read or not answered yet. Beyond it requests are refused with 429.' },
  MAX_PENDING_BYTES: { schema: wholeNumberOr(32_000_000, 100_000, 1_000_000_000), doc: 'Bytes that wait for the broker. Beyond it requests are refused with 429.' },
  ANSWER_LIMIT_MS: { schema: wholeNumberOr(4_500, 50, 60_000), doc: 'Milliseconds that data keys and the broker\'s acknowledgement may take together. Past it the answer is 503.' },
  SOURCES_IN_MEMORY: { schema: wholeNumberOr(16_384, 1_000, 2_000_000), doc: 'Source ids whose key is remembered, about 300 bytes each; rounded down to a power of two. A key is made anew in 2 µs: more than the processor caches hold saves nothing.' },
});
export type IngestConfig = ConfigOf<typeof config>;
