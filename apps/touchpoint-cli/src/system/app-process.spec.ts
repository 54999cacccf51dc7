import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@touchpoint/testing';
import { deferred } from '../up/deferred.ts';
import { AppProcess, type AppEvent } from './app-process.ts';
import { instancesOf } from './apps.ts';
import { choosePorts } from './ports.ts';
import { readiness } from './probe.ts';
import { restartPolicy } from './restart-policy.ts';
import type { AppLaunch } from './spawn-app.ts';

jest.setTimeout(120_000);
const LIMIT_MS = 60_000;

/** Stands for an app's bundle: it has the probes, ends when it is asked to, and by itself at /boom. */
const appText = (says: string): string => `
import { createServer } from 'node:http';
const answer = (request, response) => (request.url === '/boom' ? process.exit(3) : response.end(JSON.stringify({ says: '${says}', env: process.env, args: process.argv.slice(2) })));
createServer(answer).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => { console.log('stopped in order'); process.exit(0); });
`;

type Answer = Readonly<{ says: string; env: Record<string, string>; args: readonly string[] }>;

let launch: AppLaunch;
let events: AppEvent[];
let app: AppProcess;
const start = async (text: string, policy = restartPolicy): Promise<void> => {
  await writeFile(launch.bundle, text);
  app = new AppProcess({ ...launch, policy }, (event) => events.push(event));
  await app.start();
};
const answer = async (): Promise<Answer> => (await (await fetch(app.url)).json()) as Answer;
const crash = (): Promise<unknown> => fetch(`${app.url}/boom`).catch(() => undefined);

beforeEach(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'touchpoint-app-'));
  const [instance] = instancesOf([{ name: 'an-app', port: 0, kind: 'worker', says: '' }], {});
  const ports = await choosePorts([instance!], { usual: false, kept: {}, asked: {}, seed: dir });
  const port = ports['an-app']!;
  launch = { instance: instance!, bundle: join(dir, 'main.mjs'), port, host: '127.0.0.1', env: { PORT: String(port), GIVEN: 'this' }, log: join(dir, 'an-app.log'), dir, policy: restartPolicy };
  events = [];
});
afterEach(async () => {
  await app.stop();
  await rm(launch.dir, { recursive: true });
});

describe('a process of an app', () => {
  it('is started with the environment that it is given, and stopped in order', async () => {
    await start(appText('hello'));
    await app.untilReady(LIMIT_MS);
    expect((await answer()).env).toMatchObject({ GIVEN: 'this' });
    expect((await answer()).env).not.toHaveProperty('HOME');
    await app.stop();
    expect(app.view).toMatchObject({ state: 'stopped', restarts: 0 });
    expect(await readFile(launch.log, 'utf8')).toBe('listening\nstopped in order\n');
    expect(events.map(({ state }) => state)).toEqual(['starting', 'ready', 'stopping', 'stopped']);
  });

  it('comes back after a kill, which is no crash of its own making', async () => {
    await start(appText('hello'), { ...restartPolicy, atMost: 0 });
    for (let round = 1; round <= 2; round += 1) {
      await app.untilReady(LIMIT_MS);
      const pid = app.kill();
      await app.untilReady(LIMIT_MS);
      expect(app.view).toMatchObject({ state: 'ready', restarts: round });
      expect(app.view.pid).not.toBe(pid);
    }
    expect(events.filter((event) => event.crash)).toHaveLength(2);
    expect(app.view.lastCrash).toMatchObject({ signal: 'SIGKILL', lastLines: ['listening'] });
  });

  it('that crashes is reported with how and its last lines, and started again', async () => {
    await start(appText('hello'));
    await app.untilReady(LIMIT_MS);
    await crash();
    await eventually('its return', () => app.view.restarts === 1 && app.view.state === 'ready');
    expect(events.find((event) => event.crash)).toMatchObject({ name: 'an-app', state: 'waiting', crash: { code: 3, signal: null, lastLines: ['listening'], againInMs: restartPolicy.firstDelayMs } });
  });

  it('that always crashes is left alone in the end, and can be started again', async () => {
    await start("console.error('no luck'); process.exit(1);", { ...restartPolicy, atMost: 2, firstDelayMs: 1 });
    await expect(app.untilReady(LIMIT_MS)).rejects.toMatchObject({ code: 'SYSTEM.APP_FAILED', detail: ['no luck'] });
    expect(app.view).toMatchObject({ state: 'failed', restarts: 2 });
    await writeFile(launch.bundle, appText('mended'));
    await app.restart();
    await app.untilReady(LIMIT_MS);
    expect((await answer()).says).toBe('mended');
  });

  it('says why it is not ready, at the limit', async () => {
    await start('setInterval(() => undefined, 1000);');
    await expect(app.untilReady(50)).rejects.toMatchObject({ code: 'SYSTEM.APP_NOT_READY', message: expect.stringContaining('nothing listens yet') });
  });
});

