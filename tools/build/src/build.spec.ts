import { describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { appsToBuild, buildOptions } from './build.ts';

const packageOf = (path: string): string | undefined => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];

describe('the apps to build', () => {
  it('are those with a module, not the command', () => {
    expect(appsToBuild()).toContain('apps/identity-resolver');
    expect(appsToBuild()).not.toContain('apps/touchpoint-cli');
  });
});

describe('the bundle of an app', () => {
  const bundled = () => build({ ...buildOptions('apps/channel-orchestrator'), write: false, metafile: true });

  it('holds our code and of packages only zod, without its languages: the frames of all others name them', async () => {
    const { metafile } = await bundled();
    const held = Object.entries(Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint)!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
    expect(new Set(held.map(packageOf))).toEqual(new Set([undefined, 'zod']));
    expect(held.filter((path) => path.includes('/locales/')).map((path) => path.split('/').at(-1))).toEqual(['en.js']);
  });

  it('comes with a map that names the sources and does not hold them', async () => {
    const { outputFiles } = await bundled();
    const map = JSON.parse(outputFiles.find(({ path }) => path.endsWith('.map'))!.text) as { sources: string[]; sourcesContent?: unknown };
    expect(map.sources.some((path) => path === '../src/main.ts')).toBe(true);
    expect(map.sourcesContent).toBeUndefined();
  });
});
