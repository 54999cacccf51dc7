import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openMapper } from '@touchpoint/mapping';
import { paint, type Terminal } from '../view/terminal.ts';
import { batchSender } from './batch-sender.ts';
import { importProgress } from './import-progress.ts';
import { runImport, type ImportEnd } from './import-run.ts';
import type { ImportTarget } from './import-target.ts';
import type { Ending } from './import-view.ts';
import { ingestClient } from './ingest-client.ts';
import type { InputFile } from './input-file.ts';
import { LANE_LIMITS, Lanes } from './lanes.ts';
import { BEGINNING, openLedger } from './ledger.ts';
import { encodingOf, type MappingFile } from './mapping-file.ts';
import { openRejects } from './reject-file.ts';
import { Settlement } from './settlement.ts';

export type ImportJob = Readonly<{
  input: InputFile;
  mapping: MappingFile;
  target: ImportTarget;
  options: Readonly<{ again?: boolean; rejects?: string; giveUpAfter?: number; inFlight?: number; gzip?: boolean }>;
  terminal: Terminal;
  stop: AbortSignal;
  abandon: AbortSignal;
}>;

const LEDGER_MS = 250;
/** Reading a file of this size for its hash takes a second or more. */
const LARGE = 500_000_000;

const every = (ms: number): (() => boolean) => {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < ms) return false;
    last = now;
    return true;
  };
};

/** Imports a file, from where an earlier run of the same import was. `before`: an earlier run did all of it. @throws CliError */
export const importFile = async ({ input, mapping, target, options, terminal, stop, abandon }: ImportJob): Promise<Ending & Readonly<{ end: ImportEnd | 'before' }>> => {
  const began = performance.now();
  if (input.size > LARGE) terminal.err(`Reads ${input.path} once to know it again …\n`);
  const ledger = openLedger(target.places.imports, { fileHash: await input.hash(), mappingHash: mapping.hash, url: target.url, key: target.key });
  const from = (options.again ? null : await ledger.read()) ?? BEGINNING;
  const rejectsPath = options.rejects ?? `${input.path}.rejects.ndjson`;
  const ending = { file: basename(input.path), mapping: mapping.compiled.mapping.name, rejects: rejectsPath };
  if (from.done) return { ...ending, end: 'before', counts: from.counts, seconds: 0, rowsNow: 0 };
  if (from.items > 0) terminal.err(`Goes on where an earlier run was: after ${from.counts.rows.toLocaleString('en')} rows.\n`);

  const settlement = new Settlement(from, { ledger, rejects: await openRejects(rejectsPath, from.rejectBytes), isDue: every(LEDGER_MS) });
  const progress = importProgress(terminal, paint, input.size, () => settlement.state.counts);
  try {
    const send = batchSender({
      client: ingestClient({ url: target.url, key: target.key, gzip: options.gzip ?? false }),
      sleep: async (ms, signal) => void (await pause(ms, undefined, { signal })),
      now: () => performance.now(),
      stop, abandon,
      giveUpAfterMs: options.giveUpAfter === undefined ? null : options.giveUpAfter * 1_000,
      onWait: progress.waiting,
    });
    const lanes = new Lanes(send, settlement, stop, { ...LANE_LIMITS, lanes: options.inFlight ?? LANE_LIMITS.lanes });
    const pieces = input.read(encodingOf(mapping.compiled), progress.bytes);
    const end = await runImport({ pieces, mapper: openMapper(mapping.compiled), lanes, settlement, stop, onRows: progress.rows });
    const { counts } = settlement.state;
    return { ...ending, end, counts, seconds: (performance.now() - began) / 1_000, rowsNow: counts.rows - from.counts.rows };
  } finally {
    progress.end();
  }
};
