import { describe, expect, it } from '@jest/globals';
import type { AppEntry } from './apps.ts';
import { defaultDir } from './places.ts';
import { settingsOf } from './settings.ts';

const present: readonly AppEntry[] = [{ name: 'one', port: 4001, kind: 'http', says: '' }, { name: 'two', port: 4011, kind: 'worker', says: '' }];

describe('settings', () => {
  it('are those of the repository unless told', () => {
    expect(settingsOf({ env: {} }, present)).toMatchObject({ places: { dir: defaultDir }, usualPorts: true, topicPrefix: '', host: '127.0.0.1' });
  });

  it('come from the environment, and from options before it', () => {
    const settings = settingsOf({ env: { TOUCHPOINT_DIR: '/tmp/x', TOPIC_PREFIX: 'a.', KAFKA_BROKERS: 'far:1', TOPIC_PARTITIONS: '3' }, topicPrefix: 'b.', kafkaBrokers: ['near:1', 'near:2'] }, present);
    expect(settings).toMatchObject({ places: { dir: '/tmp/x' }, usualPorts: false, topicPrefix: 'b.', partitions: 3, env: { KAFKA_BROKERS: 'near:1,near:2' } });
  });

  it('name the processes of the apps that are chosen', () => {
    expect(settingsOf({ env: {}, apps: ['two'], replicas: { two: 2 } }, present).instances.map(({ name }) => name)).toEqual(['two', 'two-2']);
  });

  it('refuse an app that is not there, and a strange number of processes', () => {
    expect(() => settingsOf({ env: {}, apps: ['three'] }, present)).toThrow(/name one of one, two/);
    expect(() => settingsOf({ env: {}, replicas: { three: 2 } }, present)).toThrow(/There is no app three/);
    expect(() => settingsOf({ env: {}, replicas: { two: 0 } }, present)).toThrow(/1 to 20/);
  });

  it('name every bad key of the environment', () => {
    expect(() => settingsOf({ env: { KAFKA_BROKERS: 'nowhere', MASTER_KEY: 'short' } }, present)).toThrow(/KAFKA_BROKERS[^]*MASTER_KEY/);
  });
});
