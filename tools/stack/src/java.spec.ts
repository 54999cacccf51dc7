import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findJava, javaCandidates, javaVersionIn } from './java.ts';

describe('what a java says of itself', () => {
  it.each([
    ['openjdk version "21.0.4" 2024-07-16 LTS', 21, '21.0.4'],
    ['Picked up JAVA_TOOL_OPTIONS: -Dx\nopenjdk version "25" 2025-09-16', 25, '25'],
    ['java version "1.8.0_392"', 8, '1.8.0_392'],
    ['openjdk version "26-ea" 2026-03-17', 26, '26-ea'],
  ])('is read from %j', (text, major, version) => expect(javaVersionIn(text)).toEqual({ major, version }));
  it('is nothing when it is no version', () => expect(javaVersionIn('The operation couldn’t be completed. Unable to locate a Java Runtime.')).toBeUndefined());
});

describe('with several JDKs on a machine', () => {
  let root: string;
  const jdk = async (name: string, version: string): Promise<string> => {
    const home = join(root, name);
    await mkdir(join(home, 'bin'), { recursive: true });
    await writeFile(join(home, 'bin/java'), `#!/bin/sh\necho 'openjdk version "${version}" 2025-01-01' >&2\n`);
    await chmod(join(home, 'bin/java'), 0o755);
    return home;
  };
  beforeEach(async () => void (root = await realpath(await mkdtemp(join(tmpdir(), 'java-')))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('passes over an older one in JAVA_HOME and PATH', async () => {
    const old = await jdk('first/jdk-17', '17.0.15');
    const young = await jdk('jvm/jdk-25', '25.0.1');
    const candidates = await javaCandidates({ JAVA_HOME: old, PATH: `${old}/bin:/nowhere` }, [join(root, 'jvm')]);
    expect(await findJava({}, candidates)).toEqual({ file: join(young, 'bin/java'), home: young, major: 25, version: '25.0.1' });
  });

  it('prefers JAVA_HOME to PATH, and PATH to the usual folders', async () => {
    const [home, path, usual] = [await jdk('a/jdk-21', '21.0.1'), await jdk('b/jdk-22', '22.0.1'), await jdk('jvm/jdk-23', '23.0.1')];
    const candidates = await javaCandidates({ JAVA_HOME: home, PATH: join(path, 'bin') }, [join(root, 'jvm')]);
    expect(candidates).toEqual([home, path, usual].map((folder) => join(folder, 'bin/java')));
  });

  it('says in one sentence what it found and what to do when none is new enough', async () => {
    const old = await jdk('jdk-17', '17.0.15');
    const error = await findJava({}, [join(old, 'bin/java')]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'STACK.NO_JAVA', message: expect.stringMatching(/Java 21 or newer, and only 17\.0\.15 at .* was found: install a JDK .* or set JAVA_HOME/) });
  });
});
