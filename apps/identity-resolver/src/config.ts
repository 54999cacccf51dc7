import { defineConfig, http, kafka, postgres, registry, wholeNumberOr, worker } from '@touchpoint/host';

export const config = defineConfig('identity-resolver', {
  ...http(4011),
  ...kafka,
  ...registry,
  ...postgres,
  ...worker,
  EVENT_ID_DAYS: { schema: wholeNumberOr(7, 7, 90), doc: 'Days that event ids are kept, to drop repeats. Those of imported history are kept for ever.' },
});
