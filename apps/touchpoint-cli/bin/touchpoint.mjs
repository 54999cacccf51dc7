#!/usr/bin/env -S node --max-semi-space-size=8
// The command runs from source, by the type stripping of Node 24, which comes with `npm ci` (the package `node`): whatever Node the machine has, it only has to start this file.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// An import makes much that is needed for a moment only; V8 would let that grow by 100 MB before it looks (this can be said at the start of a process only).
const FLAGS = ['--max-semi-space-size=8'];

// What was compiled once is read back the next time: a command starts in two thirds of the time.
const cache = fileURLToPath(new URL('../../../node_modules/.cache/touchpoint', import.meta.url));

const nodeOfTheRepository = () => {
  const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
  const file = ['bin/node', 'bin/node.exe'].map((name) => join(folder, name)).find((name) => existsSync(name));
  if (file) return file;
  throw new Error(`no node in ${folder}`);
};

const runIn = (node) => {
  const child = spawn(node, [...FLAGS, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  // A Ctrl-C reaches both; the other signals only this process. The command decides when it ends, and how.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal === 'SIGINT' || child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`touchpoint: ${node} does not start (${error.message}): run npm ci\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => process.exit(signal ? 128 + 15 : (code ?? 1)));
};

if (Number(process.versions.node.split('.')[0]) >= 24) {
  module.enableCompileCache(cache);
  await import('../src/main.ts');
} else {
  try {
    runIn(nodeOfTheRepository());
  } catch {
    process.stderr.write('touchpoint: Node 24 is not installed here: run npm ci at the root of the repository\n');
    process.exitCode = 1;
  }
}
