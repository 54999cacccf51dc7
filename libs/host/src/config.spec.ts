import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, defaultOf, defineConfig, flagOr, http, isRequired, kafka, listOf, loadConfig, postgres, registry, sourceKeys, vault, wholeNumberOr } from './config.ts';

const bytes = Buffer.alloc(32, 1).toString('base64');
const definition = defineConfig('spec-app', { ...http(4009), ...kafka, ...registry, ...postgres, ...vault, ...sourceKeys, EAGER: { schema: flagOr(false), doc: 'Whether.' } });
const env = {
  KAFKA_BROKERS: ' a:9092, b:9093 ',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081/apis/ccompat/v7',
  DATABASE_URL: 'postgres://u:pw-in-url@127.0.0.1:5432/t',
  MASTER_KEY: bytes,
  SOURCE_KEY_SECRET: bytes,
};
const thrown = (act: () => unknown): ConfigError => {
  try {
    act();
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error('nothing was thrown');
};

describe('a complete environment', () => {
  it('gives typed values and defaults', () => {
    const config = loadConfig(definition, env);
    expect(config).toMatchObject({ HOST: '127.0.0.1', PORT: 4009, LOG_LEVEL: 'info', KAFKA_BROKERS: ['a:9092', 'b:9093'], TOPIC_PREFIX: '', DATABASE_POOL: 8, EAGER: false });
    expect(config.MASTER_KEY).toEqual(Buffer.alloc(32, 1));
    const port: number = config.PORT;
    expect(port).toBe(4009);
  });
  it('gives a frozen object, all the way down', () => {
    const config = loadConfig(definition, env);
    expect(() => { (config as { PORT: number }).PORT = 1; }).toThrow(TypeError);
    expect(() => (config.KAFKA_BROKERS as string[]).push('c:1')).toThrow(TypeError);
  });
  it('takes an empty variable for a missing one', () => expect(loadConfig(definition, { ...env, PORT: ' ' }).PORT).toBe(4009));
});

describe('a bad environment', () => {
  it('has every bad key named at once', () => {
    const error = thrown(() => loadConfig(definition, { ...env, KAFKA_BROKERS: undefined, PORT: '70000', EAGER: 'maybe', MASTER_KEY: 'short' }));
    expect(error.keys).toEqual(['PORT', 'KAFKA_BROKERS', 'MASTER_KEY', 'EAGER']);
    expect(error.message).toContain('spec-app cannot start: 4 configuration keys are wrong');
    expect(error.message).toContain('KAFKA_BROKERS is missing (Brokers');
  });
  it.each([
    ['PORT', 'http://pw-in-port'], ['KAFKA_BROKERS', 'pw-in-broker'], ['SCHEMA_REGISTRY_URL', 'pw-in-registry'], ['DATABASE_URL', 'mysql://u:pw-in-url@h/d'],
    ['MASTER_KEY', 'pw-in-key'], ['SOURCE_KEY_SECRET', Buffer.from('pw-in-secret').toString('base64')], ['EAGER', 'pw-in-flag'], ['TOPIC_PREFIX', 'pw in prefix'], ['LOG_LEVEL', 'pw-in-level'],
  ])('prints no value of %s', (key, value) => {
    const { message, keys } = thrown(() => loadConfig(definition, { ...env, [key]: value }));
    expect(keys).toEqual([key]);
    expect(message).not.toContain('pw-in');
    expect(message).not.toContain(value);
  });
});

it('prints no value of a secret, not even where its schema would', () => {
  const chatty = defineConfig('a', { TOKEN: { schema: z.string().refine(() => false, { error: ({ input }) => `not ${String(input)}` }), doc: 'A token.', secret: true } });
  expect(thrown(() => loadConfig(chatty, { TOKEN: 'pw-in-token' })).message).toBe('a cannot start: 1 configuration key is wrong\n  TOKEN is not valid (A token.)');
});

describe('a key that needs another', () => {
  it('is wrong alone, and says what is missing', () => {
    const error = thrown(() => loadConfig(definition, { ...env, KAFKA_PASSWORD: 'pw-alone', SCHEMA_REGISTRY_USERNAME: 'u' }));
    expect(error.keys).toEqual(['KAFKA_PASSWORD', 'SCHEMA_REGISTRY_USERNAME']);
    expect(error.message).toContain('KAFKA_PASSWORD is set without KAFKA_USERNAME');
    expect(error.message).not.toContain('pw-alone');
  });
  it('is taken with it', () => expect(loadConfig(definition, { ...env, KAFKA_PASSWORD: 'p', KAFKA_USERNAME: 'u' })).toMatchObject({ KAFKA_USERNAME: 'u', KAFKA_PASSWORD: 'p' }));
});

it('takes a file of certificates by its path, and nothing else', () => {
  const wrong = (path: string) => thrown(() => loadConfig(definition, { ...env, KAFKA_CA_FILE: path })).message;
  expect(wrong('/nowhere/ca.pem')).toContain('KAFKA_CA_FILE is not valid: expected the path of a readable PEM file');
  expect(wrong(import.meta.filename)).toContain('KAFKA_CA_FILE is not valid');
});

describe('a declaration', () => {
  it('refuses a secret that has a default', () =>
    expect(() => defineConfig('a', { TOKEN: { schema: z.string().default('x'), doc: 'A token.', secret: true } })).toThrow('the secret TOKEN has a default'));
  it('takes an optional secret', () => expect(loadConfig(defineConfig('a', { TOKEN: { schema: z.string().optional(), doc: 'A token.', secret: true } }), {})).toEqual({}));
  it('refuses a key that says nothing of itself or has an odd name', () => {
    expect(() => defineConfig('a', { KEY: { schema: z.string(), doc: ' ' } })).toThrow('says nothing');
    expect(() => defineConfig('a', { key: { schema: z.string(), doc: 'x' } })).toThrow('UPPER_CASE');
  });
  it('tells what is required and what the defaults are', () => {
    expect([isRequired(definition.keys.MASTER_KEY), isRequired(definition.keys.PORT)]).toEqual([true, false]);
    expect([defaultOf(definition.keys.MASTER_KEY), defaultOf(definition.keys.PORT)]).toEqual([undefined, 4009]);
  });
  it('holds whole numbers to their limits', () => {
    const schema = wholeNumberOr(5, 1, 9);
    expect(['1', '9', undefined].map((text) => schema.parse(text))).toEqual([1, 9, 5]);
    for (const text of ['0', '10', '1.5', '1e1', '-1', 'x']) expect(schema.safeParse(text).success).toBe(false);
  });
  it('wants at least one member of a list', () => expect(listOf(z.string()).safeParse(' , ').success).toBe(false));
});
