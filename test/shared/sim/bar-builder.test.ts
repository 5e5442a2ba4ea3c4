import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../../shared/random.ts';
import { BarBuilder, type LiveTrade } from '../../../shared/sim/bar-builder.ts';
import { writeScaled } from '../../../shared/sim/decimal.ts';
import { aggregate, INTERVALS, makeHistory } from '../../../shared/sim/history.ts';
import type { Bar } from '../../../shared/sim/market.ts';
import { simInstrument } from '../../kit/flow-harness.ts';

const START_MS = Date.UTC(2026, 10, 21, 3, 38);
const trade = (atMs: number, price: string, size: string, takerIsBuyer = true): LiveTrade => ({
  atMs: START_MS + atMs,
  price,
  size,
  takerIsBuyer,
});

function history(days: number): readonly Bar[] {
  const { instrument, startPrice } = simInstrument('BTCUSDT');
  return makeHistory({ instrument, random: new Random(2), endMs: START_MS + 17_000, endPrice: startPrice, days }).bars;
}

test('BarBuilder makes bars of trades, empty ones at the close before', () => {
  const builder = new BarBuilder({ history: [], intervals: ['1m'] });
  expect(builder.open('1m')).toBeNull();
  expect(builder.advance(START_MS)).toEqual([]);
  builder.trade(trade(1_000, '100.1', '0.5'));
  builder.trade(trade(2_000, '100.3', '0.25', false));
  builder.trade(trade(59_999, '99.9', '1'));
  const closed = builder.trade(trade(180_000, '101.0', '2'));
  const first = {
    openMs: START_MS,
    open: '100.1',
    high: '100.3',
    low: '99.9',
    close: '99.9',
    volume: '1.75',
    quoteVolume: '175.025',
    trades: 3,
    takerBuyVolume: '1.50',
    takerBuyQuoteVolume: '149.950',
  };
  const empty = {
    open: '99.9',
    high: '99.9',
    low: '99.9',
    close: '99.9',
    volume: '0.00',
    quoteVolume: '0.000',
    trades: 0,
    takerBuyVolume: '0.00',
    takerBuyQuoteVolume: '0.000',
  };
  expect(closed.map(({ bar }) => bar)).toEqual([first, { openMs: START_MS + 60_000, ...empty }, { openMs: START_MS + 120_000, ...empty }]);
  expect(builder.open('1m')).toMatchObject({ openMs: START_MS + 180_000, open: '101.0', high: '101.0', low: '101.0', volume: '2.00' });
});

test('BarBuilder counts a late trade in the open bar and closes exactly at the boundary', () => {
  const builder = new BarBuilder({ history: [], intervals: ['1m'] });
  builder.trade(trade(60_000, '5', '1'));
  builder.trade(trade(59_000, '6', '1'));
  expect(builder.open('1m')).toMatchObject({ openMs: START_MS + 60_000, high: '6', trades: 2 });
  expect(builder.advance(START_MS + 119_999)).toEqual([]);
  expect(builder.advance(START_MS + 120_000).length).toBe(1);
});

test('BarBuilder goes on where the history ends, its minutes counted in the open bars', () => {
  const minutes = history(2);
  const builder = new BarBuilder({ history: minutes });
  for (const [interval, length] of Object.entries(INTERVALS)) {
    const whole = aggregate(minutes, length);
    const openMs = Math.floor(START_MS / length) * length;
    const part = whole.find((bar) => bar.openMs === openMs);
    expect(builder.closed(interval)).toEqual(whole.filter((bar) => bar.openMs < openMs));
    const open = builder.open(interval);
    if (part) expect(open).toEqual(part);
    else expect(open).toMatchObject({ openMs, open: whole.at(-1)?.close, volume: '0.000', trades: 0 });
  }
  builder.trade(trade(5_000, '1000000.00', '1.000'));
  expect(builder.open('1h')).toMatchObject({ high: '1000000.00', close: '1000000.00', open: aggregate(minutes, 3_600_000).at(-1)?.open });
});

