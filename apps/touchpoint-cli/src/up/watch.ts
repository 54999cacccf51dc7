import { watch as watchFolder, type FSWatcher } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../system/system.ts';
import { duration, type Paint } from '../view/terminal.ts';
import { deferred } from './deferred.ts';
import { openBundler, type Broken, type Bundle } from './watched-bundles.ts';

/** An editor writes in several steps; what comes within this time is one edit. */
const QUIET_MS = 15;
const READY_WITHIN_MS = 60_000;
/** What a spare process loads beside the packages of its app. */
const REHEARSAL = new URL('./rehearsal.mjs', import.meta.url).href;

/** An app as it was built the last time. `underWay`: what waits for its last restart; called off by the next, and by a crash, which is told of by itself. */
type Watched = { readonly app: string; files: ReadonlySet<string>; packages: readonly string[]; digest: string; broken: boolean; underWay: AbortController };
type WatchedSystem = Pick<System, 'processes' | 'keepSpare' | 'restartProcess' | 'untilReady' | 'onEvent'>;

export type Watching = Readonly<{ text: string; close: () => void }>;

const isBroken = (built: Bundle | Broken): built is Broken => 'problems' in built;

/**
 * Bundles an app anew when one of its source files was saved, and restarts its processes where the bundle came out different. A bundle that does not build is
 * reported, and what ran goes on. Says of each edit how long it took from the save until the app was ready; the next edit does not wait for that.
 */
export const watch = async (system: WatchedSystem, say: (text: string) => void, paint: Paint, open: typeof openBundler = openBundler): Promise<Watching> => {
  const apps = [...new Set(system.processes().map(({ app }) => app))];
  const processesOf = (app: string): readonly string[] => system.processes().filter((process) => process.app === app).map(({ name }) => name);
  const bundler = await open(apps);
  // The bundles of all of them together are made, too, so that the first edit of a library is as quick as the next.
  const [built] = await Promise.all([bundler.build(apps), ...apps.map((app) => bundler.build([app]))]);
  const watched = apps.map((app): Watched => {
    const first = built.get(app)!;
    const { files, packages, digest } = isBroken(first) ? { files: new Set<string>(), packages: [], digest: '' } : first;
    return { app, files, packages, digest, broken: false, underWay: new AbortController() };
  });
  const folders = new Map<string, FSWatcher>();
  const changed = new Set<string>();
  let closed = false;
  let working: Promise<void> | undefined;

  const look = (): void => {
    for (const file of watched.flatMap(({ files }) => [...files])) {
      const folder = dirname(file);
      if (closed || folders.has(folder)) continue;
      folders.set(folder, watchFolder(folder, (_event, name) => {
        if (name === null || !/\.(ts|json)$/.test(name) || /\.spec\.ts$/.test(name)) return;
        changed.add(join(folder, name));
        working ??= work().finally(() => { working = undefined; });
      }));
    }
  };

  const complain = (error: unknown): void => say(`${paint('red', '✘')} ${error instanceof Error ? error.message : String(error)}`);

  const noteBroken = (one: Watched, { problems, files }: Broken): void => {
    Object.assign(one, { broken: true, files: new Set([...one.files, ...files]) });
    say([`${paint('red', '✘')} ${one.app} does not build${one.digest === '' ? '' : '; what ran goes on'}`, ...problems.map((line) => `    ${line}`)].join('\n'));
  };

  /** @returns whether the app is another now. */
  const take = (one: Watched, { files, packages, digest }: Bundle): boolean => {
    const another = digest !== one.digest;
    if (one.broken && !another) say(`${paint('green', '✔')} ${one.app} builds again, as it ran`);
    Object.assign(one, { files, packages, digest, broken: false });
    return another;
  };

  const restart = async ({ app, packages }: Watched, { outputs }: Bundle, allLive: Promise<void>): Promise<void> => {
    await Promise.all(outputs.map(async ({ path, contents }) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, contents);
    }));
    if (closed) return;
    await Promise.all(processesOf(app).map((name) => {
      system.keepSpare(name, [...packages, REHEARSAL], allLive);
      return system.restartProcess(name);
    }));
  };

  const tellWhenLive = async ({ app, underWay: { signal } }: Watched, savedAt: number): Promise<void> => {
    try {
      await Promise.all(processesOf(app).map((name) => system.untilReady(READY_WITHIN_MS, name, signal)));
      say(`${paint('green', '✔')} ${app} is live again, ${duration((Date.now() - savedAt) / 1000)} after the save`);
    } catch (error) {
      if (!signal.aborted) complain(error);
    }
  };

  /** @returns once its processes are started anew; what it gives, once they are live, or nobody waits for that any more. */
  const renew = async (one: Watched, bundle: Bundle, savedAt: number, allLive: Promise<void>): Promise<{ live: Promise<void> }> => {
    one.underWay.abort();
    one.underWay = new AbortController();
    await restart(one, bundle, allLive);
    return { live: tellWhenLive(one, savedAt) };
  };

  const work = async (): Promise<void> => {
    while (changed.size > 0 && !closed) {
      await sleep(QUIET_MS);
      const files = [...changed];
      changed.clear();
      const saved = await Promise.all(files.map((file) => stat(file).then(({ mtimeMs }) => mtimeMs, () => Date.now())));
      const concerned = watched.filter((one) => one.broken || files.some((file) => one.files.has(file)));
      const bundles = await bundler.build(concerned.map(({ app }) => app));
      if (closed) return;
      // The apps that are on their way need the CPU more than those that will stand by.
      const allLive = deferred<void>();
      const renewed = await Promise.all(concerned.map((one) => {
        const bundle = bundles.get(one.app)!;
        if (isBroken(bundle)) return noteBroken(one, bundle);
        return take(one, bundle) ? renew(one, bundle, Math.max(...saved), allLive.promise).catch(complain) : undefined;
      }));
      void Promise.all(renewed.map((one) => one?.live)).then(() => allLive.resolve());
      look();
    }
  };

  for (const one of watched) {
    const first = built.get(one.app)!;
    if (isBroken(first)) noteBroken(one, first);
  }
  look();
  const hearNoMore = system.onEvent((event) => {
    if (event.kind === 'app' && event.crash) watched.find(({ app }) => processesOf(app).includes(event.name))?.underWay.abort();
  });
  for (const { app, packages } of watched) for (const name of processesOf(app)) system.keepSpare(name, [...packages, REHEARSAL]);
  return {
    text: `Watching ${apps.length} apps and what they are made of.`,
    close: () => {
      closed = true;
      hearNoMore();
      for (const { underWay } of watched) underWay.abort();
      for (const watcher of folders.values()) watcher.close();
      bundler.close();
    },
  };
};
