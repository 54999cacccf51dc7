import { openMapper, type Item } from '@touchpoint/mapping';
import { CliError } from '../system/cli-error.ts';
import type { Terminal } from '../view/terminal.ts';
import { countsTable } from './import-view.ts';
import type { InputFile } from './input-file.ts';
import { NOTHING, type Counts } from './ledger.ts';
import { encodingOf, type MappingFile } from './mapping-file.ts';
import { withItem } from './settlement.ts';

const SHOWN = 3;
const SHOWN_REJECTS = 10;
const LONGEST_SHOWN = 4_000;

const shown = (item: Extract<Item, { kind: 'event' }>): string => {
  const text = JSON.stringify(item.message, null, 2);
  return `${text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}\n… (${text.length} characters)` : text}\n`;
};

/** Shows the first messages that would be sent and the first rows that would be rejected, and counts them all. Posts nothing, writes nothing. */
export const dryRun = async (input: InputFile, { compiled }: MappingFile, { out, err }: Terminal, stop: AbortSignal): Promise<Counts> => {
  const mapper = openMapper(compiled);
  let counts: Counts = NOTHING;
  let events = 0;
  const take = (items: readonly Item[]): void => {
    for (const item of items) {
      counts = withItem(counts, item);
      if (item.kind === 'event' && events++ < SHOWN) out(shown(item));
      if (item.kind === 'rejected' && counts.rejected <= SHOWN_REJECTS) err(`line ${item.lines.first}${item.key === null ? '' : ` (${item.key})`}: ${item.reason}\n`);
    }
  };
  for await (const piece of input.read(encodingOf(compiled), () => undefined)) {
    if (stop.aborted) throw new CliError('IMPORT.STOPPED', 'Stopped.', { exitCode: 130 });
    take(mapper.push(piece));
  }
  take(mapper.end());
  err(`Nothing was sent. ${input.path} would become:\n${countsTable(counts)}\n`);
  return counts;
};
