import { expect, test } from 'vitest';
import { parsePrice, parseSize } from '../../../shared/instrument.ts';
import { Random } from '../../../shared/random.ts';
import { digitsOf } from '../../../shared/sim/decimal.ts';
import { aggregate, INTERVALS, makeHistory } from '../../../shared/sim/history.ts';
import type { Bar } from '../../../shared/sim/market.ts';
import { sumDecimals, trimDecimal } from '../../../shared/units.ts';
import { simInstrument } from '../../kit/flow-harness.ts';

const END_MS = Date.UTC(2026, 10, 21, 3, 38, 17, 250);

function historyOf(symbol = 'BTCUSDT', days = 10, seed = 1): readonly Bar[] {
  const { instrument, startPrice } = simInstrument(symbol);
  return makeHistory({ instrument, random: new Random(seed), endMs: END_MS, endPrice: startPrice, days }).bars;
}

const total = (bars: readonly Bar[], field: 'volume' | 'quoteVolume' | 'takerBuyVolume' | 'takerBuyQuoteVolume'): string | null =>
  sumDecimals(bars.map((bar) => bar[field]));

test.each(['BTCUSDT', 'SOLUSDT', '1000PEPEUSDT', 'DOGEUSDT'])('makeHistory() makes ten whole days of %s at once', (symbol) => {
  const { instrument, startPrice } = simInstrument(symbol);
  const { bars, endMs } = makeHistory({ instrument, random: new Random(4), endMs: END_MS, endPrice: startPrice, days: 10 });
  expect(bars.length).toBe(14_400);
  expect(endMs).toBe(Date.UTC(2026, 10, 21, 3, 38));
  bars.forEach((bar, i) => {
    if (bar.openMs !== endMs - (14_400 - i) * 60_000) throw new Error(`hole at ${i}`);
    const [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map((text) => parsePrice(instrument, text));
    const [volume, bought] = [parseSize(instrument, bar.volume), parseSize(instrument, bar.takerBuyVolume)];
    if (open == null || high == null || low == null || close == null || volume == null || bought == null)
      throw new Error(`off step at ${i}`);
    if (low > Math.min(open, close) || high < Math.max(open, close) || low < 1) throw new Error(`prices at ${i}`);
    if (volume < 1 || bought < 0 || bought > volume || bar.trades < 1) throw new Error(`volumes at ${i}`);
    const mean = Number(bar.quoteVolume) / Number(bar.volume);
    if (mean < Number(bar.low) * (1 - 1e-9) || mean > Number(bar.high) * (1 + 1e-9)) throw new Error(`quote volume at ${i}`);
    if (i > 0 && bar.open !== bars[i - 1]?.close) throw new Error(`open at ${i}`);
  });
  expect(Number(bars.at(-1)?.close)).toBeCloseTo(startPrice, 8);
});

test('makeHistory() moves like a market: neither still nor wild', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const closes = historyOf('BTCUSDT', 10, seed).map((bar) => Number(bar.close));
    const squares = closes.slice(1).map((close, i) => Math.log(close / (closes[i] ?? close)) ** 2);
    const yearly = Math.sqrt((squares.reduce((a, b) => a + b, 0) / squares.length) * 365 * 1_440);
    expect(yearly).toBeGreaterThan(0.3);
    expect(yearly).toBeLessThan(1.2);
    expect(Math.max(...closes) / Math.min(...closes)).toBeLessThan(1.6);
  }
});

test('makeHistory() repeats itself for a seed and differs for another', () => {
  expect(historyOf('ETHUSDT', 1, 9)).toEqual(historyOf('ETHUSDT', 1, 9));
  expect(historyOf('ETHUSDT', 1, 9)).not.toEqual(historyOf('ETHUSDT', 1, 10));
});

test.each(Object.entries(INTERVALS))('aggregate() of minutes to %s tells their open, extremes, close and sums', (_name, intervalMs) => {
  const minutes = historyOf('BTCUSDT', 3);
  const bars = aggregate(minutes, intervalMs);
  for (const bar of bars) {
    const part = minutes.filter(({ openMs }) => openMs >= bar.openMs && openMs < bar.openMs + intervalMs);
    expect(bar.openMs % intervalMs).toBe(0);
    expect(bar).toMatchObject({
      open: part[0]?.open,
      close: part.at(-1)?.close,
      trades: part.reduce((sum, { trades }) => sum + trades, 0),
    });
    expect(Number(bar.high)).toBe(Math.max(...part.map(({ high }) => Number(high))));
    expect(Number(bar.low)).toBe(Math.min(...part.map(({ low }) => Number(low))));
    for (const field of ['volume', 'quoteVolume', 'takerBuyVolume', 'takerBuyQuoteVolume'] as const) {
      expect(trimDecimal(bar[field])).toBe(total(part, field));
    }
  }
  expect(bars.length).toBe(new Set(minutes.map(({ openMs }) => Math.floor(openMs / intervalMs))).size);
});

test('aggregate() gives the same bars in one step and in two', () => {
  const minutes = historyOf('BTCUSDT', 2);
  const five = aggregate(minutes, 300_000);
  for (const interval of ['15m', '1h', '1d'])
    expect(aggregate(five, INTERVALS[interval] ?? 0)).toEqual(aggregate(minutes, INTERVALS[interval] ?? 0));
  expect(aggregate(minutes, 60_000)).toEqual(minutes);
});

test('aggregate() takes the open from the first minute that traded', () => {
  const empty = { volume: '0', quoteVolume: '0', trades: 0, takerBuyVolume: '0', takerBuyQuoteVolume: '0' };
  const still: Bar = { openMs: 0, open: '10', high: '10', low: '10', close: '10', ...empty };
  const traded: Bar = {
    openMs: 60_000,
    open: '12',
    high: '13',
    low: '11',
    close: '11',
    volume: '2',
    quoteVolume: '24',
    trades: 2,
    takerBuyVolume: '1',
    takerBuyQuoteVolume: '12',
  };
  expect(aggregate([still, traded], 300_000)).toMatchObject([{ open: '12', high: '13', low: '11', close: '11', volume: '2' }]);
  expect(aggregate([still, { ...still, openMs: 60_000 }], 300_000)).toEqual([{ ...still, openMs: 0 }]);
  expect(aggregate([traded, { ...still, openMs: 120_000, open: '11', high: '11', low: '11', close: '11' }], 300_000)).toMatchObject([
    { open: '12', low: '11', close: '11' },
  ]);
  expect(aggregate([], 300_000)).toEqual([]);
});

test('aggregate() adds volumes exactly beyond what a double holds', () => {
  const bar = (openMs: number): Bar => ({
    openMs,
    open: '1',
    high: '1',
    low: '1',
    close: '1',
    volume: '9007199254740991.7',
    quoteVolume: '0.1',
    trades: 1,
    takerBuyVolume: '0.3',
    takerBuyQuoteVolume: '0.25',
  });
  const [sum] = aggregate([bar(0), bar(60_000), bar(120_000)], 300_000);
  expect(sum).toMatchObject({ volume: '27021597764222975.1', quoteVolume: '0.3', takerBuyVolume: '0.9', takerBuyQuoteVolume: '0.75' });
  expect(digitsOf(sum?.volume ?? '0')).toBe(270215977642229751n);
});
