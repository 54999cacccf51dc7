import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Migration } from '@touchpoint/store';

const ROOT = join(import.meta.dirname, '../../..');

/** Migrations of an app that a spec may not import: found by its file's name, as the command does. */
export const migrationsOf = async (file: string): Promise<readonly Migration[]> => ((await import(pathToFileURL(join(ROOT, file)).href)) as { migrations: readonly Migration[] }).migrations;

/** An app as the system runs it: a process of its own. */
export const startApp = (app: string, env: Readonly<Record<string, string>>): ChildProcess => {
  const bundle = join(ROOT, 'apps', app, 'dist/main.mjs');
  if (!existsSync(bundle)) execFileSync(process.execPath, [join(ROOT, 'tools/build/src/build.ts')], { stdio: 'ignore' });
  return spawn(process.execPath, [bundle], { env: { ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
};

/** Ends it in good order, or with another signal; one that sleeps is woken. */
export const endApp = async (app: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
  app.kill('SIGCONT');
  if (app.exitCode !== null || app.signalCode !== null) return;
  const gone = new Promise((resolve) => app.once('exit', resolve));
  app.kill(signal);
  await gone;
};
