import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const ROOT = join(import.meta.dirname, '../../..');

/** Apps with a module: Nest needs decorators, which Node cannot strip, so these are bundled. The command runs from source. */
export const appsToBuild = (): readonly string[] => globSync('apps/*/src/app.module.ts', { cwd: ROOT }).map((module) => dirname(dirname(module)));

/** The packages that we use. A list, not a plugin: asking one about each import costs an edit 0.1 s. */
const PACKAGES = Object.keys((JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }).dependencies);

/**
 * Packages of which we use a small part: what is used of them goes in. All others stay outside. With those inside, too, 8 MB less live in
 * a worker's heap, but an edit takes 2 s to build, no spare process can load them beforehand, and their frames do not name them, by which `errorText` knows whom not to quote.
 */
const INSIDE = new Set(['zod']);

/** Where the bundle of an app is written, from the root, without its ending. */
const bundlePath = (app: string, file = 'main.ts'): string => join(app, 'dist', basename(file, '.ts'));
/** Processes of its own that an app starts, each a file `*.process.ts` and a bundle beside the app's. */
const processesOf = (app: string): readonly string[] => globSync('src/**/*.process.ts', { cwd: join(ROOT, app) });

const optionsFor = (apps: readonly string[], external: readonly string[]): BuildOptions => ({
  absWorkingDir: ROOT,
  entryPoints: Object.fromEntries(apps.flatMap((app) => ['src/main.ts', ...processesOf(app)].map((file) => [bundlePath(app, file), join(app, file)]))),
  outdir: '.',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  sourcemap: true,
  // The sources are there; in each process that reads the map, their text would take memory.
  sourcesContent: false,
  keepNames: false,
  logLevel: 'warning',
  external: [...external],
});

export const buildOptions = (app: string): BuildOptions => optionsFor([app], PACKAGES.filter((name) => !INSIDE.has(name)));

/** Of several apps at once, which reads what they share once, and with all packages outside: for watch mode, where the time of an edit counts. */
export const watchOptions = (apps: readonly string[]): BuildOptions => optionsFor(apps, PACKAGES);

export const buildApps = async (): Promise<readonly string[]> => {
  const apps = appsToBuild();
  await Promise.all(apps.map((app) => build(buildOptions(app))));
  return apps;
};

if (import.meta.main) {
  const started = performance.now();
  const apps = await buildApps();
  console.log(`built ${apps.length} apps in ${Math.round(performance.now() - started)} ms`);
}
