import { createHash } from 'node:crypto';
import { watch as watchFolder, type FSWatcher } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { context, type BuildContext, type OutputFile } from 'esbuild';
import { buildOptions } from '@touchpoint/build';
import { buildProblems, folderOf } from '../system/bundles.ts';
import { repositoryRoot } from '../system/places.ts';
import type { System } from '../system/system.ts';
import { duration, type Paint } from '../view/terminal.ts';
import { deferred } from './deferred.ts';

/** An editor writes in several steps; what comes within this time is one edit. */
const QUIET_MS = 15;
const READY_WITHIN_MS = 60_000;

/** What an app is made of: its source files, absolute, and the packages that stay outside of its bundle. */
export type Ingredients = Readonly<{ files: ReadonlySet<string>; packages: readonly string[] }>;
type Bundle = { app: string; esbuild: BuildContext; ingredients: Ingredients; digest: string; broken: boolean };
type Built = Readonly<{ ingredients: Ingredients; digest: string; outputs: readonly OutputFile[] }>;

export type Watching = Readonly<{ text: string; close: () => void }>;

const build = async (esbuild: BuildContext): Promise<Built> => {
  const { metafile, outputFiles } = await esbuild.rebuild();
  const inputs = metafile?.inputs ?? {};
  const packages = new Set(Object.values(inputs).flatMap(({ imports }) => imports.flatMap(({ path, external }) => (external && !path.startsWith('node:') ? [path] : []))));
  const code = outputFiles?.find(({ path }) => path.endsWith('.mjs'));
  return {
    ingredients: { files: new Set(Object.keys(inputs).map((path) => join(repositoryRoot, path))), packages: [...packages] },
    digest: createHash('sha256').update(code?.contents ?? '').digest('hex'),
    outputs: outputFiles ?? [],
  };
};

/**
 * Bundles an app anew when one of its source files was saved, and restarts its processes where the bundle came out different. A bundle that does not build is
 * reported, and what ran goes on. Says of each edit how long it took from the save until the app was ready.
 */
export const watch = async (system: System, say: (text: string) => void, paint: Paint): Promise<Watching> => {
  const apps = [...new Set(system.processes().map(({ app }) => app))];
  const processesOf = (app: string): readonly string[] => system.processes().filter((process) => process.app === app).map(({ name }) => name);
  const bundles = await Promise.all(apps.map(async (app): Promise<Bundle> => {
    const esbuild = await context({ ...buildOptions(folderOf(app)), logLevel: 'silent', metafile: true, write: false });
    const built = await build(esbuild).catch(() => undefined);
    return { app, esbuild, ingredients: built?.ingredients ?? { files: new Set(), packages: [] }, digest: built?.digest ?? '', broken: built === undefined };
  }));
  const folders = new Map<string, FSWatcher>();
  const changed = new Set<string>();
  let closed = false;
  let working: Promise<void> | undefined;

  const look = (): void => {
    for (const file of bundles.flatMap(({ ingredients }) => [...ingredients.files])) {
      const folder = dirname(file);
      if (folders.has(folder)) continue;
      folders.set(folder, watchFolder(folder, (_event, name) => {
        if (name === null || !/\.(ts|json)$/.test(name) || /\.spec\.ts$/.test(name)) return;
        changed.add(join(folder, name));
        working ??= work().finally(() => { working = undefined; });
      }));
    }
  };

  const restart = async (app: string, savedAt: number): Promise<void> => {
    await Promise.all(processesOf(app).map((name) => system.restartProcess(name)));
    await Promise.all(processesOf(app).map((name) => system.untilReady(READY_WITHIN_MS, name)));
    say(`${paint('green', '✔')} ${app} is live again, ${duration((Date.now() - savedAt) / 1000)} after the save`);
  };

  const rebuild = async (bundle: Bundle, savedAt: number, allLive: Promise<void>): Promise<void> => {
    const built = await build(bundle.esbuild).catch((error: unknown) => {
      bundle.broken = true;
      say([`${paint('red', '✘')} ${bundle.app} does not build; what ran goes on`, ...buildProblems(error).map((line) => `    ${line}`)].join('\n'));
      return undefined;
    });
    if (!built) return;
    if (bundle.broken && built.digest === bundle.digest) say(`${paint('green', '✔')} ${bundle.app} builds again, as it ran`);
    Object.assign(bundle, { broken: false, ingredients: built.ingredients });
    if (built.digest === bundle.digest) return;
    bundle.digest = built.digest;
    await Promise.all(built.outputs.map(({ path, contents }) => writeFile(path, contents)));
    for (const name of processesOf(bundle.app)) system.keepSpare(name, built.ingredients.packages, allLive);
    await restart(bundle.app, savedAt).catch((error: unknown) => say(`${paint('red', '✘')} ${error instanceof Error ? error.message : String(error)}`));
  };

  const work = async (): Promise<void> => {
    while (changed.size > 0 && !closed) {
      await sleep(QUIET_MS);
      const files = [...changed];
      changed.clear();
      const saved = await Promise.all(files.map((file) => stat(file).then(({ mtimeMs }) => mtimeMs, () => Date.now())));
      const concerned = bundles.filter(({ ingredients, broken }) => broken || files.some((file) => ingredients.files.has(file)));
      // The apps that are on their way need the CPU more than those that will stand by.
      const allLive = deferred<void>();
      await Promise.all(concerned.map((bundle) => rebuild(bundle, Math.max(...saved), allLive.promise))).finally(() => allLive.resolve());
      look();
    }
  };

  look();
  for (const { app, ingredients } of bundles) for (const name of processesOf(app)) system.keepSpare(name, ingredients.packages);
  return {
    text: `Watching ${apps.length} apps and what they are made of.`,
    close: () => {
      closed = true;
      for (const watcher of folders.values()) watcher.close();
      for (const { esbuild } of bundles) void esbuild.dispose().catch(() => undefined);
    },
  };
};
