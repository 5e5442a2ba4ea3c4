import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The files that decide about money: a line no test has run there is a defect. */
const MONEY = [
  'shared/book.ts',
  'shared/order.ts',
  'gateway/account/ledger.ts',
  'gateway/orders/guard.ts',
  'gateway/orders/ladder.ts',
  'brain/oms/plan.ts',
];

export default defineConfig({
  root,
  cacheDir: 'node_modules/.vite',
  test: {
    maxWorkers: 2,
    projects: [
      {
        root,
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        root,
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // Whole processes with sockets, a Redis server and deadlines in milliseconds: one file at a time, after the unit tests.
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
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
