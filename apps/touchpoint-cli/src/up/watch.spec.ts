import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@touchpoint/testing';
import type { Crash } from '../system/app-process.ts';
import type { ProcessView, SystemEvent } from '../system/system.ts';
import { plain } from '../view/terminal.ts';
import { watch, type Watching } from './watch.ts';
import { openBundler } from './watched-bundles.ts';

jest.setTimeout(120_000);

const FILES: Readonly<Record<string, string>> = {
  'apps/one/src/main.ts': "import { both } from '../../../libs/both.ts';\nimport { few } from '../../../libs/few.ts';\nimport 'pino';\nconsole.log('one', both, few);\n",
  'apps/two/src/main.ts': "import { both } from '../../../libs/both.ts';\nconsole.log('two', both);\n",
  'libs/both.ts': "export const both = 'both 1';\n",
  'libs/few.ts': "export const few = 'few 1';\n",
};

let root: string;
let said: string[];
let restarted: string[];
let spares: Map<string, Readonly<{ packages: readonly string[]; after: Promise<void> | undefined }>>;
let watching: Watching | undefined;
/** Of `untilReady`, those that are not answered yet. */
let waits: number;
let hear: (event: SystemEvent) => void;
/** Whether an app that was restarted is ready. */
let comesUp: boolean;

