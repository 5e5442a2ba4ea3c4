import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pnlDoc, twiceMid } from '../../../brain/portfolio/pnl.ts';
import { agreed, counted, emptyPortfolio, feesTold, type Portfolio, valued, withOwners } from '../../../brain/portfolio/portfolio.ts';
import { readPortfolio, writePortfolio } from '../../../brain/portfolio/row.ts';
import { emptyLedger } from '../../../brain/portfolio/sub-ledger.ts';
import type { Side } from '../../../shared/order.ts';
import { atoms, formatAtoms, parseAtoms } from '../../../shared/units.ts';
import { fillDoc, INSTRUMENT, positionDoc, SYMBOL } from '../../kit/brain.ts';

const START = withOwners(emptyPortfolio, new Map([[SYMBOL, ['a', 'b']]]));
const mid = (bid: number): bigint => {
  const found = twiceMid({ bid: String(bid), ask: String(bid + 1) });
  if (found === null) throw new Error('There is a mid');
  return found;
};
type Seen = {
  readonly size: string;
  readonly funding?: string;
  readonly fillSeq: number;
  readonly bid: number | null;
  readonly atMs: number;
};

/** One turn: fills, agreement with the snapshot, the mid. */
function turn(
  before: Portfolio,
  fills: readonly ReturnType<typeof fillDoc>[],
  { size, funding = '0', fillSeq, bid, atMs }: Seen,
): Portfolio {
  const { portfolio, news } = counted(before, fills);
  const document = positionDoc({ size, funding, entryPrice: Number(size) === 0 ? null : '60000' });
  const next = agreed(portfolio, { fillSeq, instrument: INSTRUMENT, document });
  return valued(next, { news, mids: new Map([[SYMBOL, bid === null ? null : mid(bid)]]), atMs });
}
const docOf = ({ ledgers, pnl }: Portfolio) => {
  const one = pnl[SYMBOL];
  if (!one) throw new Error('It was not looked at');
  return pnlDoc(one, { ledger: ledgers[SYMBOL] ?? emptyLedger([]), quoteAsset: 'USDT' });
};
const first = (over: Partial<Seen> = {}): Portfolio => turn(START, [], { size: '0', fillSeq: 0, bid: 60_000, atMs: 0, ...over });

test('a fill is measured against the mid that stood before it; an old mid says nothing of it', () => {
  const fill = fillDoc(1, { side: 'buy', price: '59999.50', size: '2', fee: '0.3', feeAsset: 'USDT' });
  const seen = { size: '2', fillSeq: 1, bid: 59_990 };
  expect(docOf(turn(first(), [fill], { ...seen, atMs: 100 }))).toMatchObject({
    spread: '2',
    inventory: '-20',
    fees: '0.3',
    total: '-18.3',
  });
  expect(docOf(turn(first(), [fill], { ...seen, atMs: 60_000 }))).toMatchObject({ spread: '-18', inventory: '0' });
});

test('a fill while the book is blind waits for the next mid; one before any mid earned nothing yet', () => {
  const fill = fillDoc(1, { side: 'sell', price: '60010.50', size: '1', fee: '0', feeAsset: 'USDT' });
  const blind = turn(first({ bid: null }), [fill], { size: '-1', fillSeq: 1, bid: null, atMs: 100 });
  expect(docOf(blind)).toMatchObject({ spread: '0', inventory: '0' });
  expect(docOf(turn(blind, [], { size: '-1', fillSeq: 1, bid: 60_000, atMs: 200 }))).toMatchObject({ inventory: '10' });
});

test('what was held before counts from the first mid on, and a position that nobody traded earns nothing', () => {
  const held = first({ size: '3' });
  expect(docOf(held)).toMatchObject({ total: '0', sinceMs: 0 });
  const corrected = turn(held, [], { size: '1', fillSeq: 0, bid: 60_000, atMs: 100 });
  expect(docOf(corrected)).toMatchObject({ total: '0' });
  expect(docOf(turn(corrected, [], { size: '1', fillSeq: 0, bid: 60_005, atMs: 200 }))).toMatchObject({ inventory: '5' });
});

test('a fee that is told later and one in another asset are counted where they belong', () => {
  const fills = [
    fillDoc(1, { size: '1', price: '60000.50', fee: null, feeAsset: null }),
    fillDoc(2, { size: '1', price: '60000.50', fee: '0.001', feeAsset: 'BNB' }),
  ];
  const before = turn(first(), fills, { size: '2', fillSeq: 2, bid: 60_000, atMs: 100 });
  expect(docOf(before)).toMatchObject({ fees: '0', otherFees: { BNB: '0.001' } });
  const told = feesTold(before, [fillDoc(1, { size: '1', price: '60000.50', fee: '0.25', feeAsset: 'USDT' })]);
  expect(docOf(told)).toMatchObject({ fees: '0.25', total: '-0.25' });
});

const anyTurn = fc.record({
  fills: fc.array(
    fc.record({
      side: fc.constantFrom<Side>('buy', 'sell'),
      price: fc.integer({ min: 5_900_000, max: 6_100_000 }),
      size: fc.integer({ min: 1, max: 5_000 }),
      fee: fc.integer({ min: -500, max: 5_000 }),
      strategy: fc.constantFrom('a', 'b', undefined),
    }),
    { maxLength: 3 },
  ),
  bid: fc.option(fc.integer({ min: 59_000, max: 61_000 }), { nil: null }),
  funding: fc.integer({ min: -900, max: 900 }),
  afterMs: fc.constantFrom(100, 5_000),
  restarts: fc.boolean(),
});

test('spread, inventory, fees and funding add up to cash and position at the last mid, to the last unit, over restarts', () => {
  fc.assert(
    fc.property(fc.array(anyTurn, { maxLength: 12 }), (turns) => {
      let portfolio = first();
      let [n, atMs, position, cash, funding, last] = [0, 0, 0n, 0n, 0n, mid(60_000)];
      for (const { fills, bid, funding: paid, afterMs, restarts } of turns) {
        atMs += afterMs;
        funding += BigInt(paid);
        const docs = fills.map(({ side, price, size, fee, strategy }) => {
          const signed = BigInt(side === 'buy' ? size : -size) * 100_000n;
          position += signed;
          cash -= (signed * BigInt(price) * 1_000_000n) / 100_000_000n + BigInt(fee);
          const texts = { price: formatAtoms(atoms(BigInt(price) * 1_000_000n)), size: formatAtoms(atoms(BigInt(size) * 100_000n)) };
          const own = strategy === undefined ? {} : { strategy };
          return fillDoc(++n, { side, ...texts, ...own, fee: formatAtoms(atoms(BigInt(fee))), feeAsset: 'USDT' });
        });
        if (bid !== null) last = mid(bid);
        const seen = { size: formatAtoms(atoms(position)), funding: formatAtoms(atoms(funding)), fillSeq: n, bid, atMs };
        portfolio = turn(portfolio, docs, seen);
        if (restarts) portfolio = withOwners(readPortfolio(writePortfolio(portfolio) ?? ''), new Map([[SYMBOL, ['a', 'b']]]));
      }
      const value = (position * last) / 200_000_000n;
      const { spread, inventory, fees, funding: received, total } = docOf(portfolio);
      const [a, b, c, d] = [spread, inventory, fees, received].map((text) => parseAtoms(text) ?? 0n) as [bigint, bigint, bigint, bigint];
      expect(parseAtoms(total)).toBe(a + b - c + d);
      expect(parseAtoms(total)).toBe(cash + value + funding);
    }),
    { numRuns: 60 },
  );
});
