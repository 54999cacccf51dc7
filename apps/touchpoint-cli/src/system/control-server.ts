import { chmod, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { askAt, socketPath } from './control-client.ts';
import { CliError } from './cli-error.ts';
import type { Progress } from './system.ts';

type Act = (tell: (progress: Progress) => void) => Promise<void>;
/** `GET /status` gives the view; the acts are POSTed, and say what happens line by line. */
export type ControlAnswers = Readonly<{ status: () => unknown; stop: Act; start: Act }>;
export type Control = Readonly<{ close: () => Promise<void> }>;

const serve = (answers: ControlAnswers): Server =>
  createServer((incoming, reply) => {
    reply.setHeader('content-type', 'application/x-ndjson');
    const say = (line: object): void => void reply.write(`${JSON.stringify(line)}\n`);
    const act = { '/stop': answers.stop, '/start': answers.start }[incoming.url ?? ''];
    if (incoming.method === 'GET' && incoming.url === '/status') say(answers.status() as object);
    else if (incoming.method === 'POST' && act) return void act(say).catch((error: unknown) => say({ error: error instanceof Error ? error.message : String(error) })).finally(() => reply.end());
    else reply.writeHead(404);
    reply.end();
  });

const listen = (server: Server, path: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error));
    server.once('error', failed);
    server.listen(path, () => {
      server.off('error', failed);
      resolve(true);
    });
  });

const answersAt = (path: string): Promise<boolean> => askAt(path, { method: 'GET', url: '/status', limitMs: 5_000 }, () => undefined).catch(() => true);

/** Takes the folder: listens for commands about it. @throws CliError SYSTEM.RUNNING when another process runs its system. */
export const openControl = async (dir: string, answers: ControlAnswers): Promise<Control> => {
  const path = socketPath(dir);
  const server = serve(answers);
  for (let tries = 0; !(await listen(server, path)); tries += 1) {
    if (tries === 3 || (await answersAt(path))) throw new CliError('SYSTEM.RUNNING', `A system runs in ${dir} already: see npx touchpoint status`);
    // A killed process left it. It is moved away before it is removed: if somebody took its place meanwhile, that one is moved back.
    const aside = `${path}.${process.pid}`;
    await rename(path, aside).catch(() => undefined);
    if (await answersAt(aside)) await rename(aside, path).catch(() => undefined);
    else await rm(aside, { force: true });
  }
  await chmod(path, 0o600);
  server.unref();
  return {
    close: async () => {
      server.closeIdleConnections();
      server.close();
      await rm(path, { force: true });
    },
  };
};
