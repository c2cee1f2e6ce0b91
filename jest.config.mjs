/** Every suite is its own project, so that `npx jest --selectProjects unit` runs one of them. */
const project = (displayName, testMatch) => ({
  displayName,
  testMatch,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  // TypeScript's ESM imports end in .js; the sources end in .ts.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'nodenext' },
      },
    ],
  },
  setupFiles: ['reflect-metadata'],
});

export default {
  // A suite starts servers, databases or a browser of its own. Where more share two processors, the waits of some run out.
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  testTimeout: 60_000,
  // One private MariaDB for the whole run, and at its end a search for secrets in all logs.
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  projects: [
    project('unit', ['<rootDir>/{src,simulator/src}/**/*.spec.ts']),
    project('integration', ['<rootDir>/test/integration/**/*.spec.ts']),
    project('e2e', ['<rootDir>/test/e2e/**/*.spec.ts']),
    project('crash', ['<rootDir>/test/crash/**/*.spec.ts']),
    project('instances', ['<rootDir>/test/instances/**/*.spec.ts']),
    project('galera', ['<rootDir>/test/galera/**/*.spec.ts']),
    project('hosts', ['<rootDir>/test/host-apps/*.spec.ts']),
    project('browser', ['<rootDir>/test/browser/**/*.spec.ts']),
    project('architecture', ['<rootDir>/test/architecture/**/*.spec.ts']),
    project('documents', ['<rootDir>/test/documents/**/*.spec.ts']),
  ],
};
