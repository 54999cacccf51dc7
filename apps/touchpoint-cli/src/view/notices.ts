import type { DeadPart } from '@touchpoint/stack';
import type { Crash } from '../system/app-process.ts';
import type { SystemEvent } from '../system/system.ts';
import { prettyLine } from './log-line.ts';
import { duration, type Paint } from './terminal.ts';

const howOf = ({ code, signal }: Readonly<{ code: number | null; signal: string | null }>): string => (signal !== null ? `signal ${signal}` : code !== null ? `exit code ${code}` : 'exit code unknown');
const MOST_LINES = 6;
const MOST_WIDTH = 160;

const isFrame = (line: string): boolean => /^\s+at /.test(line);

/** The last lines that say something new: an app that fails says the same thing of each of its partitions, and frames would push away what they belong to. */
const telling = (lines: readonly string[]): readonly string[] => {
  const seen = new Set<string>();
  const kept = lines.filter((line) => line.trim() !== '' && !isFrame(line)).reverse().filter((line) => {
    const what = /"msg":"([^"]*)"/.exec(line)?.[1] ?? line;
    return !seen.has(what) && seen.add(what);
  });
  return kept.slice(0, MOST_LINES).reverse();
};
const indented = (lines: readonly string[], paint: Paint): readonly string[] => telling(lines).flatMap((line) => prettyLine(line, paint).split('\n').filter((shown) => !isFrame(shown)).map((shown) => `    ${shown}`));

/** What is said of a process that crashed: its name, how, its last lines, and what follows. */
export const crashNotice = (name: string, crash: Crash, paint: Paint): string => {
  const next = crash.againInMs === undefined ? `It crashed too often and is left alone; mend it, then: npx touchpoint up` : `It is started again${crash.againInMs > 0 ? ` in ${duration(crash.againInMs / 1000)}` : ''}.`;
  const lines = crash.lastLines.length > 0 ? [`  Its last lines (all: npx touchpoint logs ${name}):`, ...indented(crash.lastLines, paint)] : ['  It wrote nothing.'];
  return [paint('red', `${name} crashed (${howOf(crash)}). ${next}`), ...lines].join('\n');
};

export const deadPartNotice = (dead: DeadPart, paint: Paint): string =>
  [paint('red', `${dead.name} died (${howOf(dead)}). The system is stopped; the data stay. Last lines of ${dead.log}:`), ...dead.lastLines.slice(-MOST_LINES).map((line) => `    ${line.length > MOST_WIDTH ? `${line.slice(0, MOST_WIDTH)}…` : line}`)].join('\n');

/** What somebody who looks on is told of an event; undefined for what is no news. */
export const noticeOf = (event: SystemEvent, paint: Paint): string | undefined => {
  if (event.kind === 'part-died') return deadPartNotice(event.dead, paint);
  if (event.kind === 'asked-to-stop') return 'Asked to stop by another command.';
  if (event.crash) return crashNotice(event.name, event.crash, paint);
  return undefined;
};