/** In one step: what is half written would be an edit of its own. */
const save = async (file: string, text: string): Promise<void> => {
  const path = join(root, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}~`, text);
  await rename(`${path}~`, path);
};
const bundleOf = (app: string): Promise<string> => readFile(join(root, 'apps', app, 'dist/main.mjs'), 'utf8');
/** Stands for the running system: two apps, one with two processes. */
const system = {
  processes: () => [['one', 'one'], ['two', 'two'], ['two', 'two-2']].map(([app, name]) => ({ app, name }) as ProcessView),
  keepSpare: (name: string, packages: readonly string[], after?: Promise<void>) => void spares.set(name, { packages, after }),
  restartProcess: async (name: string) => void restarted.push(name),
  untilReady: async (_limitMs?: number, _name?: string, signal?: AbortSignal) => {
    if (comesUp) return;
    waits += 1;
    await once(signal!, 'abort');
    waits -= 1;
    throw signal!.reason;
  },
  onEvent: (heard: (event: SystemEvent) => void) => {
    hear = heard;
    return () => undefined;
  },
};
const start = async (): Promise<void> => {
  watching = await watch(system, (text) => said.push(text), plain, (apps) => openBundler(apps, root));
};
const isSaid = (text: string): Promise<unknown> => eventually(text, () => said.some((line) => line.includes(text)));
const areRestarted = async (...names: readonly string[]): Promise<void> => {
  await eventually(`the restart of ${names.join(', ')}`, () => restarted.length >= names.length);
  expect([...restarted].sort()).toEqual(names);
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'touchpoint-watch-'));
  for (const [file, text] of Object.entries(FILES)) await save(file, text);
  [said, restarted, spares, comesUp, waits, watching] = [[], [], new Map(), true, 0, undefined];
});
afterEach(async () => {
  watching?.close();
  await rm(root, { recursive: true });
});

describe('when a file is saved', () => {
  it('restarts the app that it belongs to, with the edit', async () => {
    await start();
    await save('apps/one/src/main.ts', "console.log('edited');\n");
    await isSaid('one is live again');
    expect(restarted).toEqual(['one']);
    expect(await bundleOf('one')).toContain('edited');
    expect(existsSync(join(root, 'apps/two/dist'))).toBe(false);
  });

  it('restarts every process of every app that holds it, and no other', async () => {
    await start();
    await save('libs/few.ts', "export const few = 'few 2';\n");
    await isSaid('one is live again');
    await save('libs/both.ts', "export const both = 'both 2';\n");
    await isSaid('two is live again');
    await areRestarted('one', 'one', 'two', 'two-2');
    expect(await bundleOf('one')).toContain('few 2');
    expect(await bundleOf('two')).toContain('both 2');
  });

  it('restarts nothing where no bundle came out different', async () => {
    await start();
    await save('libs/both.ts', "// What it says.\nexport const both = 'both 1';\nexport const unused = 1;\n");
    await save('libs/few.ts', "export const few = 'few 2';\n");
    await isSaid('one is live again');
    expect(restarted).toEqual(['one']);
  });

  it('lets processes stand by with the packages that the app has then', async () => {
    await start();
    expect([...spares.keys()].sort()).toEqual(['one', 'two', 'two-2']);
    expect(spares.get('one')!.packages).toContain('pino');
    expect(spares.get('two')!.packages).not.toContain('pino');
    await save('apps/two/src/main.ts', "import 'pino';\n");
    await isSaid('two is live again');
    expect(spares.get('two-2')!.packages).toContain('pino');
  });
});

describe('when an edit does not build', () => {
  it.each([['an app', 'apps/one/src/main.ts'], ['a library', 'libs/few.ts']])('says where in %s, lets what ran go on, and restarts with the edit that mends it', async (_what, file) => {
    await start();
    await save(file, "export const few = 'mended' +;\nconsole.log(few);\n");
    await isSaid('one does not build; what ran goes on');
    expect(said.join('\n')).toContain(`${file}:1:`);
    expect(restarted).toEqual([]);
    await save(file, "export const few = 'mended';\nconsole.log(few);\n");
    await isSaid('one is live again');
    expect(await bundleOf('one')).toContain('mended');
    expect(restarted).toEqual(['one']);
  });

  it('restarts the others, and says so when it is taken back', async () => {
    await start();
    await save('libs/few.ts', 'export const few = ;\n');
    await isSaid('one does not build');
    await save('libs/both.ts', "export const both = 'both 2';\n");
    await isSaid('two is live again');
    await save('libs/both.ts', FILES['libs/both.ts']!);
    await save('libs/few.ts', FILES['libs/few.ts']!);
    await isSaid('one builds again, as it ran');
    expect(restarted.filter((name) => name === 'one')).toEqual([]);
  });

  it('restarts with the file that it lacked', async () => {
    await start();
    await save('apps/two/src/main.ts', "import { more } from '../../../libs/more.ts';\nconsole.log(more);\n");
    await isSaid('two does not build');
    await save('libs/more.ts', "export const more = 'more';\n");
    await isSaid('two is live again');
    expect(await bundleOf('two')).toContain('more');
  });

  it('is told of, and watched, from the start on', async () => {
    await save('libs/few.ts', 'export const few = ;\n');
    await start();
    expect(said).toEqual([expect.stringMatching(/^✘ one does not build\n {4}libs\/few\.ts:1:20 /)]);
    await save('libs/few.ts', FILES['libs/few.ts']!);
    await isSaid('one is live again');
    expect(restarted).toEqual(['one']);
  });
});

describe('when an app does not come up', () => {
  beforeEach(async () => {
    await start();
    comesUp = false;
    await save('apps/one/src/main.ts', "console.log('not yet');\n");
    await areRestarted('one');
  });

  it('is restarted by the next edit, which does not wait for it', async () => {
    comesUp = true;
    await save('apps/one/src/main.ts', "console.log('mended');\n");
    await isSaid('one is live again');
    expect(restarted).toEqual(['one', 'one']);
    expect(said).toHaveLength(1);
  });

  it('waits for the edit that mends it as soon as it has crashed, with a process that stands by', async () => {
    hear({ kind: 'app', name: 'one', state: 'waiting', crash: {} as Crash });
    await spares.get('one')!.after;
    expect(said).toEqual([]);
  });
});

describe('when it is closed', () => {
  it('waits for no app any more', async () => {
    await start();
    comesUp = false;
    await save('libs/both.ts', "export const both = 'both 2';\n");
    await eventually('all to be waited for', () => waits === 3);
    watching!.close();
    await eventually('nobody to be waited for', () => waits === 0);
    expect(said).toEqual([]);
  });

  it('restarts nothing any more', async () => {
    await start();
    await save('libs/both.ts', "export const both = 'both 2';\n");
    watching!.close();
    await save('libs/both.ts', "export const both = 'both 3';\n");
    await start();
    await save('apps/one/src/main.ts', "console.log('edited');\n");
    await isSaid('one is live again');
    expect(restarted).toEqual(['one']);
    expect(said).toHaveLength(1);
  });
});
