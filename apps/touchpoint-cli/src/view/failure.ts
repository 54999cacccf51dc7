import { CliError, EXIT } from '../system/cli-error.ts';
import { prettyLine } from './log-line.ts';
import type { Paint } from './terminal.ts';

type Coded = Error & Readonly<{ code?: unknown; kind?: unknown }>;

/** Errors of ours whose message is written for the one who typed the command. */
const SPEAKING = /^(STACK|CONFIG|ACCESS|STORE|REGISTRY|KAFKA)\./;

/** What a command that failed prints, and its exit code: one sentence that says what to do; details below it; a stack only for what nobody foresaw. */
export const failureText = (error: unknown, paint: Paint): { text: string; exitCode: number } => {
  const say = (message: string, detail: readonly string[] = []) => `${paint('red', 'touchpoint:')} ${message}\n${detail.map((line) => `  ${prettyLine(line, paint)}\n`).join('')}`;
  if (error instanceof CliError) return { text: say(error.message, error.detail), exitCode: error.exitCode };
  if (error instanceof AggregateError && error.errors.length > 0) return failureText(error.errors[0], paint);
  const { code, message, stack } = error as Coded;
  if (typeof code === 'string' && SPEAKING.test(code)) return { text: say(message), exitCode: code === 'CONFIG.INVALID' ? EXIT.usage : EXIT.failed };
  if (code === 'ECONNREFUSED') return { text: say(`Nothing answers there (${message || 'connection refused'}): is the system up? See npx touchpoint status`), exitCode: EXIT.failed };
  return { text: say(error instanceof Error ? (stack ?? message) : String(error)), exitCode: EXIT.failed };
};