describe('a restart in watch mode', () => {
  it('is done by the process that stands by, with the bundle that is there then', async () => {
    await start(appText('first'));
    await app.untilReady(LIMIT_MS);
    app.keepSpare([pathToFileURL(join(launch.dir, 'none.mjs')).href]);
    for (const says of ['second', 'third']) {
      const before = app.view.pid;
      await writeFile(launch.bundle, appText(says));
      await app.restart();
      await app.untilReady(LIMIT_MS);
      expect(await answer()).toMatchObject({ says, args: [expect.stringContaining('none.mjs'), expect.anything(), expect.anything()] });
      expect(app.view.pid).not.toBe(before);
    }
    expect(events.some((event) => event.crash)).toBe(false);
  });

  it('tells of a crash what the new process wrote, also while the one before it still ran', async () => {
    const wrote = join(launch.dir, 'wrote');
    await start(`import { existsSync } from 'node:fs';\n${appText('first').replace('process.exit(0);', `setInterval(() => existsSync('${wrote}') && process.exit(0), 5);`)}`);
    await app.untilReady(LIMIT_MS);
    app.keepSpare([pathToFileURL(join(launch.dir, 'none.mjs')).href]);
    await writeFile(launch.bundle, `import { writeFileSync } from 'node:fs';\nconsole.error('no luck');\nwriteFileSync('${wrote}', '');\nprocess.exit(1);\n`);
    await app.restart();
    await eventually('its crash', () => app.view.lastCrash !== undefined);
    expect(app.view.lastCrash!.lastLines).toContain('no luck');
  });

  it('is done without one that was not to begin yet', async () => {
    const others = deferred<void>();
    await start(appText('first'));
    await app.untilReady(LIMIT_MS);
    app.keepSpare([pathToFileURL(join(launch.dir, 'none.mjs')).href], others.promise);
    await app.restart();
    await app.untilReady(LIMIT_MS);
    expect((await answer()).args.join()).not.toContain('none.mjs');
    others.resolve();
    await others.promise;
    await app.restart();
    await app.untilReady(LIMIT_MS);
    expect((await answer()).args.join()).toContain('none.mjs');
  });
});

describe('a restart of an app that crashes at its start', () => {
  it('is done by a process that stands by, too', async () => {
    await start('process.exit(1);', { ...restartPolicy, atMost: 0 });
    app.keepSpare([pathToFileURL(join(launch.dir, 'none.mjs')).href]);
    await eventually('its end', () => app.view.lastCrash !== undefined);
    await writeFile(launch.bundle, appText('mended'));
    await app.restart();
    await app.untilReady(LIMIT_MS);
    expect(await answer()).toMatchObject({ says: 'mended', args: [expect.stringContaining('none.mjs'), expect.anything(), expect.anything()] });
  });
});

describe('when the process that started it is killed', () => {
  it('stops in order by itself', async () => {
    await start(appText('hello'));
    await app.untilReady(LIMIT_MS);
    await app.stop();
    const starter = join(launch.dir, 'starter.ts');
    await writeFile(starter, `import { spawnApp } from '${new URL('./spawn-app.ts', import.meta.url).href}';\nawait spawnApp(${JSON.stringify(launch)});\nsetInterval(() => undefined, 1000);\n`);
    const parent = spawn(process.execPath, [starter], { stdio: 'ignore' });
    await eventually('the app', async () => (await readiness(app.url)) === 'ready');
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await eventually('its end', async () => (await readFile(launch.log, 'utf8')).endsWith('listening\nstopped in order\n'));
  });
});
