import { expect, test } from 'vitest';
import { recorded } from '../kit/data.ts';
import { TestRun } from '../kit/run.ts';

const BTC = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
const FOUR = recorded('book/binance-usdm/SUSHI-AKRO-KEEP-CTK_20210722.jsonl.gz');

test.skipIf(!BTC)('npm start --replay serves a real BTCUSDT recording, book equal after its first hundred seconds', async () => {
  await using run = await TestRun.start({ args: ['--replay', String(BTC), '--speed', '10', '--seconds', '100'] });
  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary.book).toMatchObject({ equalToExchange: true, gapsUnresolved: 0 });
  expect(summary.book.messages).toBeGreaterThan(1_000);
  expect(summary).toMatchObject({ ok: true });
  expect(code).toBe(0);
});

test.skipIf(!FOUR)(
  'npm start --replay takes symbols and ticks from a recording of four other symbols, also where the brain is fed by pushes',
  async () => {
    await using run = await TestRun.start({ args: ['--replay', String(FOUR), '--speed', '4'], config: { brain: { feed: 'push' } } });
    const { summary } = await run.summary();
    expect(Object.keys(summary.symbols).sort()).toEqual(['AKROUSDT', 'CTKUSDT', 'KEEPUSDT', 'SUSHIUSDT']);
    expect(summary.book).toMatchObject({ equalToExchange: true, gapsUnresolved: 0 });
    expect(summary.trafficSeen).toBe(true);
  },
);
