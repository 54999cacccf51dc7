import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const ROOT = join(import.meta.dirname, '../../..');

/** Apps with a main.ts: Nest needs decorators, which Node cannot strip, so these are bundled; our own code goes in, packages stay outside. */
export const appsToBuild = (): readonly string[] => globSync('apps/*/src/main.ts', { cwd: ROOT }).map((main) => dirname(dirname(main)));

export const buildOptions = (app: string): BuildOptions => ({
  absWorkingDir: ROOT,
  entryPoints: [join(app, 'src/main.ts')],
  outfile: join(app, 'dist/main.mjs'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  sourcemap: true,
  keepNames: false,
  logLevel: 'warning',
  plugins: [
    {
      name: 'packages-stay-outside',
      setup: ({ onResolve }) => {
        onResolve({ filter: /^[^./]/ }, ({ path }) => (path.startsWith('@touchpoint/') || existsSync(path) ? undefined : { path, external: true }));
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
