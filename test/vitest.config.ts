import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;

/** The folders of what takes minutes by nature. `npm run test:system` runs them, and `npm test` all the others. */
const SYSTEM = [
  // Faults, crashes, and several processes under load.
  'test/system/**/*.test.ts',
  'test/campaign/**/*.test.ts',
  // Random inputs.
  'test/fuzz/**/*.test.ts',
  // A browser.
  'test/web/browser/**/*.test.ts',
  // npm, compilers and bundlers.
  'test/installed/**/*.test.ts',
];

/** For both: they start real servers and commands on two busy cores, and what they say of a time is of one zone. */
const SHARED = {
  root,
  env: { TZ: 'UTC' },
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 15_000 } },
};

export default defineConfig({
  root,
  test: {
    // Here and not in the projects, for which it would run once more each.
    globalSetup: ['test/build.ts'],
    // Tests wait for processes more than they compute: three at once, where vitest would run one on two cores.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      { test: { ...SHARED, name: 'quick', include: ['test/**/*.test.ts'], exclude: SYSTEM } },
      // Some of these make a thousand requests each, and say nothing of how long that takes.
      { test: { ...SHARED, testTimeout: 180_000, name: 'system', include: SYSTEM } },
    ],
  },
});
