import { readdir, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { run } from './command.ts';
import { bareEnv, type Env } from './config.ts';
import { StackError } from './stack-error.ts';

/** `file` is the java executable, `home` the JDK's folder, `version` what it says of itself ("25.0.1"). */
export type Java = Readonly<{ file: string; home: string; major: number; version: string }>;

export const oldestJava = 21;

/** Reads what `java -version` prints: `openjdk version "21.0.4" …`, `java version "1.8.0_392"`. */
export const javaVersionIn = (text: string): { major: number; version: string } | undefined => {
  const version = /version "([^"]+)"/.exec(text)?.[1];
  const numbers = /^(?:1\.)?(\d+)/.exec(version ?? '')?.[1];
  return version === undefined || numbers === undefined ? undefined : { major: Number(numbers), version };
};

/** Folders that hold JDKs, one in each folder below. */
const foldersOfJdks = (env: Env): readonly string[] => {
  const home = env['HOME'] ?? '';
  return [
    '/usr/lib/jvm',
    '/usr/java',
    '/opt',
    '/opt/java',
    '/usr/local',
    '/usr/local/opt',
    '/opt/homebrew/opt',
    '/Library/Java/JavaVirtualMachines',
    ...(home ? [join(home, 'Library/Java/JavaVirtualMachines'), join(home, '.jdks')] : []),
    join(env['SDKMAN_DIR'] ?? join(home, '.sdkman'), 'candidates/java'),
    join(env['ASDF_DATA_DIR'] ?? join(home, '.asdf'), 'installs/java'),
    join(home, '.local/share/mise/installs/java'),
  ];
};

/** Executables to look at, in the order in which they are preferred. */
export const javaCandidates = async (env: Env, folders: readonly string[] = foldersOfJdks(env)): Promise<readonly string[]> => {
  const candidates: string[] = [];
  if (env['JAVA_HOME']) candidates.push(join(env['JAVA_HOME'], 'bin/java'));
  for (const folder of (env['PATH'] ?? '').split(delimiter)) if (folder) candidates.push(join(folder, 'java'));
  for (const folder of folders) {
    const names = (await readdir(folder).catch(() => [])).filter((name) => /j(dk|re|ava)|\d/i.test(name)).sort().reverse();
    for (const name of names) {
      for (const inside of ['bin/java', 'Contents/Home/bin/java', 'libexec/openjdk.jdk/Contents/Home/bin/java']) candidates.push(join(folder, name, inside));
    }
  }
  const real = new Set<string>();
  for (const candidate of candidates) {
    const file = await realpath(candidate).catch(() => undefined);
    if (file && (await stat(file)).isFile()) real.add(file);
  }
  return [...real];
};

/** The first Java that is new enough; an older one that stands before it is passed over. */
export const findJava = async (env: Env, candidates?: readonly string[]): Promise<Java> => {
  const older: string[] = [];
  for (const file of candidates ?? (await javaCandidates(env))) {
    const said = await run({ file, args: ['-version'], env: bareEnv(env), cwd: '/', limitMs: 20_000 }).catch(() => undefined);
    const found = javaVersionIn(said?.lines.join('\n') ?? '');
    if (found && found.major >= oldestJava) return { file, home: dirname(dirname(file)), ...found };
    if (found) older.push(`${found.version} at ${file}`);
  }
  throw new StackError(
    'STACK.NO_JAVA',
    `Kafka and the schema registry need Java ${oldestJava} or newer, and ${older.length > 0 ? `only ${older.join(', ')} was found` : 'none was found'}: ` +
      'install a JDK (e.g. Temurin 25) or set JAVA_HOME to one, or set KAFKA_BROKERS and SCHEMA_REGISTRY_URL to running ones.',
  );
};
