/**
 * Tests are TypeScript; what they test is the built package. An import of `../src/x.js` is served from `dist/x.js`, so
 * that worker threads and the command line are the very files that users run (`npm test` builds first).
 * @type {import('jest').Config}
 */
export default {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testEnvironment: '<rootDir>/test/helpers/jest/node-environment.cjs',
  testSequencer: '<rootDir>/test/helpers/jest/sequencer.cjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: {
    '^(?:\\.\\./)+src/(.*\\.js)$': '<rootDir>/dist/$1',
    // Helpers are TypeScript, and name each other as TypeScript wants it.
    '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts'],
  },
  setupFilesAfterEnv: ['<rootDir>/test/helpers/jest/matchers.ts'],
  reporters: ['default', '<rootDir>/test/helpers/jest/count-reporter.cjs'],
  // Tests wait for processes, browsers and queues more than they compute: four workers keep two cores busy.
  maxWorkers: 4,
  testTimeout: 60_000,
};
