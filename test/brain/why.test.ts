import { expect, test } from 'vitest';
import { WhyLog } from '../../brain/why.ts';

test('each reason once, the newest first, with how often and when; no more than a screen holds', () => {
  const log = new WhyLog();
  const add = (reason: string, atMs: number, run = 'mm') => log.add({ run, symbol: 'BTCUSDT', reason, detail: { atMs }, atMs });
  for (const [n, reason] of ['quoting', 'quoting', 'book-stale', 'quoting'].entries()) add(reason, 1_000 + n);
  expect(log.of('mm', 'BTCUSDT')).toEqual([
    { reason: 'quoting', detail: { atMs: 1_003 }, count: 3, firstMs: 1_000, lastMs: 1_003 },
    { reason: 'book-stale', detail: { atMs: 1_002 }, count: 1, firstMs: 1_002, lastMs: 1_002 },
  ]);
  for (let n = 0; n < 50; n++) add(`own-${n}`, 2_000 + n, 'other');
  expect(log.of('other', 'BTCUSDT')).toHaveLength(12);
  expect([log.of('mm', 'BTCUSDT').length, log.of('mm', 'ETHUSDT')]).toEqual([2, []]);
});
