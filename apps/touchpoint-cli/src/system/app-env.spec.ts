import { describe, expect, it } from '@jest/globals';
import { defineConfig, http, kafka, vault } from '@touchpoint/host/config';
import { appEnvironment } from './app-env.ts';

describe('the environment of an app', () => {
  const env = { PATH: '/bin', NODE_OPTIONS: '--inspect', MASTER_KEY: 'theirs', SECRET_OF_SOMEBODY: 'x', LOG_LEVEL: 'debug', KAFKA_BROKERS: 'far:9092' };
  const ours = { MASTER_KEY: 'ours', KAFKA_BROKERS: 'near:9092', PORT: '4011' };

  it('holds what the app declares, and no secret that it does not use', () => {
    expect(appEnvironment(defineConfig('worker', { ...http(1), ...kafka }), ours, env)).toEqual({ PATH: '/bin', KAFKA_BROKERS: 'near:9092', PORT: '4011', LOG_LEVEL: 'debug' });
  });

  it('takes ours before that of the command', () => {
    expect(appEnvironment(defineConfig('vaulted', vault), ours, env)).toEqual({ PATH: '/bin', MASTER_KEY: 'ours' });
  });
});
