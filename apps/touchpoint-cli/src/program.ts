import { Command } from 'commander';
import type { CommandFile, Context } from './command.ts';
import { demoCommand } from './commands/demo.command.ts';
import { downCommand } from './commands/down.command.ts';
import { journeysCommand } from './commands/journeys.command.ts';
import { keysCommand } from './commands/keys.command.ts';
import { logsCommand } from './commands/logs.command.ts';
import { proveCommand } from './commands/prove.command.ts';
import { prepareCommand } from './commands/prepare.command.ts';
import { schemasCommand } from './commands/schemas.command.ts';
import { statusCommand } from './commands/status.command.ts';
import { superviseCommand } from './commands/supervise.command.ts';
import { topicsCommand } from './commands/topics.command.ts';
import { upCommand } from './commands/up.command.ts';
import { importCommand } from './import/import.command.ts';
import { auditCommand } from './operations/audit.command.ts';
import { identityCommand } from './operations/identity.command.ts';
import { eraseCommand } from './operations/erase.command.ts';
import { exportCommand } from './operations/export.command.ts';
import { receiptCommand } from './operations/receipt.command.ts';
import { rotateMasterKeyCommand } from './operations/rotate-master-key.command.ts';
import { lagCommand } from './operations/lag.command.ts';
import { parkedCommand } from './operations/parked.command.ts';
import { rebuildCommand } from './operations/rebuild.command.ts';
import { replayCommand } from './operations/replay.command.ts';
import { restoreCommand } from './operations/restore.command.ts';
import { runsCommand } from './operations/runs.command.ts';
import { segmentsCommand } from './operations/segments.command.ts';
import { snapshotCommand } from './operations/snapshot.command.ts';

/** Every command, in the order in which the help names them. */
const commands: readonly CommandFile[] = [
  upCommand,
  statusCommand,
  logsCommand,
  downCommand,
  demoCommand,
  proveCommand,
  importCommand,
  prepareCommand,
  journeysCommand,
  segmentsCommand,
  keysCommand,
  identityCommand,
  lagCommand,
  parkedCommand,
  topicsCommand,
  schemasCommand,
  eraseCommand,
  receiptCommand,
  exportCommand,
  rotateMasterKeyCommand,
  rebuildCommand,
  replayCommand,
  snapshotCommand,
  restoreCommand,
  runsCommand,
  auditCommand,
  superviseCommand,
];

/** The whole command, ready to parse what was typed. */
export const createProgram = (context: Context): Command => {
  const program = new Command('touchpoint')
    .description('Runs Touchpoint on this machine, and speaks with a system that runs.')
    // Needed here, too, where a command has options of its own beside commands (replay).
    .enablePositionalOptions()
    .showHelpAfterError('(npx touchpoint --help tells what there is)')
    .addHelpText('after', '\nBegin with:\n  $ npx touchpoint up        starts everything and says where it is\n\nExit codes: 0 done, 1 failed, 2 asked for wrongly, 3 nothing runs there, 4 some rows of an import were rejected.\n')
    .exitOverride();
  for (const add of commands) add(program, context);
  return program;
};
