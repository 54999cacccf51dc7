// Preloaded into a process that is to be killed at a moment of its own (libs/host/src/moments.ts): what is to be done is asked for by a file with the process' name,
// and done at the hit: no code of the process runs behind it.
import { tracingChannel } from 'node:diagnostics_channel';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const LOOK_MS = 20;
const name = process.argv.find((arg) => arg.startsWith('--process='))?.slice('--process='.length);
const dir = new URL(import.meta.url).searchParams.get('dir');
let armed;

const hit = (moment, when) => () => {
  if (armed?.moment !== moment || armed.when !== when) return;
  armed.hits -= 1;
  if (armed.hits <= 0) process.kill(process.pid, 'SIGKILL');
};

if (name !== undefined && dir !== null) {
  const order = join(dir, name);
  for (const moment of ['commit', 'send', 'call']) tracingChannel(`touchpoint.${moment}`).subscribe({ start: hit(moment, 'before'), asyncStart: hit(moment, 'behind') });
  setInterval(() => {
    try {
      armed = JSON.parse(readFileSync(order, 'utf8'));
      rmSync(order);
    } catch {
      // Nothing is asked for.
    }
  }, LOOK_MS).unref();
}
