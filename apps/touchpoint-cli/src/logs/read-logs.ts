import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../system/cli-error.ts';
import { lastLines, readTail, sizeOf } from '../system/log-files.ts';
import type { Places } from '../system/places.ts';
import { prettyLine, timeOf } from '../view/log-line.ts';
import { paintOut, plain, type Terminal } from '../view/terminal.ts';

export type LogsOptions = Readonly<{ follow?: boolean; lines: number; json?: boolean }>;

type Log = Readonly<{ name: string; path: string; isPart: boolean }>;
type Line = Readonly<{ log: Log; text: string; at: number }>;

const FOLLOW_EVERY_MS = 250;

/** Logs of apps lie in `logs`, those of the stack's parts in `log`, where the stack keeps them. */
const allLogs = async ({ dir, logs }: Places): Promise<readonly Log[]> => {
  const inFolder = async (folder: string, isPart: boolean): Promise<readonly Log[]> =>
    (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.log')).sort().map((file) => ({ name: file.slice(0, -'.log'.length), path: join(folder, file), isPart }));
  return [...(await inFolder(logs, false)), ...(await inFolder(join(dir, 'log'), true))];
};

/** An app's name stands for all of its processes. */
export const chosenLogs = (all: readonly Log[], names: readonly string[]): readonly Log[] => {
  if (names.length === 0) return all.filter(({ isPart }) => !isPart);
  const chosen = names.flatMap((name) => {
    const found = all.filter((log) => log.name === name || (log.name.startsWith(`${name}-`) && /^\d+$/.test(log.name.slice(name.length + 1))));
    if (found.length === 0) throw new CliError('CLI.NO_LOG', `There is no log ${name}: name one of ${all.map((log) => log.name).join(', ') || '(none yet; start the system with npx touchpoint up)'}`);
    return found;
  });
  return [...new Set(chosen)];
};

/** A line that says no time stands behind the one before it. */
export const inOrder = (lines: readonly Line[]): readonly Line[] => lines.map((line, i) => ({ line, i })).sort((a, b) => a.line.at - b.line.at || a.i - b.i).map(({ line }) => line);

const dated = (log: Log, texts: readonly string[], from = 0): readonly Line[] => {
  let at = from;
  return texts.map((text) => ({ log, text, at: (at = timeOf(text) ?? at) }));
};

/** Prints the last lines of logs, and goes on with what is written to them until the process ends. */
export const showLogs = async (places: Places, names: readonly string[], { follow = false, lines, json = false }: LogsOptions, terminal: Terminal): Promise<void> => {
  const logs = chosenLogs(await allLogs(places), names);
  if (logs.length === 0) throw new CliError('CLI.NO_LOG', `Nothing was logged in ${places.dir} yet: start the system with npx touchpoint up`);
  const paint = terminal.outIsTty ? paintOut : plain;
  const print = (some: readonly Line[]): void => {
    if (some.length > 0) terminal.out(`${some.map(({ log, text }) => (json ? text : prettyLine(text, paint, log.name))).join('\n')}\n`);
  };
  const ends = new Map(await Promise.all(logs.map(async ({ path }) => [path, await sizeOf(path)] as const)));
  print(inOrder((await Promise.all(logs.map(async (log) => dated(log, await lastLines(log.path, lines))))).flat()).slice(lines === 0 ? Number.POSITIVE_INFINITY : -lines));
  for (const rests = new Map<string, string>(); follow; ) {
    await sleep(FOLLOW_EVERY_MS);
    const news = await Promise.all(logs.map(async (log) => {
      const from = ends.get(log.path) ?? 0;
      const size = await sizeOf(log.path);
      if (size === from) return [];
      // Smaller than it was: it was rotated, and begins anew.
      const { text, end } = await readTail(log.path, { from: size < from ? 0 : from, bytes: 1024 * 1024 });
      ends.set(log.path, end);
      const parts = ((rests.get(log.path) ?? '') + text).split('\n');
      rests.set(log.path, parts.pop() ?? '');
      return dated(log, parts.filter((part) => part !== ''), Date.now());
    }));
    print(inOrder(news.flat()));
  }
};
