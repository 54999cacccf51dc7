import * as z from 'zod';

/** The environment a process is started with; only declared keys are looked at. */
export type Env = Readonly<Record<string, string | undefined>>;
export const processEnv: Env = process.env;

/**
 * One key of the environment. `schema` takes the text; its default is the key's default. A secret has none, is never printed, and
 * in `.env.example` stands empty. `example` is shown where there is no default. `needs`: keys that must be set where this one is.
 */
export type ConfigKey<T = unknown> = Readonly<{ schema: z.ZodType<T>; doc: string; example?: string; secret?: true; needs?: readonly string[] }>;
export type ConfigKeys = Readonly<Record<string, ConfigKey>>;
export type ConfigDefinition<K extends ConfigKeys = ConfigKeys> = Readonly<{ app: string; keys: K }>;

/** What `loadConfig` gives: the parsed value of each key, frozen. */
export type ConfigValues<K extends ConfigKeys> = { readonly [N in keyof K]: z.output<K[N]['schema']> };
/** The values of a definition: `ConfigOf<typeof config>`. */
export type ConfigOf<D extends ConfigDefinition> = ConfigValues<D['keys']>;

/** Names every bad key of an app at once; holds no value. */
export class ConfigError extends Error {
  readonly code = 'CONFIG.INVALID';
  readonly keys: readonly string[];
  constructor(app: string, problems: readonly Readonly<{ key: string; text: string }>[]) {
    super([`${app} cannot start: ${problems.length} configuration ${problems.length === 1 ? 'key is' : 'keys are'} wrong`, ...problems.map((p) => `  ${p.key} ${p.text}`)].join('\n'));
    this.name = 'ConfigError';
    this.keys = problems.map((p) => p.key);
  }
}

const KEY_NAME = /^[A-Z][A-Z0-9_]*$/;

/**
 * Declares an app's configuration; reads nothing. Spread the shared blocks into it: `defineConfig('query-api', { ...http(4003), … })`.
 * Throws at a key that is not UPPER_CASE, has no doc, or is a secret with a default.
 */
export const defineConfig = <const K extends ConfigKeys>(app: string, keys: K): ConfigDefinition<K> => {
  for (const [name, key] of Object.entries(keys)) {
    if (!KEY_NAME.test(name)) throw new Error(`${app}: the configuration key ${name} is not UPPER_CASE`);
    if (key.doc.trim() === '') throw new Error(`${app}: the configuration key ${name} says nothing of itself`);
    if (key.secret && defaultOf(key) !== undefined) throw new Error(`${app}: the secret ${name} has a default`);
  }
  return Object.freeze({ app, keys: Object.freeze(keys) });
};

/** Is the key asked for? No, where it has a default or is optional. */
export const isRequired = (key: ConfigKey): boolean => !key.schema.safeParse(undefined).success;
/** The value a key has when nothing is set; undefined where there is none. */
export const defaultOf = (key: ConfigKey): unknown => key.schema.safeParse(undefined).data;

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
};

const wrong = (key: ConfigKey, text: string | undefined, error: z.ZodError): string => {
  const what = text === undefined ? 'is missing' : key.secret ? 'is not valid' : `is not valid: ${error.issues.map((issue) => issue.message).join('; ')}`;
  return `${what} (${key.doc})`;
};

const textOf = (env: Env, name: string): string | undefined => env[name]?.trim() || undefined;

/**
 * The configuration, parsed once to a frozen object. An empty variable counts as a missing one. Throws ConfigError, which names every
 * bad key at once and prints no value. zod's own messages say what was expected, never what was given.
 */
export const loadConfig = <K extends ConfigKeys>(definition: ConfigDefinition<K>, env: Env = processEnv): ConfigValues<K> => {
  const values: Record<string, unknown> = {};
  const problems: { key: string; text: string }[] = [];
  for (const [name, key] of Object.entries(definition.keys)) {
    const text = textOf(env, name);
    const parsed = key.schema.safeParse(text);
    const missing = text === undefined ? [] : (key.needs ?? []).filter((other) => textOf(env, other) === undefined);
    if (parsed.success) values[name] = frozen(parsed.data);
    if (missing.length > 0) problems.push({ key: name, text: `is set without ${missing.join(' and ')} (${key.doc})` });
    else if (!parsed.success) problems.push({ key: name, text: wrong(key, text, parsed.error) });
  }
  if (problems.length > 0) throw new ConfigError(definition.app, problems);
  return Object.freeze(values) as ConfigValues<K>;
};

export * from './config-blocks.ts';
