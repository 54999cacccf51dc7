import { createHash, randomUUID } from 'node:crypto';
import { access, copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './command.ts';
import type { Env } from './config.ts';
import { cacheDir } from './config.ts';
import type { Java } from './java.ts';
import { withLock } from './lock.ts';
import { StackError } from './stack-error.ts';

/** Folders of what Maven fetched, and of the class archives that later starts are made shorter with. */
export type Jars = Readonly<{ kafka: string; registry: string; archives: string }>;

const pom = fileURLToPath(new URL('../pom.xml', import.meta.url));
const downloadLimitMs = 15 * 60_000;

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false);

const findMaven = async (env: Env): Promise<string> => {
  const homes = [env['MAVEN_HOME'], env['M2_HOME']].filter((home) => home !== undefined && home !== '');
  const files = [...homes.map((home) => join(home ?? '', 'bin/mvn')), ...(env['PATH'] ?? '').split(delimiter).filter(Boolean).map((folder) => join(folder, 'mvn'))];
  for (const file of files) if (await exists(file)) return file;
  throw new StackError(
    'STACK.NO_MAVEN',
    'Kafka and the schema registry are fetched once with Maven, and no `mvn` was found in MAVEN_HOME or PATH: install Maven, or set KAFKA_BROKERS and SCHEMA_REGISTRY_URL to running ones.',
  );
};

/**
 * The jars that `pom.xml` pins, fetched once for each version of that file and shared by all stacks of this user. A folder is there whole or not at
 * all; of two starters one fetches and the other waits.
 */
export const ensureJars = async (env: Env, java: Java, onProgress: (message: string) => void, signal?: AbortSignal): Promise<Jars> => {
  const cache = cacheDir(env);
  const hash = createHash('sha256').update(await readFile(pom)).digest('hex').slice(0, 12);
  const place = join(cache, hash);
  const jars: Jars = { kafka: join(place, 'kafka'), registry: join(place, 'registry'), archives: join(place, 'archives') };
  if (await exists(place)) return jars;
  await mkdir(cache, { recursive: true }).catch((cause: Error) => {
    throw new StackError('STACK.JARS_FAILED', `${cache} cannot be written (${cause.message}): set TOUCHPOINT_STACK_CACHE to a folder that can.`, { cause });
  });
  const waits = (pid: number): void => onProgress(`process ${pid} is fetching the jars already; waiting for it`);
  await withLock(join(cache, `${hash}.lock`), downloadLimitMs, async () => {
    if (!(await exists(place))) await fetchJars(env, java, place, onProgress, signal);
  }, { onWait: waits, signal });
  return jars;
};

const fetchJars = async (env: Env, java: Java, place: string, onProgress: (message: string) => void, signal: AbortSignal | undefined): Promise<void> => {
  const maven = await findMaven(env);
  // What a killed fetcher left behind: nobody else writes here while we hold the lock.
  for (const name of await readdir(dirname(place))) if (name.startsWith(`${basename(place)}.fetch-`)) await rm(join(dirname(place), name), { recursive: true, force: true });
  const draft = `${place}.fetch-${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  try {
    await copyFile(pom, join(draft, 'pom.xml'));
    onProgress('fetching Kafka and the registry with Maven, once (about 220 MB)');
    let fetched = 0;
    const { code, lines } = await run({
      file: maven,
      args: ['-B', '-f', join(draft, 'pom.xml'), 'package', `-Dstack.dir=${draft}`],
      // Maven is the user's own: his proxy, mirrors and options hold.
      env: { ...(env as Record<string, string>), JAVA_HOME: java.home },
      cwd: draft,
      limitMs: downloadLimitMs,
      signal,
      onLine: (line) => {
        if (/^\S*Downloaded from/.test(line.replace(/^\[INFO\] /, '')) && ++fetched % 50 === 0) onProgress(`${fetched} files fetched`);
      },
    });
    const whole = (await exists(join(draft, 'kafka', 'kafka_2.13-4.2.0.jar'))) && (await exists(join(draft, 'registry', 'quarkus-run.jar')));
    if (code !== 0 || !whole) {
      const why = lines.filter((line) => line.includes('ERROR')).slice(0, 4).join('\n') || lines.slice(-4).join('\n');
      const how = code === null ? `no end within ${downloadLimitMs / 60_000} minutes` : `exit code ${code}`;
      throw new StackError('STACK.JARS_FAILED', `Maven could not fetch Kafka and the registry (${how}): try again when the network is there.\n${why}`);
    }
    await mkdir(join(draft, 'archives'));
    await rename(draft, place);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
};

/**
 * JVM options for a class archive (a third less time to start). It is written by the first JVM of its kind when that ends well, and read by all later ones;
 * another Java version has another archive.
 */
export const archiveOptions = async (jars: Jars, kind: string, java: Java): Promise<{ options: readonly string[]; archive?: { written: string; place: string } }> => {
  const version = createHash('sha256').update(`${java.file} ${java.version}`).digest('hex').slice(0, 8);
  const place = join(jars.archives, `${kind}-${version}.jsa`);
  if (await exists(place)) return { options: [`-XX:SharedArchiveFile=${place}`, '-Xshare:auto', '-Xlog:disable', '-Xlog:all=error:stderr'] };
  const written = join(jars.archives, `${kind}-${randomUUID()}.jsa.part`);
  return { options: [`-XX:ArchiveClassesAtExit=${written}`, '-Xlog:disable', '-Xlog:all=error:stderr'], archive: { written, place } };
};
