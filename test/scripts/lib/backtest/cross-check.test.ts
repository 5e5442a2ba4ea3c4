import { expect, test } from 'vitest';
import { makeRuns } from '../../../../brain/runs.ts';
import { Random } from '../../../../shared/random.ts';
import { atoms, type Ticks } from '../../../../shared/units.ts';
import { type FileBar, readBars } from '../../../../scripts/lib/backtest/bar-file.ts';
import { constantFunding } from '../../../../scripts/lib/backtest/funding-table.ts';
import type { BarLook } from '../../../../scripts/lib/backtest/kline-options.ts';
import { BAR_MS, bar, configOf, DAY0_MS, instrumentOf, optionsOf, played } from '../../../kit/bar-backtest.ts';
import { recorded } from '../../../kit/data.ts';
import { plainMacd, type PlainRules } from '../../../kit/plain-macd-backtest.ts';

const BTC = instrumentOf('BTCUSDT');
const RULES: PlainRules = {
  ...{ size: 0.02, start: 500_000, tick: 0.1, costBps: 0.5, takerFee: 0.0005, fundingRate: 0.0001, stopPercent: 0.5, profitPercent: 1 },
};

/** Five-minute bars of a walk that turns now and then. */
function walk(count: number, seed: number): readonly FileBar[] {
  const random = new Random(seed);
  let close = 500_000;
  return Array.from({ length: count }, (_, n) => {
    const open = close;
    close = Math.max(100_000, Math.round(open * (1 + 0.0015 * random.normal() + 0.001 * Math.sin(n / 40))));
    const [high, low] = [
      Math.max(open, close) + random.int({ min: 0, max: 400 }),
      Math.min(open, close) - random.int({ min: 0, max: 400 }),
    ];
    return bar(BTC, DAY0_MS + n * BAR_MS, [open, high, low, close]);
  });
}

function ours(bars: readonly FileBar[], firstMs: number) {
  const config = configOf({ exits: { stopLossPercent: 0.5, takeProfitPercent: 1, cooldownMs: 30_000 } });
  const looks: BarLook[] = [];
  const symbols = [{ instrument: BTC, funding: constantFunding('BTCUSDT', '0.0001'), firstMs }];
  const options = optionsOf({ config, runs: makeRuns(config), onBar: (look) => looks.push(look), takerCostBps: RULES.costBps });
  const result = played({ ...options, symbols, fromMs: firstMs, fees: null, balances: { USDT: atoms(500_000n * 100_000_000n) } }, bars);
  return { looks, result };
}

const dollars = (price: Ticks): number => price / 10;

/** Bars whose position differs, and the largest difference of the equity. */
function compared(bars: readonly FileBar[]) {
  const { looks, result } = ours(bars, bars[0]?.openMs ?? 0);
  const plain = plainMacd(
    bars.map(({ openMs, open, high, low, close }) => ({
      openMs,
      open: dollars(open),
      high: dollars(high),
      low: dollars(low),
      close: dollars(close),
    })),
    RULES,
  );
  const otherwise = plain.filter(({ position }, n) => Math.round(position * 1_000) !== looks[n]?.position).length;
  const cents = plain.reduce((most, { equity }, n) => Math.max(most, Math.abs(equity - (looks[n]?.equity ?? 0)) * 100), 0);
  return { compared: plain.length, otherwise, cents, result, end: plain.at(-1) };
}

test('MACD on bars agrees with a plain script bar by bar, in positions and to the cent', () => {
  const { otherwise, cents, result, end } = compared(walk(3_000, 7));
  expect({ otherwise, cents: Math.round(cents * 100) / 100 }).toEqual({ otherwise: 0, cents: 0 });
  expect(result.fills.length).toBeGreaterThan(200);
  expect(result.exits.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['stop-loss', 'take-profit']));
  expect(result.funding.length).toBeGreaterThan(10);
  expect(Number(result.endEquity)).toBeCloseTo(end?.equity ?? 0, 4);
});

const FILE = recorded('klines/binance-usdm_BTCUSDT_5m_20231101-20241230.csv.gz');

/** All 14 months with MMBOT_WHOLE=1; else their first quarter, which takes a quarter of the time. */
const COUNT = process.env['MMBOT_WHOLE'] ? 122_688 : 30_672;

test.skipIf(FILE === null)('the same on real bars', { timeout: 120_000 }, async () => {
  const bars: FileBar[] = [];
  for await (const piece of readBars(FILE ?? '', BTC)) bars.push(...piece);
  const { compared: count, otherwise, cents, result, end } = compared(bars.slice(0, COUNT));
  expect({ count, otherwise, cents: Math.round(cents * 100) / 100 }).toEqual({ count: COUNT, otherwise: 0, cents: 0 });
  expect(result.orders.expired).toBe(0);
  expect(Number(result.endEquity)).toBeCloseTo(end?.equity ?? 0, 4);
});

test('bars that have not come yet change nothing that was done before', () => {
  const [one, other] = [walk(900, 3), walk(900, 3)];
  const altered = other.map((each, n) =>
    n < 600 ? each : bar(BTC, each.openMs, [each.open, each.high + 9_000, each.low - 9_000, each.close + 5_000]),
  );
  const [a, b] = [one, altered].map((bars) => ours(bars, DAY0_MS));
  const before = (fills: readonly { readonly atMs: number }[]) => fills.filter(({ atMs }) => atMs < DAY0_MS + 600 * BAR_MS);
  expect(before(b?.result.fills ?? [])).toEqual(
    before(a?.result.fills ?? []).map((fill) => expect.objectContaining({ ...fill, midAfter: expect.anything() })),
  );
  expect(b?.looks.slice(0, 600)).toEqual(a?.looks.slice(0, 600));
  expect(b?.looks.slice(600)).not.toEqual(a?.looks.slice(600));
});
