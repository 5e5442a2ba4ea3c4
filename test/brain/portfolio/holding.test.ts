import fc from 'fast-check';
import { expect, test } from 'vitest';
import { absolute, apportion, entryPriceOf, type Holding, NOTHING, traded } from '../../../brain/portfolio/holding.ts';
import { applyTrade, FLAT } from '../../../gateway/account/position.ts';
import { atoms, lots, parseAtoms, ticks } from '../../../shared/units.ts';
import { INSTRUMENT } from '../../kit/brain.ts';

const one = (size: string, price: string) => ({ size: parseAtoms(size) ?? atoms(0n), price: parseAtoms(price) ?? atoms(0n) });
const booked = (...trades: readonly (readonly [size: string, price: string])[]): Holding =>
  trades.reduce((holding, [size, price]) => traded(holding, one(size, price)), NOTHING);
const told = (holding: Holding) => [Number(holding.size) / 1e8, entryPriceOf(holding), Number(holding.realized) / 1e8];

test.each([
  ['opens', [['0.010', '60000']], [0.01, '60000', 0]],
  [
    'adds at the average',
    [
      ['0.010', '60000'],
      ['0.030', '60040'],
    ],
    [0.04, '60030', 0],
  ],
  [
    'closes a part with its profit',
    [
      ['0.010', '60000'],
      ['-0.004', '61000'],
    ],
    [0.006, '60000', 4],
  ],
  [
    'closes with a loss, short',
    [
      ['-0.010', '60000'],
      ['0.010', '61000'],
    ],
    [0, null, -10],
  ],
  [
    'turns: the rest stands at its own price',
    [
      ['0.010', '60000'],
      ['-0.030', '61000'],
    ],
    [-0.02, '61000', 10],
  ],
] as const)('a holding %s', (_name, trades, want) => {
  expect(told(booked(...trades))).toEqual(want);
});

const trade = fc.record({
  size: fc.integer({ min: -50, max: 50 }).filter((n) => n !== 0),
  price: fc.integer({ min: 500_000, max: 700_000 }),
});

test('a holding agrees with the books of the gateway to the last unit', () => {
  fc.assert(
    fc.property(fc.array(trade, { maxLength: 30 }), (trades) => {
      let [mine, theirs]: [Holding, typeof FLAT] = [NOTHING, FLAT];
      for (const [n, { size, price }] of trades.entries()) {
        mine = traded(mine, { size: atoms(BigInt(size) * INSTRUMENT.stepAtoms), price: atoms(BigInt(price) * 10_000_000n) });
        const side = size > 0 ? 'buy' : 'sell';
        const row = { tradeId: String(n), side, price: ticks(price), size: lots(Math.abs(size)), atMs: n } as const;
        theirs = applyTrade(theirs, { trade: row, instrument: INSTRUMENT });
      }
      expect([mine.size / INSTRUMENT.stepAtoms, mine.cost, mine.realized]).toEqual([BigInt(theirs.size), theirs.cost, theirs.realized]);
    }),
  );
});

const weights = fc.array(fc.bigInt({ min: -1_000n, max: 1_000n }), { minLength: 1, maxLength: 6 });

test('apportion() gives away all of it and no more, and nobody more than his weight', () => {
  fc.assert(
    fc.property(weights, fc.bigInt({ min: 0n, max: 1_000n }), (all, share) => {
      const sum = all.reduce((total, weight) => total + weight, 0n);
      fc.pre(sum !== 0n);
      const whole = (sum * share) / 1_000n;
      const parts = apportion(whole, all);
      expect(parts.reduce((total, part) => total + part, 0n)).toBe(whole);
      for (const [n, part] of parts.entries()) {
        const exact = (whole * (all[n] ?? 0n)) / sum;
        expect(absolute(part - exact)).toBeLessThanOrEqual(1n);
        expect(absolute(part)).toBeLessThanOrEqual(absolute(all[n] ?? 0n));
        expect(part === 0n || part > 0n === (all[n] ?? 0n) > 0n).toBe(true);
      }
    }),
  );
});

test('apportion() of weights that cancel out is a bug', () => {
  expect(() => apportion(1n, [5n, -5n])).toThrow('add up to nothing');
});
