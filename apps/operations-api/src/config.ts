import { availableParallelism } from 'node:os';
import * as z from 'zod';
import { defineConfig, http, kafka, postgres, registry, sourceKeys, vault, wholeNumberOr, type ConfigOf } from '@touchpoint/host';

export const config = defineConfig('operations-api', {
  ...http(4005),
  ...kafka,
  ...registry,
  ...postgres,
  ...sourceKeys,
  ...vault,
  FOLD_PROCESSES: { schema: wholeNumberOr(Math.min(availableParallelism(), 4), 1, 64), doc: 'Processes that a rebuild folds the timeline with; as many as the machine has cores, and 4 at most, unless told.' },
  REPLAY_KEPT_DAYS: { schema: wholeNumberOr(30, 1, 3_650), doc: 'Days for which what a replay has replaced is kept, so that it can be undone.' },
  SNAPSHOT_DIR: { schema: z.string().default('.stack/snapshots'), doc: 'Folder that snapshots are written to, on a disk that outlives Postgres\'. Only its owner may look into what is written there.' },
  SNAPSHOT_KEY_DAYS: { schema: wholeNumberOr(30, 1, 3_650), doc: 'Days that a snapshot keeps its keys: from then on, what was erased since it was taken cannot be opened by it.' },
  LEASE_MS: { schema: wholeNumberOr(15_000, 1_000, 600_000), doc: 'Milliseconds without a sign of life after which the run of a process goes on in another one.' },
});
export type OperationsConfig = ConfigOf<typeof config>;
