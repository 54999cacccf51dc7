import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { portVariable, REPLICA_PORTS, type AppInstance } from './apps.ts';
import { CliError } from './cli-error.ts';

export type Ports = Readonly<Record<string, number>>;

/** Below what the stack chooses from, and below what systems lend to outgoing connections. */
const FIRST = 12_000;
const COUNT = 7_000;

export const isFree = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

export type PortWishes = Readonly<{
  /** The usual ports of the table, as in `.stack`; otherwise those of the last start, or free ones. */
  usual: boolean;
  kept: Ports;
  /** By app, from the environment: the port of its first process. */
  asked: Readonly<Record<string, number | undefined>>;
  /** Chooses where the search begins, so that two systems that start at once hardly ever look at the same ports. */
  seed: string;
}>;

/** A port for each process, by its name. Asked for and usual ones are taken as they are: whether they are free is seen when they are needed. */
export const choosePorts = async (instances: readonly AppInstance[], { usual, kept, asked, seed }: PortWishes, free: (port: number) => Promise<boolean> = isFree): Promise<Ports> => {
  const chosen: Record<string, number> = {};
  const taken = new Set<number>();
  const keptBy = new Map(instances.map(({ name }) => [kept[name], name]));
  let next = createHash('sha256').update(seed).digest().readUInt32BE(0) % COUNT;
  for (const { name, app, replica } of instances) {
    const base = asked[app.name] ?? (usual ? app.port : undefined);
    let port = base === undefined ? kept[name] : base + REPLICA_PORTS * (replica - 1);
    for (let tried = 0; base === undefined && (port === undefined || taken.has(port) || (keptBy.get(port) ?? name) !== name || !(await free(port))); tried += 1) {
      if (tried > 2_000) throw new CliError('SYSTEM.NO_PORT', `No free port was found for ${name}: end some processes of this machine`);
      port = FIRST + (next++ % COUNT);
    }
    taken.add(port!);
    chosen[name] = port!;
  }
  return chosen;
};

/**
 * Waits until a port can be had: processes of a system that was killed end by themselves soon after it.
 * @throws CliError that says which variable moves the app, when somebody else keeps it.
 */
export const untilFree = async (port: number, host: string, app: string, onWait: () => void, { limitMs = 45_000, signal }: { limitMs?: number; signal?: AbortSignal | undefined } = {}): Promise<void> => {
  for (let waited = 0; !(await isFree(port, host)); waited += 100) {
    signal?.throwIfAborted();
    // A process of ours is gone within its limit; a stranger that answers is not worth waiting for.
    if (waited >= limitMs || (waited === 1_000 && !(await isOurs(port, host, app)))) {
      throw new CliError('SYSTEM.PORT_TAKEN', `Port ${port}, which ${app} needs, is taken by another process: end that one, or set ${portVariable(app)} to another port`);
    }
    if (waited === 500) onWait();
    await sleep(100);
  }
};

const isOurs = async (port: number, host: string, app: string): Promise<boolean> => {
  try {
    const answer = await fetch(`http://${host}:${port}/metrics`, { signal: AbortSignal.timeout(2_000) });
    return (await answer.text()).includes(`app="${app}"`);
  } catch {
    return false;
  }
};
