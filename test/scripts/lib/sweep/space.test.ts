import { expect, test } from 'vitest';
import { type Dimension, unitOf, valueAt } from '../../../../scripts/lib/sweep/dimension.ts';
import { readSpace, refusalOf } from '../../../../scripts/lib/sweep/space.ts';
import { baseConfig } from '../../../kit/sweep.ts';

const base = baseConfig();
const MACD = 'strategy.macdTrend';

function one(text: string): Dimension {
  const read = readSpace([text], base);
  if (!read.ok) throw new Error(read.error.join('\n'));
  return read.value.dimensions[0] as Dimension;
}

test.each([
  ['a list', `${MACD}.fastPeriod=6,8,12`, { kind: 'list', values: [6, 8, 12], ordered: true }],
  ['a list without an order', `${MACD}.fastPeriod=12,6`, { values: [12, 6], ordered: false }],
  ['words', `${MACD}.interval=5m,15m`, { values: ['5m', '15m'], ordered: false }],
  ['null beside numbers', 'exits.stopLossPercent=null,0.5,1', { values: [null, 0.5, 1], ordered: false }],
  ['texts where the key wants decimals', `${MACD}.orderSize=0.01,0.02`, { values: ['0.01', '0.02'], ordered: true }],
  ['steps in exact decimals', `${MACD}.orderSize=0.1..0.4 step 0.1`, { values: ['0.1', '0.2', '0.3', '0.4'] }],
  ['steps of whole numbers', `${MACD}.fastPeriod=5..30 step 10`, { values: [5, 15, 25] }],
  ['points', 'exits.stopLossPercent=1..2 points 3', { values: [1, 1.5, 2] }],
  ['points on a log scale', 'exits.stopLossPercent=0.1..10 log points 3', { values: [0.1, 1, 10] }],
  ['whole numbers where the key has no others', `${MACD}.fastPeriod=5..30`, { kind: 'range', whole: true, log: false }],
  ['anything between where it has', 'exits.stopLossPercent=1..3', { kind: 'range', whole: false }],
  ['parameters of an own strategy, which no schema knows', 'strategy.custom.mine.with.length=3..9', { kind: 'range', whole: true }],
])('readSpace() reads %s', (_, text, want) => {
  const read = readSpace([text], text.includes('custom') ? { ...base, strategy: { ...base.strategy, custom: MINE } } : base);
  expect(read).toMatchObject({ ok: true, value: { dimensions: [want] } });
});
const MINE = { mine: { file: '/tmp/mine.ts', with: {} } };

test.each([
  [`${MACD}.fastPerod=5..30`, `--set: ${MACD}.fastPerod: unknown key: allowed is fastPeriod (nearest known key)`],
  [`${MACD}.fastPeriod=1..30`, `--set: ${MACD}.fastPeriod: 1: allowed is at least 2`],
  [`${MACD}.fastPeriod=6.5,8`, `--set: ${MACD}.fastPeriod: 6.5: allowed is a whole number`],
  [`${MACD}.fastPeriod=30..5`, 'allowed is a range that rises'],
  [`${MACD}.fastPeriod=6,6`, `--set: ${MACD}.fastPeriod: 6 is listed twice`],
  [`${MACD}.interval=5m,7m`, `--set: ${MACD}.interval: "7m": allowed is one of "1m"`],
  ['exits.stopLossPercent=0..5 log', 'allowed with log is a range above zero'],
  ['exits.stopLossPercent=0.1..5 log step 1', 'allowed with log is points'],
  ['exits.stopLossPercent=1..5 step 0', 'allowed is a step that gives'],
  ['exits.stopLossPercent=1..5 by 2', 'allowed is a list such as 6,8,12'],
  ['nonsense', 'allowed is key=values'],
  ['symbols=BTCUSDT,ETHUSDT', '--set: symbols: allowed is --symbol instead'],
  ['strategy.custom.mine.file=a.ts,b.ts', '--set: strategy.custom.mine.file: allowed are single keys; files of own strategies are named'],
  ['strategy.custom={"a":{"file":"a.ts"}}', '--set: strategy.custom: allowed are single keys'],
])('readSpace() refuses %s in one line', (text, line) => {
  const read = readSpace([text], base);
  expect(read).toEqual({ ok: false, error: [expect.stringContaining(line)] });
});

test('readSpace() tells each mistake, and a key given twice', () => {
  const read = readSpace([`${MACD}.fastPeriod=1,2`, 'exits.cooldownMs=-1,5', 'exits.cooldownMs=4,5'], base);
  expect(read.ok ? [] : read.error).toHaveLength(3);
});

test('readSpace() takes one value alone as what all trials have', () => {
  expect(readSpace([`${MACD}.interval="15m"`, `${MACD}.fastPeriod=5,6`], base)).toMatchObject({
    value: { fixed: { [`${MACD}.interval`]: '15m' }, dimensions: [{ key: `${MACD}.fastPeriod` }] },
  });
});

test('refusalOf() leaves rules over several keys to the configuration, and says what is allowed', () => {
  const read = readSpace([`${MACD}.fastPeriod=5,30`, `${MACD}.slowPeriod=10,50`], base);
  if (!read.ok) throw new Error(read.error.join());
  expect(refusalOf(read.value, [5, 10], base)).toEqual([]);
  expect(refusalOf(read.value, [30, 10], base)).toEqual([`${MACD}.slowPeriod: 10: allowed is a number above fastPeriod`]);
});

test.each([
  ['a list', one(`${MACD}.fastPeriod=6,8,12`)],
  ['whole numbers', one(`${MACD}.fastPeriod=5..30`)],
  ['whole numbers on a log scale', one(`${MACD}.slowPeriod=3..300 log`)],
  ['a range', one('exits.stopLossPercent=0.5..3')],
  ['a range on a log scale, as text', one('exits.stopLossPercent=0.1..10 log')],
])('valueAt() stays within %s and comes back from unitOf()', (_, dimension) => {
  for (let unit = 0; unit < 1; unit += 0.01) {
    const value = valueAt(dimension, unit);
    expect(valueAt(dimension, unitOf(dimension, value))).toEqual(value);
    if (dimension.kind === 'range') {
      expect(Number(value)).toBeGreaterThanOrEqual(dimension.min);
      expect(Number(value)).toBeLessThanOrEqual(dimension.max);
    } else expect(dimension.values).toContain(value);
  }
});

test('valueAt() gives every whole number of a range the same share', () => {
  const dimension = one(`${MACD}.fastPeriod=5..9`);
  const values = Array.from({ length: 1_000 }, (_, n) => valueAt(dimension, (n + 0.5) / 1_000));
  for (const want of [5, 6, 7, 8, 9]) expect(values.filter((value) => value === want)).toHaveLength(200);
});
