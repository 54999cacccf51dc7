import { describe, expect, it } from '@jest/globals';
import { bareEnv, cacheDir, externalFrom } from './config.ts';

describe('when the environment names parts', () => {
  it('takes them, and a list of brokers apart', () =>
    expect(externalFrom({ KAFKA_BROKERS: 'a:1, b:2,', SCHEMA_REGISTRY_URL: 'http://r', DATABASE_URL: 'postgres://d' })).toEqual({ kafkaBrokers: ['a:1', 'b:2'], schemaRegistryUrl: 'http://r', databaseUrl: 'postgres://d' }));
  it('takes an empty variable for a missing one', () => expect(externalFrom({ KAFKA_BROKERS: ' ', SCHEMA_REGISTRY_URL: '', DATABASE_URL: '' })).toEqual({}));
});

describe('the environment of a part', () => {
  it('leaves out what could change how Java, Quarkus or Postgres behave', () =>
    expect(Object.keys(bareEnv({ PATH: '/bin', HOME: '/h', JAVA_TOOL_OPTIONS: '-x', QUARKUS_HTTP_PORT: '1', PGPORT: '2', NODE_OPTIONS: '-y' })).sort()).toEqual(['HOME', 'LC_ALL', 'PATH']));
});

describe('the cache folder', () => {
  it('is the one that the environment names', () => expect(cacheDir({ TOUCHPOINT_STACK_CACHE: '/c', HOME: '/h' })).toBe('/c'));
  it('otherwise lies in the user’s caches', () => expect(cacheDir({ XDG_CACHE_HOME: '/caches', HOME: '/h' })).toBe('/caches/touchpoint-stack'));
});
