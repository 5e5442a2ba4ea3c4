import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { fastStart } from '../shared/io/code-cache.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The files that decide about money: a line no test has run there is a defect. */
const MONEY = [
  'shared/book.ts',
  'shared/order.ts',
  'gateway/account/ledger.ts',
  'gateway/orders/guard.ts',
  'gateway/orders/guard-rules/exposure.ts',
  'gateway/orders/guard-rules/moment.ts',
  'gateway/orders/guard-rules/price.ts',
  'gateway/orders/ladder.ts',
  'gateway/orders/stop-book.ts',
  'gateway/orders/stop-plan.ts',
  'gateway/orders/stop.ts',
  'brain/oms/plan.ts',
];

/** A limit finds what hangs, and is no measure: a machine that others use is several times slower. */
const LIMITS = { testTimeout: 60_000, hookTimeout: 60_000 };
/** Whole processes with sockets and a Redis server of their own. */
const WHOLE_RUNS = { testTimeout: 120_000, hookTimeout: 120_000 };
/** Rooms whose modules keep nothing between tests: their files share a process, which saves the time to load everything for each. */
const SHARING = ['shared', 'brain', 'gateway/account', 'gateway/orders', 'gateway/market', 'gateway/publish'].map(
  (room) => `test/${room}/**/*.test.ts`,
);
/** Their deadlines are in milliseconds: one file at a time, after all others. */
const TIMED = ['test/e2e/deaths.test.ts', 'test/e2e/freeze.test.ts'];

export default defineConfig({
  root,
  cacheDir: 'node_modules/.vite',
  test: {
    maxWorkers: 3, // on two cores: much of it waits for processes
    env: fastStart({}) as Record<string, string>, // of the processes that tests start: hundreds of them
    projects: [
      {
        root,
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/e2e-long/**', ...SHARING],
          ...LIMITS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        root,
        extends: true,
        test: { name: 'unit-sharing', include: SHARING, isolate: false, ...LIMITS, sequence: { groupOrder: 1 } },
      },
      {
        root,
        extends: true,
        test: {
          ...WHOLE_RUNS,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: TIMED,
          sequence: { groupOrder: 2 },
        },
      },
      {
        root,
        extends: true,
        test: {
          ...WHOLE_RUNS,
          name: 'long',
          include: ['test/e2e-long/**/*.test.ts'],
          sequence: { groupOrder: 3 },
        },
      },
      {
        root,
        extends: true,
        test: {
          ...WHOLE_RUNS,
          name: 'e2e-timed',
          include: TIMED,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
    ],
    coverage: {
      provider: 'v8',
      reportsDirectory: 'coverage',
      reporter: ['text-summary', 'html', 'json-summary'],
      include: ['gateway/**/*.ts', 'brain/**/*.ts', 'shared/**/*.ts'],
      // Composition and sockets run in child processes of the e2e tests, where this provider cannot count them; they hold no decisions.
      exclude: ['gateway/main.ts', 'brain/main.ts', '**/io/**'],
      thresholds: {
        lines: 80,
        statements: 80,
        functions: 80,
        ...Object.fromEntries(MONEY.map((file) => [file, { lines: 95 }])),
      },
    },
  },
});
