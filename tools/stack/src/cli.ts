import { parseArgs } from 'node:util';
import { deathNotice, stackStatus, startStack, stopStack, type Connections, type Progress } from './index.ts';
import { StackError } from './stack-error.ts';

const usage = `usage: node tools/stack/src/cli.ts up|down|status [--dir DIR] [--detach] [--wipe] [--json]
  up      starts what is missing; Ctrl-C stops it again, --detach leaves it running
  down    stops what runs in the folder; --wipe removes its data too
  status  what runs and answers; exit code 1 when a part does not
`;

const progress = ({ part, message }: Progress): void => void process.stderr.write(`${part.padEnd(9)} ${message}\n`);

const print = (json: boolean, what: Partial<Connections>, more: object): void => {
  if (json) return void process.stdout.write(`${JSON.stringify({ ...what, ...more })}\n`);
  if (what.kafkaBrokers) process.stdout.write(`KAFKA_BROKERS=${what.kafkaBrokers.join(',')}\n`);
  if (what.schemaRegistryUrl) process.stdout.write(`SCHEMA_REGISTRY_URL=${what.schemaRegistryUrl}\n`);
  if (what.databaseUrl) process.stdout.write(`DATABASE_URL=${what.databaseUrl}\n`);
};

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { dir: { type: 'string' }, detach: { type: 'boolean' }, wipe: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const json = values.json ?? false;
  const where = { ...(values.dir !== undefined && { dir: values.dir }), onProgress: progress };
  const [act] = positionals;
  if (values.help || positionals.length !== 1) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  if (act === 'down') {
    await stopStack({ ...where, wipe: values.wipe ?? false });
    return 0;
  }
  if (act === 'status') {
    const { parts, dir, ...connections } = await stackStatus(where);
    for (const { name: part, ready, running, pid } of json ? [] : parts) {
      progress({ part, message: `${ready ? 'ready' : running ? 'running, does not answer' : 'stopped'}${pid ? ` (process ${pid})` : ''}` });
    }
    if (!json && parts.length === 0) process.stderr.write(`nothing was started in ${dir}\n`);
    print(json, connections, { dir, parts });
    return parts.length > 0 && parts.every(({ ready }) => ready) ? 0 : 1;
  }
  if (act !== 'up') {
    process.stderr.write(usage);
    return 2;
  }

  const asked = new AbortController();
  const stopped = new Promise<'asked'>((resolve) => asked.signal.addEventListener('abort', () => resolve('asked')));
  // Only the first: a second Ctrl-C ends this process at once, and the keeper stops the parts.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => asked.abort(new StackError('STACK.CALLED_OFF', 'stopped before it was ready')));
  const began = Date.now();
  const started = await startStack({ ...where, detach: values.detach ?? false, signal: asked.signal });
  const { kafkaBrokers, schemaRegistryUrl, databaseUrl, parts, dir } = started;
  progress({ part: 'stack', message: `ready after ${((Date.now() - began) / 1000).toFixed(1)} s` });
  print(json, { kafkaBrokers, schemaRegistryUrl, databaseUrl }, { dir, parts });
  if (values.detach) return 0;
  const alive = setInterval(() => undefined, 60_000);
  const died = new Promise<string>((resolve) => started.onPartDied((dead) => resolve(deathNotice(dead))));
  const why = await Promise.race([stopped, died]);
  if (why !== 'asked') process.stderr.write(`${why}\n`);
  await started.stop();
  clearInterval(alive);
  return why === 'asked' ? 0 : 1;
};

main().then(
  (code) => process.exit(code),
  (error: Error & { code?: string }) => {
    const meant = error instanceof StackError || error.code?.startsWith('ERR_PARSE_ARGS');
    process.stderr.write(`${meant ? error.message : error.stack}\n`);
    process.exit(1);
  },
);
