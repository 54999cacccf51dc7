import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const ROOT = join(import.meta.dirname, '../../..');

/** Apps with a module: Nest needs decorators, which Node cannot strip, so these are bundled. The command runs from source. */
export const appsToBuild = (): readonly string[] => globSync('apps/*/src/app.module.ts', { cwd: ROOT }).map((module) => dirname(dirname(module)));

/**
 * Packages of which we use a small part: what is used of them goes in. All others stay outside. With those inside, too, 8 MB less live in
 * a worker's heap, but an edit takes 2 s to build, no spare process can load them beforehand, and their frames do not name them, by which `errorText` knows whom not to quote.
 */
const INSIDE = new Set(['zod']);

export const buildOptions = (app: string): BuildOptions => ({
  absWorkingDir: ROOT,
  entryPoints: [join(app, 'src/main.ts')],
  outfile: join(app, 'dist/main.mjs'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  sourcemap: true,
  // The sources are there; in each process that reads the map, their text would take memory.
  sourcesContent: false,
  keepNames: false,
  logLevel: 'warning',
  plugins: [
    {
      name: 'packages-stay-outside',
      setup: ({ onResolve }) => {
        onResolve({ filter: /^[^./]/ }, ({ path }) => (path.startsWith('@touchpoint/') || INSIDE.has(path) || existsSync(path) ? undefined : { path, external: true }));
      },
    },
  ],
});

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
