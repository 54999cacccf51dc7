import { globSync, readFileSync } from 'node:fs';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Every project's tags, read from its package.json: no second list of projects can drift. */
const projects = globSync('{apps,libs,tools}/*/package.json').map((file) => {
  const { nx: { tags = [] } = {} } = JSON.parse(readFileSync(file, 'utf8'));
  const one = (kind) => {
    const found = tags.filter((tag) => tag.startsWith(`${kind}:`));
    if (found.length !== 1) throw new Error(`${file} needs exactly one ${kind}: tag, it has ${found.length}`);
    return found[0].slice(kind.length + 1);
  };
  return { folder: file.replace('/package.json', ''), type: one('type'), scope: one('scope') };
});

const PURE = ['kernel', 'contracts', 'context', 'composition'];
/** The packages a pure library may use: no I/O, no clock behind them. */
const PURE_PACKAGES = { kernel: ['uuid'], contracts: ['avsc'], context: ['liquidjs', 'ajv', 'libphonenumber-js', 'temporal-polyfill'], composition: ['liquidjs', 'ajv'] };
const SPEC_PACKAGES = ['@jest/globals', 'fast-check'];
/** Which types of project a type may import. One way: apps → platform → composition → contexts → contracts → kernel. */
const SEES = {
  kernel: [],
  contracts: ['kernel'],
  context: ['kernel', 'contracts', 'context'],
  composition: ['kernel', 'contracts', 'context'],
  platform: ['kernel', 'contracts', 'platform'],
  testing: ['kernel', 'contracts', 'platform', 'tool'],
  app: ['kernel', 'contracts', 'context', 'composition', 'platform', 'testing', 'tool'],
  tool: ['kernel', 'contracts', 'context', 'composition', 'platform', 'testing', 'tool'],
};
/** Contexts do not see each other; only the condition language is seen by those that use it. */
const SEES_CONDITIONS = ['measures', 'segments', 'journeys', 'consent'];

const depConstraints = [
  ...Object.entries(SEES).map(([type, sees]) => ({
    sourceTag: `type:${type}`,
    onlyDependOnLibsWithTags: [...sees, 'testing'].map((t) => `type:${t}`),
    ...(PURE.includes(type) ? { allowedExternalImports: [...SPEC_PACKAGES, ...(PURE_PACKAGES[type] ?? [])] } : {}),
  })),
  ...projects.filter((p) => p.type === 'context').map(({ scope }) => ({
    sourceTag: `scope:${scope}`,
    onlyDependOnLibsWithTags: ['scope:kernel', 'scope:contracts', 'scope:testing', `scope:${scope}`, ...(SEES_CONDITIONS.includes(scope) ? ['scope:conditions'] : [])],
  })),
];

export default [
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '**/generated/**'] },
  { plugins: { '@nx': nx, '@typescript-eslint': tseslint.plugin } },
  {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { allow: ['../../../schemas/**'], enforceBuildableLibDependency: false, checkDynamicDependenciesExceptions: ['.*'], depConstraints }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  { files: ['{apps,libs}/*/src/**/*.ts'], ignores: ['**/config.ts', '**/*.spec.ts', 'libs/testing/**'], rules: {
    'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'the environment is read in config.ts only' }],
  } },
  {
    files: projects.filter((p) => PURE.includes(p.type)).map((p) => `${p.folder}/src/**/*.ts`),
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['node:*', '!node:crypto'] }], paths: [{ name: 'node:crypto', allowImportNames: ['hash'], message: 'a hash is a pure function; nothing else there is' }] }],
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'setImmediate', 'fetch', 'crypto', 'console', 'performance'],
      'no-restricted-syntax': ['error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'time comes in on the message' },
        { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'time comes in on the message' },
        { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']", message: 'no chance in a decision' }],
    },
  },
  { files: ['tools/**/*.ts', 'apps/touchpoint-cli/**/*.ts'], rules: { 'no-console': 'off' } },
];
