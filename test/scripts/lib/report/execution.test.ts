import { expect, test } from 'vitest';
import { edgeOf, executionOf } from '../../../../scripts/lib/report/execution.ts';
import { backtestResult, fillRow } from '../../../kit/backtest-result.ts';

test('captured spread and markouts by hand: a buy below the mid earns, a sell below it pays', () => {
  const { makers, takers, makerMarkouts, takerMarkouts, ...rest } = executionOf(backtestResult());
  expect(makers).toMatchObject({ fills: 1, notional: 200, errorBps: null });
  expect(makers.bps).toBeCloseTo((0.1 / 100.1) * 10_000, 9);
  expect(takers.bps).toBeCloseTo((-0.1 / 101.1) * 10_000, 9);
  expect(makerMarkouts.map(({ afterMs, fills }) => [afterMs, fills])).toEqual([
    [100, 1],
    [1_000, 1],
    [5_000, 1],
    [30_000, 0],
    [300_000, 0],
  ]);
  expect(makerMarkouts[2]?.bps).toBeCloseTo((-0.1 / 99.9) * 10_000, 9);
  expect(makerMarkouts[3]?.bps).toBeNull();
  expect(takerMarkouts[0]?.fills).toBe(1);
  expect(rest).toMatchObject({ fillRatio: 0.25, turnover: 0.402, actionsPerFill: 6 });
  expect(rest.makerShare).toBeCloseTo(200 / 402, 9);
});

test('the mean is weighted by notional, and its error is that of a plain recomputation', () => {
  const rows = [
    fillRow({ price: '99', size: '1' }),
    fillRow({ price: '100', size: '3' }),
    fillRow({ price: '98', size: '2', side: 'sell' }),
  ];
  const bps = [100, 0, -200];
  const weights = [99, 300, 196];
  const all = 595;
  const mean = bps.reduce((sum, b, n) => sum + b * (weights[n] ?? 0), 0) / all;
  const variance = bps.reduce((sum, b, n) => sum + (weights[n] ?? 0) * (b - mean) ** 2, 0) / all;
  const edge = edgeOf(rows, () => '100');
  expect([edge.fills, edge.notional]).toEqual([3, all]);
  expect(edge.bps).toBeCloseTo(mean, 9);
  expect(edge.errorBps).toBeCloseTo(Math.sqrt(variance / 2), 9);
  expect(edgeOf(rows, () => null)).toEqual({ fills: 0, notional: 0, bps: null, errorBps: null });
});
