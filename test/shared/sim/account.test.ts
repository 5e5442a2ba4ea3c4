import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Instrument, makeInstrument, notionalOf } from '../../../shared/instrument.ts';
import { Account } from '../../../shared/sim/account.ts';
import { findInstrument } from '../../../shared/sim/instruments.ts';
import type { Side } from '../../../shared/sim/market.ts';
import { breakEvenOf, entryPriceOf, unrealizedOf } from '../../../shared/sim/position.ts';
import { atoms, formatAtoms, lots, parseAtoms, ticks } from '../../../shared/units.ts';

function instrumentOf(symbol: string): Instrument {
  const spec = findInstrument(symbol)?.spec;
  const made = spec ? makeInstrument(spec) : `${symbol} is unknown`;
  if (typeof made === 'string') throw new Error(made);
  return made;
}

const BTC = instrumentOf('BTCUSDT'); // tick 0.10, step 0.001
const money = (text: string) => parseAtoms(text) ?? atoms(-1n);
const open = (): Account => new Account({ apiKey: 'k', balances: { USDT: money('10000'), USDC: money('10000') } });

type Step = readonly [side: Side, price: number, size: number, maker?: boolean];

function run(steps: readonly Step[], instrument = BTC) {
  const account = open();
  const booked = steps.map(([side, price, size, maker = false], atMs) =>
    account.fill({ instrument, side, positionSide: 'both', price: ticks(price), size: lots(size), maker, tradeId: atMs + 1, atMs }),
  );
  return { account, booked, position: account.position(instrument.symbol) };
}

test.each<[string, readonly Step[], { size: number; entry: string; realized: string; wallet: string }]>([
  ['opens long and pays the taker fee', [['buy', 600_000, 10]], { size: 10, entry: '60000', realized: '0', wallet: '9999.7' }],
  ['pays the maker fee', [['buy', 600_000, 10, true]], { size: 10, entry: '60000', realized: '0', wallet: '9999.88' }],
  [
    'averages the entry by size',
    [
      ['buy', 600_000, 10],
      ['buy', 610_000, 30],
    ],
    { size: 40, entry: '60750', realized: '0', wallet: '9998.785' },
  ],
  [
    'realises at average cost when reduced',
    [
      ['buy', 600_000, 10],
      ['buy', 620_000, 10],
      ['sell', 630_000, 10],
    ],
    { size: 10, entry: '61000', realized: '20', wallet: '10019.075' },
  ],
  [
    'closes to flat',
    [
      ['sell', 600_000, 10],
      ['buy', 590_000, 10],
    ],
    { size: 0, entry: '0', realized: '10', wallet: '10009.405' },
  ],
  [
    'flips through zero with a new entry',
    [
      ['buy', 600_000, 10],
      ['sell', 610_000, 25],
    ],
    { size: -15, entry: '61000', realized: '10', wallet: '10008.9375' },
  ],
  [
    'gains on a falling price when short',
    [
      ['sell', 600_000, 10],
      ['buy', 500_000, 5],
    ],
    { size: -5, entry: '60000', realized: '50', wallet: '10049.575' },
  ],
])('fill() %s', (_name, steps, want) => {
  const { account, position } = run(steps);
  expect({
    size: position.size,
    entry: formatAtoms(entryPriceOf(BTC, position)),
    realized: formatAtoms(position.realized),
    wallet: formatAtoms(account.wallet('USDT')),
  }).toEqual(want);
});

test('fill() takes no fee from a maker in a USDC-margined contract, and books into its own wallet', () => {
  const { account } = run([['buy', 600_000, 10, true]], instrumentOf('BTCUSDC'));
  expect([formatAtoms(account.wallet('USDC')), formatAtoms(account.wallet('USDT'))]).toEqual(['10000', '10000']);
});

test('breakEvenOf() adds the opening fee, as the recorded account of 2024-11-18 shows', () => {
  const { position } = run([['buy', 917_399, 2]]);
  expect(formatAtoms(entryPriceOf(BTC, position))).toBe('91739.9');
  expect(formatAtoms(breakEvenOf(BTC, position))).toBe('91785.76995');
});

test('fills conserve money: wallet and open profit equal cash flow and value at any mark', () => {
  const step = fc.tuple(fc.constantFrom<Side>('buy', 'sell'), fc.integer({ min: 1_000, max: 900_000 }), fc.integer({ min: 1, max: 5_000 }));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1_000, max: 900_000 }), (steps, mark) => {
      const { account, booked, position } = run(steps);
      let cash = 0n;
      let size = 0;
      for (const [side, price, count] of steps) {
        cash += (side === 'buy' ? -1n : 1n) * notionalOf(BTC, { price: ticks(price), size: lots(count) });
        size += side === 'buy' ? count : -count;
      }
      const fees = booked.reduce((sum, { fee }) => sum + fee, 0n);
      const value = notionalOf(BTC, { price: ticks(mark), size: lots(size) });
      const unrealized = unrealizedOf(BTC, position, atoms(BigInt(mark) * 10_000_000n));
      expect(position.size).toBe(size);
      expect(account.wallet('USDT') + unrealized).toBe(money('10000') + cash + value - fees);
    }),
  );
});
