/** Two kinds of specs: pure ones run side by side; those that need the real stack (int, e2e) one after another on one stack. */
const base = {
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/libs/testing/src/seed.setup.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { experimental: { keepImportAttributes: true }, target: 'es2023', parser: { syntax: 'typescript', decorators: true }, transform: { legacyDecorator: true }, keepClassNames: true }, module: { type: 'es6' } },
    ],
  },
};
const specs = '<rootDir>/{apps,libs,tools}/**/src/**/*';
export default {
  projects: [
    { ...base, displayName: 'pure', testMatch: [`${specs}.spec.ts`], testPathIgnorePatterns: ['/node_modules/', '\\.(int|e2e)\\.spec\\.ts$'] },
    { ...base, displayName: 'stack', testMatch: [`${specs}.int.spec.ts`, `${specs}.e2e.spec.ts`], setupFilesAfterEnv: [...base.setupFilesAfterEnv, '<rootDir>/libs/testing/src/patience.setup.ts'] },
  ],
};
