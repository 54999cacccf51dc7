import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { build } from 'esbuild';

const run = promisify(execFile);
const lifeline = new URL('./lifeline.mjs', import.meta.url).href;

let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'lifeline-')); });
afterAll(() => rm(folder, { recursive: true, force: true }));

it('has the stacks of an app name its files and lines as they were written', async () => {
  const source = join(folder, 'thrower.ts');
  const outfile = join(folder, 'main.mjs');
  await writeFile(source, 'type Gone = string;\n\nconst thrower = (): Gone => new Error("x").stack!;\nconsole.log(thrower());\n');
  await build({ entryPoints: [source], outfile, bundle: true, format: 'esm', sourcemap: true, sourcesContent: false });
  const { stdout } = await run(process.execPath, ['--import', lifeline, outfile]);
  expect(stdout).toMatch(/thrower\.ts:3:\d+/);
});
