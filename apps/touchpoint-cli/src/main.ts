import { CommanderError } from 'commander';
import { processContext } from './command.ts';
import { createProgram } from './program.ts';
import { EXIT } from './system/cli-error.ts';
import { failureText } from './view/failure.ts';
import { paint } from './view/terminal.ts';

// Whoever reads the results may stop reading (`| head`), and the terminal may be closed: neither is a failure.
process.stdout.on('error', () => process.exit());
process.stderr.on('error', () => undefined);

try {
  await createProgram(processContext).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  else {
    const { text, exitCode } = failureText(error, paint);
    process.stderr.write(text);
    process.exitCode = exitCode;
  }
}
