import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually } from '@touchpoint/testing';
import { processEnv } from '../config.ts';
import { appEnvironment, declaredBy } from '../system/app-env.ts';
import { bundleOf } from '../system/spawn-app.ts';

/** A process of an app as a container would run it: its bundle, and nothing but its environment. */
export type Running = Readonly<{ app: string; child: ChildProcess; url: string; lines: readonly string[]; ended: Promise<number | null> }>;
export type Ran = Readonly<{ code: number; out: string; err: string }>;

const bin = fileURLToPath(new URL('../../bin/touchpoint.mjs', import.meta.url));

/** Runs the command with this environment. */
export const runCommand = (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { env: { PATH: processEnv['PATH'], HOME: processEnv['HOME'], ...env } }, (error, out, err) => resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }));
  });

/** Starts a process of an app on a port that it finds itself. Does not wait until it is ready. */
export const launch = async (app: string, env: Readonly<Record<string, string>>): Promise<Running> => {
  const own = appEnvironment(await declaredBy(app), { ...env, PORT: '0' }, processEnv);
  const child = spawn(process.execPath, [bundleOf(app)], { env: own, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => lines.push(...text.split('\n').filter((line) => line !== '')));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const url = await eventually(`${app} listens`, () => {
    if (child.exitCode !== null) throw new Error(`${app} ended with ${child.exitCode}: ${lines.slice(-3).join('\n')}`);
    const port = lines.map((line) => /"port":(\d+).*"msg":"started"/.exec(line)?.[1]).find(Boolean);
    return port && `http://127.0.0.1:${port}`;
  });
  return { app, child, url, lines, ended };
};

/** Starts one and waits until it is ready. */
export const start = async (app: string, env: Readonly<Record<string, string>>): Promise<Running> => {
  const running = await launch(app, env);
  await eventually(`${app} is ready`, async () => (await fetch(`${running.url}/health/ready`)).ok);
  return running;
};

export const stop = async ({ child, ended }: Running): Promise<number | null> => {
  child.kill('SIGTERM');
  return ended;
};
