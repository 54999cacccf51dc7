import { defaultOf, isRequired, type ConfigDefinition, type ConfigKey } from '@touchpoint/host/config';

/** A key as some apps declare it: those that say the same of it, with each one's default. */
type Variant = Readonly<{ name: string; key: ConfigKey; defaults: ReadonlyMap<string, string> }>;

const shownDefault = (key: ConfigKey): string => {
  const value = defaultOf(key);
  if (value === undefined) return '';
  // A default that depends on the machine has an example, which is shown in its place.
  return key.example ?? (Array.isArray(value) ? value.join(',') : String(value));
};

const variantsOf = (definitions: readonly ConfigDefinition[]): readonly Variant[] => {
  const found = new Map<string, { name: string; key: ConfigKey; defaults: Map<string, string> }>();
  for (const { app, keys } of definitions) {
    for (const [name, key] of Object.entries(keys)) {
      const same = JSON.stringify([name, key.doc, key.secret ?? false, key.example, isRequired(key)]);
      const variant = found.get(same) ?? { name, key, defaults: new Map<string, string>() };
      variant.defaults.set(app, shownDefault(key));
      found.set(same, variant);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => (text === '' ? 'empty' : `\`${text}\``);

const apps = ({ defaults }: Variant): readonly string[] => [...defaults.keys()].filter((app) => app !== '').sort();

const whenUnset = (variant: Variant): string => {
  const { key, defaults } = variant;
  if (isRequired(key)) return `**required**${key.secret ? ', secret' : key.example === undefined ? '' : `, like ${code(key.example)}`}`;
  if (defaultOf(key) === undefined) return key.secret ? 'optional, secret' : `optional${key.example === undefined ? '' : `, like ${code(key.example)}`}`;
  const values = new Set(defaults.values());
  if (values.size === 1) return code([...values][0]!);
  return [...defaults].map(([app, value]) => `${code(value)} ${app}`).sort().join(', ');
};

const HEAD = `# Configuration

Generated from the \`config.ts\` files: \`npm run config-docs\`. Every app reads its keys from the environment once, when it starts; it names every bad key at once
and prints no value. A key that is set to nothing counts as not set.

| key | meaning | when not set | read by |
|---|---|---|---|
`;

export const renderMarkdown = (definitions: readonly ConfigDefinition[]): string =>
  HEAD + variantsOf(definitions).map((variant) => `| \`${variant.name}\` | ${cell(variant.key.doc)} | ${cell(whenUnset(variant))} | ${apps(variant).join(', ') || 'no app yet'} |\n`).join('');

const wrapped = (text: string): readonly string[] => {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + word.length > 110) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `# ${line}`);
};

const entry = (variants: readonly Variant[]): string => {
  const { name, key, defaults } = variants[0]!;
  const about = variants.flatMap((variant) => {
    const unset = whenUnset(variant).replaceAll(/[`*]/g, '');
    return wrapped(`${variant.key.doc} (${apps(variant).join(', ') || 'no app yet'}; ${isRequired(variant.key) || unset.startsWith('optional') ? unset : `not set: ${unset}`})`);
  });
  // Where the apps differ, any value would be wrong for most of them.
  const values = new Set(defaults.values());
  const value = key.secret ? '' : (key.example ?? (values.size === 1 ? [...values][0]! : ''));
  return [...about, `#${name}=${value}`, ''].join('\n');
};

const ENV_HEAD = `# Generated from the config.ts files: npm run config-docs
# The apps and npx touchpoint read the environment, and no file. In a shell, a copy of this one named .env is
# taken into it by: set -a; . ./.env; set +a
`;

/** All keys commented out: a copy of it changes nothing. Holds no secret. */
export const renderEnvExample = (definitions: readonly ConfigDefinition[]): string => {
  const byName = new Map<string, Variant[]>();
  for (const variant of variantsOf(definitions)) byName.set(variant.name, [...(byName.get(variant.name) ?? []), variant]);
  return `${ENV_HEAD}\n${[...byName.values()].map(entry).join('\n')}`;
};
