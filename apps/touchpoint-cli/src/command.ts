import type { Command } from 'commander';
import { commandConfig, processEnv, type CommandConfig } from './config.ts';
import type { Env } from '@touchpoint/host/config';
import { placesOf, type Places } from './system/places.ts';
import { processTerminal, type Terminal } from './view/terminal.ts';

/** What every command is given. */
export type Context = Readonly<{ terminal: Terminal; env: Env }>;
export const processContext: Context = { terminal: processTerminal, env: processEnv };

/**
 * One file a command: adds itself to the program. Only what is cheap is imported at its top; the rest in its action, so that `--help` answers at once.
 * An action returns normally for exit code 0, sets `process.exitCode`, or throws a CliError.
 */
export type CommandFile = (program: Command, context: Context) => void;

export const dirOption = ['--dir <folder>', 'folder of the system (TOUCHPOINT_DIR; .stack at the root of the repository unless told)'] as const;
export type DirOption = Readonly<{ dir?: string }>;

/** The configuration and the folder that a command is about. */
export const about = ({ env }: Context, { dir }: DirOption): { config: CommandConfig; places: Places } => {
  const config = commandConfig(env);
  return { config, places: placesOf(dir ?? config.TOUCHPOINT_DIR) };
};

/** Examples that stand below a command's help. */
export const examples = (...lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  $ npx touchpoint ${line}`).join('\n')}\n`;

/** ` --dir X` where the folder is not the usual one: for commands that are suggested. */
export const dirSuffix = ({ dir }: DirOption): string => (dir === undefined ? '' : ` --dir ${dir}`);
