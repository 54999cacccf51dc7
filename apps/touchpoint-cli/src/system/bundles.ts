import { join } from 'node:path';
import { build, type BuildFailure } from 'esbuild';
import { buildOptions } from '@touchpoint/build';
import { CliError } from './cli-error.ts';

/** The folder of an app as the build names it. */
export const folderOf = (app: string): string => join('apps', app);

export type BrokenBundle = Readonly<{ app: string; problems: readonly string[] }>;

/** Bundles apps side by side. @returns those that do not build, with esbuild's own messages. */
export const buildBundles = async (apps: readonly string[]): Promise<readonly BrokenBundle[]> => {
  const results = await Promise.allSettled(apps.map((app) => build({ ...buildOptions(folderOf(app)), logLevel: 'silent' })));
  return results.flatMap((result, i) => (result.status === 'rejected' ? [{ app: apps[i]!, problems: buildProblems(result.reason) }] : []));
};

/** What a broken build is told as. */
export const buildError = (broken: readonly BrokenBundle[]): CliError =>
  new CliError('SYSTEM.BUILD_FAILED', `${broken.map(({ app }) => app).join(', ')} cannot be built: mend what is named here and start again`, { detail: [...new Set(broken.flatMap(({ problems }) => problems))] });

/** One line a problem: file, line, what is wrong. */
export const buildProblems = (error: unknown): readonly string[] => {
  const { errors } = error as Partial<BuildFailure>;
  if (!errors) return [error instanceof Error ? error.message : String(error)];
  return errors.slice(0, 10).map(({ location, text }) => (location ? `${location.file}:${location.line}:${location.column + 1} ${text}` : text));
};
