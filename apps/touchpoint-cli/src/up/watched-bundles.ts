import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { context, type BuildContext, type BuildFailure, type Metafile, type OutputFile } from 'esbuild';
import { watchOptions } from '@touchpoint/build';
import { buildProblems, folderOf } from '../system/bundles.ts';
import { repositoryRoot } from '../system/places.ts';

/** The bundle of an app, not written yet: what it is made of (source files, absolute), the packages that stay outside of it, what tells it from the one before. */
export type Bundle = Readonly<{ files: ReadonlySet<string>; packages: readonly string[]; digest: string; outputs: readonly OutputFile[] }>;
/** Why an app does not build, and the files that are to be mended. */
export type Broken = Readonly<{ problems: readonly string[]; files: readonly string[] }>;

/** Bundles apps again and again, and reads anew only what was saved since. */
export type Bundler = Readonly<{
  /** Each of these apps anew. One that does not build keeps none of the others back. */
  build: (apps: readonly string[]) => Promise<ReadonlyMap<string, Bundle | Broken>>;
  close: () => void;
}>;

/** An app's bundle is quicker made alone; what many share is read and resolved once where all are made together. */
const worthAll = (wanted: number, all: number): boolean => wanted > all / 2;

export const openBundler = async (apps: readonly string[], root = repositoryRoot): Promise<Bundler> => {
  const contextOf = (some: readonly string[]): Promise<BuildContext> => context({ ...watchOptions(some.map(folderOf)), absWorkingDir: root, logLevel: 'silent', metafile: true, write: false });
  const inRoot = (path: string): string => join(root, path);

  const reachedFrom = ({ inputs }: Metafile, entry: string): Pick<Bundle, 'files' | 'packages'> => {
    const files = new Set([entry]);
    const packages = new Set<string>();
    for (const file of files) {
      for (const { path, external } of inputs[file]?.imports ?? []) {
        if (!external) files.add(path);
        else if (!path.startsWith('node:')) packages.add(path);
      }
    }
    return { files: new Set([...files].map(inRoot)), packages: [...packages] };
  };
  const built = async (esbuild: BuildContext, some: readonly string[]): Promise<ReadonlyMap<string, Bundle>> => {
    const { metafile, outputFiles = [] } = await esbuild.rebuild();
    return new Map(some.map((app) => {
      const outputs = outputFiles.filter(({ path }) => path.startsWith(inRoot(join(folderOf(app), 'dist/'))));
      const digest = createHash('sha256').update(outputs.find(({ path }) => path.endsWith('.mjs'))?.contents ?? '').digest('hex');
      return [app, { ...reachedFrom(metafile!, join(folderOf(app), 'src/main.ts')), digest, outputs }];
    }));
  };
  const brokenBy = (error: unknown): Broken => {
    const { errors = [] } = error as Partial<BuildFailure>;
    return { problems: buildProblems(error), files: errors.flatMap(({ location }) => (location ? [inRoot(location.file)] : [])) };
  };

  const together = await contextOf(apps);
  const alone = new Map(await Promise.all(apps.map(async (app) => [app, await contextOf([app])] as const)));
  const buildAlone = (app: string): Promise<readonly [string, Bundle | Broken]> =>
    built(alone.get(app)!, [app]).then((bundles) => [app, bundles.get(app)!] as const, (error: unknown) => [app, brokenBy(error)] as const);
  return {
    build: async (wanted) => {
      const all = worthAll(wanted.length, apps.length) ? await built(together, apps).catch(() => undefined) : undefined;
      return new Map(all ? wanted.map((app) => [app, all.get(app)!]) : await Promise.all(wanted.map(buildAlone)));
    },
    close: () => {
      for (const esbuild of [together, ...alone.values()]) void esbuild.dispose().catch(() => undefined);
    },
  };
};
