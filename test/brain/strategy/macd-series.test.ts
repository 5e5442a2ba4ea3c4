import fc from 'fast-check';
import { ATR, EMA, MACD } from 'technicalindicators';
import { expect, test } from 'vitest';
import { advance, deviationOf, filledValue, type Series, warmUp } from '../../../brain/strategy/macd-series.ts';
import { MacdParameters } from '../../../shared/macd-parameters.ts';
import type { BarRow } from '../../../shared/snapshot.ts';
import { barsOf, FIVE_MINUTES, recordedBars, walkedBars } from '../../kit/klines.ts';

const parameters = (over: Partial<MacdParameters> = {}): MacdParameters => MacdParameters.parse({ orderSize: '0.020', ...over });

/** Every series on the way, one a bar. */
function seriesOf(bars: readonly BarRow[], one: MacdParameters): Series[] {
  const all: Series[] = [];
  for (const bar of bars) all.push(advance(all.at(-1) ?? null, { bar, parameters: one }));
  return all;
}

/** The reference implementation over the same bars, aligned to them. */
function reference(bars: readonly BarRow[], { fastPeriod, slowPeriod, signalPeriod }: MacdParameters) {
  const values = bars.map((bar) => Number(bar[4]));
  const rows = MACD.calculate({ values, fastPeriod, slowPeriod, signalPeriod, SimpleMAOscillator: false, SimpleMASignal: false });
  return bars.map((_, i) => rows[i - (bars.length - rows.length)]);
}

/** Largest difference of any of the three numbers on any bar, how many bars were compared, and those that only one of both tells. */
function differenceFrom(bars: readonly BarRow[], one: MacdParameters) {
  const rows = reference(bars, one);
  let [largest, compared, alone]: [number, number, number] = [0, 0, 0];
  for (const [i, { point }] of seriesOf(bars, one).entries()) {
    const { MACD: macd, signal, histogram } = rows[i] ?? {};
    if (point === null && histogram === undefined) continue;
    if (point === null || macd === undefined || signal === undefined || histogram === undefined) alone++;
    else {
      const differences = [point.macd - macd, point.signal - signal, point.histogram - histogram];
      largest = Math.max(largest, ...differences.map(Math.abs));
      compared++;
    }
  }
  return { largest, compared, alone };
}

const periods = fc
  .record({
    fastPeriod: fc.integer({ min: 2, max: 20 }),
    more: fc.integer({ min: 1, max: 30 }),
    signalPeriod: fc.integer({ min: 2, max: 20 }),
  })
  .map(({ fastPeriod, more, signalPeriod }) => ({ fastPeriod, slowPeriod: fastPeriod + more, signalPeriod }));

test('advance() is the reference implementation, bar by bar, to the last bit, with any periods', () => {
  fc.assert(
    fc.property(periods, fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 200 }), (over, seed, length) => {
      expect(differenceFrom(walkedBars(seed, length), parameters(over))).toMatchObject({ largest: 0, alone: 0 });
    }),
    { numRuns: 150 },
  );
});

test.each([
  ['binance-usdm_BTCUSDT_5m_20231101-20241230.csv.gz', 122_688],
  ['binance-usdm_ETHUSDT_5m_20250101-20250331.csv.gz', 25_920],
])('advance() is the reference implementation on every bar of %s', (file, rows) => {
  const bars = recordedBars(file);
  if (bars === null) return;
  const told = differenceFrom(bars, parameters());
  process.stdout.write(`${file}: ${told.compared} bars compared, largest difference ${told.largest}\n`);
  expect(bars.length).toBe(rows);
  expect(told).toEqual({ compared: rows - 26 - 9 + 2, largest: 0, alone: 0 });
});

