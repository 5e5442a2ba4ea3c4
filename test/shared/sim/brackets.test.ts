import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bracketAt, bracketsOf, maintenanceOf, maxLeverageOf, maxNotionalOf } from '../../../shared/sim/brackets.ts';
import { SIM_INSTRUMENTS } from '../../../shared/sim/instruments.ts';
import { atoms, formatAtoms, parseAtoms } from '../../../shared/units.ts';
import { recorded } from '../../kit/data.ts';

const money = (text: string) => parseAtoms(text) ?? atoms(-1n);

test('the tables of BTC and ETH are the recorded ones, deductions included', () => {
  const file = recorded('rest/leverageBrackets_usdm_202410.excerpt.json');
  if (!file) return;
  const all = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>[]>;
  for (const [name, rows] of Object.entries(all)) {
    const symbol = name.replace('/', '').replace(/:.*/, '');
    const ours = bracketsOf(symbol).map((row) => [
      row.leverage,
      row.cap,
      row.floor,
      row.maintenancePpm / 1e6,
      Number(formatAtoms(row.deduction)),
    ]);
    expect(ours).toEqual(
      rows.map((row) =>
        [row['initialLeverage'], row['notionalCap'], row['notionalFloor'], row['maintMarginRatio'], row['cum']].map(Number),
      ),
    );
  }
});

test.each([
  ['BTCUSDT', '40000', '160'], // 0.4 % of it
  ['BTCUSDT', '-40000', '160'],
  ['BTCUSDT', '50000', '200'], // a cap belongs to its bracket
  ['BTCUSDT', '50000.00000001', '200'], // and the next goes on from there
  ['BTCUSDT', '100000', '450'], // 0.5 % less 50
  ['BTCUSDT', '20000000', '268550'], // 2 % less 131,450
  ['BTCUSDC', '1000000', '7450'], // 1 % less 2,550
])('maintenanceOf() %s at %s is %s', (symbol, notional, want) => {
  expect(formatAtoms(maintenanceOf(symbol, money(notional)))).toBe(want);
});

test.each([
  ['BTCUSDT', 125, '50000'],
  ['BTCUSDT', 101, '50000'],
  ['BTCUSDT', 100, '600000'],
  ['BTCUSDT', 20, '100000000'],
  ['BTCUSDT', 1, '1800000000'],
  ['BTCUSDT', 126, '0'],
])('maxNotionalOf() %s at leverage %i is %s', (symbol, leverage, want) => {
  expect(formatAtoms(maxNotionalOf(symbol, leverage))).toBe(want);
});

test('every simulated contract has a table without holes, in which a position opened at full leverage is not liquidated at once', () => {
  for (const { spec } of SIM_INSTRUMENTS) {
    const table = bracketsOf(spec.symbol);
    expect(maxLeverageOf(spec.symbol)).toBeGreaterThanOrEqual(75);
    table.forEach((row, i) => {
      expect(row.floor).toBe(table[i - 1]?.cap ?? 0);
      expect(row.cap).toBeGreaterThan(row.floor);
      expect((row.maintenancePpm * row.leverage) / 1e6).toBeLessThan(1);
      expect(bracketAt(spec.symbol, money(String(row.cap)))).toBe(row);
    });
  }
});
