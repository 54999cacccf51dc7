import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { buildOptions } from '@touchpoint/build';
import { foldEnvironment } from './config.ts';

describe('Replay is silent: a process that folds', () => {
  it('is given where the log and the tables are, and no secret beside them', () => {
    const all = { PATH: '/bin', DATABASE_URL: 'postgres://x', KAFKA_BROKERS: 'k:1', SCHEMA_REGISTRY_URL: 'http://r', TOPIC_PREFIX: 'p.', MASTER_KEY: 'm', SOURCE_KEY_SECRET: 's', NODE_OPTIONS: '--import x', TWILIO_AUTH_TOKEN: 't' };
    expect(foldEnvironment(all)).toEqual({ PATH: '/bin', DATABASE_URL: 'postgres://x', KAFKA_BROKERS: 'k:1', SCHEMA_REGISTRY_URL: 'http://r', TOPIC_PREFIX: 'p.' });
  });

  it.each([
    ['a process that folds for a rebuild', 'rebuild/fold.process.ts'], ['a customer alone that is folded anew', 'rebuild/customers.operation.ts'], ['a replay', 'replay/replay.operation.ts'], ['a replay that is undone', 'replay/replay-undo.operation.ts'],
  ])('%s has no code that appends to the log, opens what is sealed, or speaks with a provider', async (_, file) => {
    const options = buildOptions('apps/operations-api');
    const entry = join(options.absWorkingDir ?? '.', 'apps/operations-api/src', file);
    const { metafile } = await build({ ...options, entryPoints: [entry], write: false, metafile: true });
    const bundle = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint?.endsWith(file));
    // A constant that somebody names is no code.
    const held = Object.entries(bundle!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 100).map(([path]) => path);
    expect(held).toContain(join('apps/operations-api/src/rebuild/partition-fold.ts'));
    expect(held.filter((path) => /libs\/log\/src\/(appender|producer|send-queue)\.ts|libs\/vault\/|delivery/.test(path))).toEqual([]);
    expect(bundle!.imports.map(({ path }) => path).filter((path) => /firebase|twilio|nodemailer/.test(path))).toEqual([]);
  });
});