test('the trend average and the average true range are the reference ones, to the last bit', () => {
  const [one, bars] = [parameters({ trendPeriod: 20, atrPeriod: 14 }), walkedBars(3, 300)];
  const numbers = (column: 2 | 3 | 4) => bars.map((bar) => Number(bar[column]));
  const trend = EMA.calculate({ period: 20, values: numbers(4) });
  const ranges = ATR.calculate({ period: 14, high: numbers(2), low: numbers(3), close: numbers(4) });
  for (const [i, series] of seriesOf(bars, one).entries()) {
    expect([i, filledValue(series.trend, 20)]).toEqual([i, trend[i - 19] ?? null]);
    expect([i, filledValue(series.range, 14)]).toEqual([i, ranges[i - 14] ?? null]);
  }
});

test('the deviation is the root of an average of squares that begins with their mean', () => {
  const [one, bars] = [parameters({ deviationBars: 30 }), walkedBars(5, 200)];
  const all = seriesOf(bars, one);
  const squares = all.flatMap(({ point }) => (point ? [point.histogram ** 2] : []));
  const first = squares.slice(0, 30).reduce((sum, one) => sum + one, 0) / 30;
  const plain = squares.slice(30).reduce((average, square) => average + (square - average) * (2 / 31), first);
  expect(deviationOf(all.at(-1)!, one)).toBeCloseTo(Math.sqrt(plain), 9);
  const early = all.filter(({ point }) => point !== null)[28]!;
  expect(deviationOf(early, one)).toBeNull();
});

test('the run counts bars on which the histogram went on the same way', () => {
  const all = seriesOf(walkedBars(7, 200), parameters());
  let run = 0;
  for (const [i, { point, run: told }] of all.entries()) {
    const before = all[i - 1]?.point;
    if (point && before) {
      const step = Math.sign(point.histogram - before.histogram);
      run = Math.sign(run) === step ? run + step : step;
    }
    expect([i, told]).toEqual([i, run]);
  }
  expect(new Set(all.map(({ run: told }) => Math.sign(told)))).toEqual(new Set([0, 1, -1]));
});

test('a flat market is a flat histogram', () => {
  const last = seriesOf(barsOf(Array.from({ length: 60 }, () => 100)), parameters()).at(-1)!;
  expect(last).toMatchObject({ point: { macd: 0, signal: 0, histogram: 0 }, run: 0 });
});

test('a series is plain data: written and read between any two bars it goes on the same', () => {
  const bars = walkedBars(11, 120);
  const one = parameters({ trendPeriod: 10 });
  const plain = seriesOf(bars, one).at(-1);
  const stored = bars.reduce<Series | null>(
    (series, bar) => JSON.parse(JSON.stringify(advance(series, { bar, parameters: one }))) as Series,
    null,
  );
  expect(stored).toEqual(plain);
});

test('warmUp() begins after the newest hole', () => {
  const bars = walkedBars(13, 100);
  const holed = [...bars.slice(0, 40), ...bars.slice(41)];
  expect(warmUp(holed, parameters())).toEqual(warmUp(bars.slice(41), parameters()));
  expect(warmUp([], parameters())).toBeNull();
  expect(warmUp(bars, parameters())).toEqual(seriesOf(bars, parameters()).at(-1));
  expect(warmUp(bars, parameters({ interval: '1m' }))).toMatchObject({ barMs: 99 * FIVE_MINUTES, point: null });
});

test('warmUp() is advance() over the same bars, to the last bit, with any periods and of any length', () => {
  const bars = walkedBars(17, 90);
  const more = fc.record({
    trendPeriod: fc.constantFrom(0, 7, 40),
    atrPeriod: fc.integer({ min: 2, max: 30 }),
    deviationBars: fc.integer({ min: 10, max: 60 }),
  });
  fc.assert(
    fc.property(periods, more, fc.integer({ min: 1, max: 90 }), (averages, rest, count) => {
      const one = parameters({ ...averages, ...rest });
      expect(warmUp(bars.slice(0, count), one)).toEqual(seriesOf(bars.slice(0, count), one).at(-1));
    }),
    { numRuns: 60 },
  );
});
