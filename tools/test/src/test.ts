import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '@touchpoint/stack';
import { buildApps } from '@touchpoint/build';

/**
 * `npm test [-- PATTERN…]`: the pure specs side by side, then, on a stack brought up for them, those that need one, one after another.
 * Takes away only what it started. Last line: `N passed, N failed`.
 */
const ROOT = join(import.meta.dirname, '../../..');
const patterns = process.argv.slice(2);
const reports = mkdtempSync(join(tmpdir(), 'touchpoint-test-'));
let running: ReturnType<typeof spawn> | undefined;

type Report = { numPassedTests: number; numFailedTests: number; numFailedTestSuites: number; numRuntimeErrorTestSuites: number; numTotalTestSuites: number };

const jest = (project: string, env: NodeJS.ProcessEnv, ...flags: string[]) =>
  new Promise<Report>((resolve, reject) => {
    const outputFile = join(reports, `${project}.json`);
    const args = [join(ROOT, 'node_modules/jest/bin/jest.js'), '--selectProjects', project, '--passWithNoTests', '--json', `--outputFile=${outputFile}`, '--forceExit', ...flags, ...patterns];
    running = spawn(process.execPath, ['--experimental-vm-modules', '--no-warnings', ...args], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } });
    running.on('error', reject);
    running.on('exit', () => {
      try {
        resolve(JSON.parse(readFileSync(outputFile, 'utf8')) as Report);
      } catch {
        reject(new Error(`jest ended without a report for the ${project} specs`));
      }
    });
  });

const totals = { passed: 0, failed: 0, suites: 0 };
const count = (report: Report) => {
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
  totals.suites += report.numTotalTestSuites;
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => running?.kill(signal));

count(await jest('pure', {}));
if (totals.failed === 0 || patterns.length > 0) {
  console.error('building the apps and bringing up the stack …');
  await buildApps();
  const dir = process.env['TOUCHPOINT_TEST_STACK'] ?? mkdtempSync(join(tmpdir(), 'touchpoint-stack-'));
  const stack = await startStack({ dir });
  try {
    const env = { KAFKA_BROKERS: stack.kafkaBrokers.join(','), SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl, DATABASE_URL: stack.databaseUrl };
    count(await jest('stack', env, '--runInBand'));
  } finally {
    await stack.stop();
    if (!process.env['TOUCHPOINT_TEST_STACK']) rmSync(dir, { recursive: true, force: true });
  }
}
rmSync(reports, { recursive: true, force: true });
if (totals.suites === 0) console.error(`no spec matches ${patterns.join(' ')}`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 || totals.suites === 0 ? 1 : 0;
