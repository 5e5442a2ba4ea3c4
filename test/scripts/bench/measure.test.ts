import { expect, test } from 'vitest';
import { type Figure, table, verdict } from '../../../scripts/bench/measure.ts';

const PLAIN: Figure = { name: 'plain', value: 12.4, unit: 'ms', goal: null, beside: 'nothing', conclusive: true };
const FULL: Figure = {
  ...{ name: 'full', value: 0.2, unit: '×', goal: 0.35, beside: 'the rest', conclusive: true, rounds: 7, cpuShare: 0.081 },
  ...{ ours: 1.8, floor: 8.2, rawUnit: 'µs', spread: { p50: 1.8, p99: 21.4, p999: null, unit: 'µs' } },
  peers: [
    { name: 'ccxt', value: 48, ratio: 26.7 },
    { name: 'other', value: null, ratio: 3 },
  ],
};

test('a table tells floor, ours, peers, spread, share of a core and rounds', () => {
  const [head = '', row = ''] = table([FULL]).split('\n');
  expect(head.split(/ {2,}/)).toEqual([
    'what',
    'reached',
    'goal',
    'verdict',
    'ours',
    'floor',
    'peers',
    'p50 / p99 / p99.9',
    'of a core',
    'rounds',
    'measured beside',
  ]);
  expect(row.split(/ {2,}/)).toEqual([
    'full',
    '0.20 ×',
    '≤ 0.35 ×',
    'reached',
    '1.80 µs',
    '8.20 µs',
    'ccxt 48 µs, 26.7 times ours, other 3.0 times ours',
    '1.80 / 21 / – µs',
    '8.10 %',
    '7',
    'the rest',
  ]);
});

test('columns that nobody fills are left out, and the others stay aligned', () => {
  expect(table([PLAIN])).toBe('what   reached  measured beside\nplain  12 ms    nothing');
  const lines = table([PLAIN, FULL]).split('\n');
  expect(new Set(lines.map((line) => line.search(/measured beside|nothing|the rest/))).size).toBe(1);
});

test.each([
  [0.2, true, 'reached'],
  [0.4, true, 'MISSED'],
  [0.2, false, 'inconclusive'],
  [0.4, false, 'inconclusive'],
  [Number.NaN, true, 'MISSED'],
] as const)('%d of 0.35, conclusive %s, is %s', (value, conclusive, wanted) => {
  expect(verdict({ ...FULL, value, conclusive })).toBe(wanted);
});
