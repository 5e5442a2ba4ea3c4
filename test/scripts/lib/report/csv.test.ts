import { expect, test } from 'vitest';
import { fillsCsv, taxCsv } from '../../../../scripts/lib/report/csv.ts';
import { backtestResult, fillRow } from '../../../kit/backtest-result.ts';

test('every fill is a line', () => {
  expect(fillsCsv(backtestResult()).split('\n')).toEqual([
    'time,symbol,side,price,size,maker,fee,feeAsset,realized,position,mid,strategy,reason,clientId',
    '2026-01-02T03:01:01.000Z,BTCUSDT,buy,100.0,2,true,-0.04,USDT,0,2,100.1,mm,quote,4711000001000000014',
    '2026-01-02T03:10:00.000Z,BTCUSDT,sell,101.0,2,false,-0.09,USDT,2,0,101.1,exit,take-profit,4711000001000000014',
    '',
  ]);
});

test('tax tools get what was earned and paid, in order, and nothing of zero', () => {
  const lines = taxCsv(backtestResult()).trimEnd().split('\n').slice(1);
  expect(lines).toEqual([
    '2026-01-02 03:01:01 UTC,0.04,USDT,,,,,,,margin fee,buy 2 BTCUSDT at 100.0,4711000001000000014',
    '2026-01-02 03:05:00 UTC,0.01,USDT,,,,,,,margin fee,funding BTCUSDT,',
    '2026-01-02 03:10:00 UTC,,,2,USDT,,,,,realized gain,sell 2 BTCUSDT at 101.0,4711000001000000014',
    '2026-01-02 03:10:00 UTC,0.09,USDT,,,,,,,margin fee,sell 2 BTCUSDT at 101.0,4711000001000000014',
  ]);
  expect(taxCsv(backtestResult()).split('\n')[0]?.split(',')).toHaveLength(lines[0]?.split(',').length ?? 0);
});

test('commas, quotes and formulas in a name stay text', () => {
  const text = fillsCsv({ fills: [fillRow({ strategy: 'a,"b"', reason: '=cmd()', fee: '-0.5' })] });
  expect(text).toContain(',-0.5,');
  expect(text).toContain(',"a,""b""",\'=cmd(),');
});
