import { expect, test } from 'vitest';
import { runHistory } from '../../scripts/soak/history.ts';

/** A bounded sample of `npm run test:soak`: one fault a second of what happens most and hurts most. */
const KINDS = [
  ...['gap', 'close', 'expire-listen-key', 'reset', 'hang', 'error', 'fill-before', 'fill-before-ack'],
  ...['duplicate-trade', 'withhold-event', 'crossed-book', 'stale-snapshot'],
];

test('a history of faults, one a second: every invariant holds throughout, and all agrees at the end', async () => {
  const record = await runHistory({ seed: 11, speed: 2, seconds: 20, everyMs: 1_000, kinds: KINDS, keepIn: null });
  expect(record.violations).toEqual([]);
  expect(Object.values(record.faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(8);
  expect(Math.min(record.checks.orders, record.checks.books)).toBeGreaterThan(8);
  expect(record.orders).toBeGreaterThan(0);
});
