import { describe, expect, test } from 'vitest';
import type { Series } from '../../../brain/strategy/macd-series.ts';
import { crossOf, type Judged, judgeBar, thresholdOf, type Waiting } from '../../../brain/strategy/macd-signal.ts';
import { MacdParameters } from '../../../shared/macd-parameters.ts';

const parameters = (over: Partial<MacdParameters> = {}): MacdParameters => MacdParameters.parse({ orderSize: '0.020', ...over });
const NONE = { n: 0, value: 0 };
/** A series whose newest bar has this histogram. */
const series = (histogram: number, over: Partial<Series> = {}): Series => ({
  ...{ key: '', barMs: 0, close: 10_000, fast: NONE, slow: NONE, signal: NONE, trend: NONE, range: NONE, square: NONE, run: 0 },
  point: { macd: 0, signal: 0, histogram },
  ...over,
});
const judge = (
  histograms: readonly [number, number],
  more: { over?: Partial<MacdParameters>; waiting?: Waiting; after?: Partial<Series> } = {},
): Judged =>
  judgeBar(more.waiting ?? null, {
    before: series(histograms[0]),
    after: series(histograms[1], { barMs: 300_000, ...more.after }),
    parameters: parameters(more.over),
  });

test.each<[before: number, now: number, threshold: number, want: number]>([
  [-1, 1, 0, 1],
  [0, 1, 0, 1],
  [1, 2, 0, 0],
  [1, -1, 0, -1],
  [0, -1, 0, -1],
  [-1, 0, 0, 0],
  [-1, 5, 5, 0],
  [-1, 5.1, 5, 1],
  [5, 5.1, 5, 1],
  [1, -5.1, 5, -1],
  [1, -5, 5, 0],
])('crossOf() a histogram from %d to %d with threshold %d is %d', (before, now, threshold, want) => {
  const point = (histogram: number) => ({ macd: 0, signal: 0, histogram });
  expect(crossOf([point(before), point(now)], threshold)).toBe(want);
});

test.each<[string, Partial<MacdParameters>, Partial<Series>, number | null]>([
  ['nothing', {}, {}, 0],
  ['a share of the price', { thresholdBps: 5 }, {}, 5],
  ['deviations of the histogram', { thresholdDeviations: 2, deviationBars: 10 }, { square: { n: 10, value: 9 } }, 6],
  ['the larger of both', { thresholdBps: 7, thresholdDeviations: 2, deviationBars: 10 }, { square: { n: 10, value: 9 } }, 7],
  ['a deviation that is not known yet', { thresholdDeviations: 2, deviationBars: 10 }, { square: { n: 9, value: 9 } }, null],
])('thresholdOf() %s', (_name, over, before, want) => {
  expect(thresholdOf({ before: series(0, before), close: 10_000 }, parameters(over))).toBe(want);
});

describe('judgeBar()', () => {
  const up: Waiting = { side: 1, barMs: 0, bars: 0 };
  const entered = (side: 1 | -1) => ({ waiting: null, called: { what: 'enter', side, barMs: 300_000 } });
  const left = (side: 1 | -1, bars = 0) => ({ waiting: { side, barMs: 300_000, bars }, called: { what: 'leave', side, barMs: 300_000 } });
  const nothing = { waiting: null, called: null };

  test.each<[string, Judged | object, Judged]>([
    ['a cross without confirmations enters at once', entered(1), judge([-1, 1])],
    ['and down', entered(-1), judge([1, -1])],
    ['no cross, nothing', nothing, judge([1, 2])],
    ['a cross that has to wait leaves the other side meanwhile', left(1), judge([-1, 1], { over: { confirmBars: 2 } })],
    ['one bar is not two', { waiting: { ...up, bars: 1 }, called: null }, judge([1, 1], { over: { confirmBars: 2 }, waiting: up })],
    ['two are', entered(1), judge([1, 1], { over: { confirmBars: 2 }, waiting: { ...up, bars: 1 } })],
    ['back behind its threshold it is forgotten', nothing, judge([1, 0], { over: { confirmBars: 2 }, waiting: { ...up, bars: 1 } })],
    ['a cross the other way takes its place', left(-1), judge([1, -1], { over: { confirmBars: 2 }, waiting: { ...up, bars: 1 } })],
    ['a slope that is long enough', entered(1), judge([-1, 1], { over: { confirmSlopeBars: 3 }, after: { run: 3 } })],
    ['and down', entered(-1), judge([1, -1], { over: { confirmSlopeBars: 3 }, after: { run: -3 } })],
    [
      'a slope that is too short, with no patience for another bar',
      { ...left(1), waiting: null },
      judge([-1, 1], { over: { confirmSlopeBars: 3 }, after: { run: 2 } }),
    ],
    ['with patience it waits', left(1), judge([-1, 1], { over: { confirmSlopeBars: 3, confirmWithinBars: 2 }, after: { run: 2 } })],
    [
      'and no longer than that',
      nothing,
      judge([1, 2], { over: { confirmSlopeBars: 9, confirmWithinBars: 2 }, waiting: { ...up, bars: 1 }, after: { run: 3 } }),
    ],
    ['above the trend for a long', entered(1), judge([-1, 1], { over: { trendPeriod: 5 }, after: { trend: { n: 5, value: 9_999 } } })],
    [
      'not below it',
      { ...left(1), waiting: null },
      judge([-1, 1], { over: { trendPeriod: 5 }, after: { trend: { n: 5, value: 10_000 } } }),
    ],
    ['below the trend for a short', entered(-1), judge([1, -1], { over: { trendPeriod: 5 }, after: { trend: { n: 5, value: 10_001 } } })],
    [
      'a trend that is not known yet confirms nothing',
      { ...left(1), waiting: null },
      judge([-1, 1], { over: { trendPeriod: 5 }, after: { trend: { n: 4, value: 1 } } }),
    ],
    ['too few bars, nothing', nothing, judge([-1, 1], { after: { point: null } })],
    ['a threshold not known yet, nothing', nothing, judge([-1, 1], { over: { thresholdDeviations: 1 } })],
  ])('%s', (_name, want, told) => {
    expect(told).toEqual(want);
  });
});
