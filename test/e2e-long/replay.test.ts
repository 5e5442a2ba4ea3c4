import { expect, test } from 'vitest';
import { recorded } from '../kit/data.ts';
import { TestRun } from '../kit/run.ts';

const BTC = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');

test.skipIf(!BTC)('npm start --replay serves a real BTCUSDT recording to its end, book equal', async () => {
  await using run = await TestRun.start({ args: ['--replay', String(BTC), '--speed', '10'] });
  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary.book).toMatchObject({ equalToExchange: true, gapsUnresolved: 0, bestBid: '61659.70', bestAsk: '61659.80' });
  expect(summary.book.messages).toBeGreaterThan(6_000);
  expect(summary.book.applied + summary.book.dropped).toBe(summary.book.messages);
  expect(summary).toMatchObject({ ok: true });
  expect(code).toBe(0);
});