test('BarBuilder keeps a bounded number of bars and skips the older part of a very long silence', () => {
  const builder = new BarBuilder({ history: history(1), intervals: ['1m'], barsMax: 50 });
  expect(builder.closed('1m').length).toBe(50);
  expect(builder.advance(START_MS + 86_400_000).length).toBeLessThanOrEqual(51);
  expect(builder.open('1m')?.openMs).toBe(START_MS + 86_400_000);
  for (let minute = 0; minute < 500; minute++) builder.advance(START_MS + 86_400_000 + minute * 60_000);
  expect(builder.closed('1m').length).toBeLessThanOrEqual(100);
});

test('BarBuilder refuses an interval it does not know', () => {
  expect(() => new BarBuilder({ history: [], intervals: ['7m'] })).toThrow('intervals are 1m, 3m');
  expect(() => new BarBuilder({ history: [], intervals: ['1m'] }).open('5m')).toThrow('"5m"');
});

type Draw = { readonly waitMs: number; readonly price: number; readonly size: number; readonly buy: boolean };

/** Each bar from scratch: trades filtered by time, sums in whole numbers. */
function recompute(draws: readonly (Draw & { readonly atMs: number })[], interval: number): Bar[] {
  const first = Math.floor((draws[0]?.atMs ?? 0) / interval);
  const last = Math.floor((draws.at(-1)?.atMs ?? 0) / interval);
  let close = 0;
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const inside = draws.filter(({ atMs }) => Math.floor(atMs / interval) === first + i);
    const bought = inside.filter(({ buy }) => buy);
    const prices = inside.length > 0 ? inside.map(({ price }) => price) : [close];
    close = prices.at(-1) ?? 0;
    const sum = (of: readonly Draw[], value: (draw: Draw) => number, scale: number): string =>
      writeScaled(BigInt(of.reduce((n, draw) => n + value(draw), 0)), scale);
    const price = (n: number): string => writeScaled(BigInt(n), 1);
    return {
      openMs: (first + i) * interval,
      open: price(prices[0] ?? 0),
      high: price(Math.max(...prices)),
      low: price(Math.min(...prices)),
      close: price(close),
      volume: sum(inside, ({ size }) => size, 3),
      quoteVolume: sum(inside, (draw) => draw.price * draw.size, 4),
      trades: inside.length,
      takerBuyVolume: sum(bought, ({ size }) => size, 3),
      takerBuyQuoteVolume: sum(bought, (draw) => draw.price * draw.size, 4),
    };
  });
}

test('BarBuilder agrees with a plain recompute, for several intervals at once', () => {
  const draw = fc.record({
    waitMs: fc.integer({ min: 0, max: 200_000 }),
    price: fc.integer({ min: 1, max: 9_999 }),
    size: fc.integer({ min: 1, max: 9_999 }),
    buy: fc.boolean(),
  });
  const run = fc.property(fc.array(draw, { minLength: 1, maxLength: 60 }), (drawn) => {
    let atMs = START_MS;
    const draws = drawn.map((one) => {
      atMs += one.waitMs;
      return { ...one, atMs };
    });
    const builder = new BarBuilder({ history: [], intervals: ['1m', '3m', '5m', '1h'] });
    for (const { atMs: at, price, size, buy } of draws) {
      builder.trade({ atMs: at, price: writeScaled(BigInt(price), 1), size: writeScaled(BigInt(size), 3), takerIsBuyer: buy });
    }
    for (const [interval, length] of [
      ['1m', 60_000],
      ['3m', 180_000],
      ['5m', 300_000],
      ['1h', 3_600_000],
    ] as const) {
      const open = builder.open(interval);
      const bars = [...builder.closed(interval), ...(open ? [open] : [])];
      expect(bars).toEqual(recompute(draws, length));
    }
  });
  fc.assert(run, { numRuns: 60 });
});
