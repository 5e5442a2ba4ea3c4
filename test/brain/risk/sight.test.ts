import { expect, test } from 'vitest';
import { initialSymbol, lookAt } from '../../../brain/look.ts';
import { emptyPortfolio } from '../../../brain/portfolio/portfolio.ts';
import { emptyLedger, filled } from '../../../brain/portfolio/sub-ledger.ts';
import { NO_EXITS } from '../../../brain/risk/exits.ts';
import { sightOf } from '../../../brain/risk/sight.ts';
import { marketMaking } from '../../../brain/strategy/market-making.ts';
import {
  bookDoc,
  config,
  documents,
  EXITS,
  fillDoc,
  type Over,
  positionDoc,
  runWith,
  STAMP,
  SYMBOL,
  tradeDoc,
  turn,
} from '../../kit/brain.ts';
import { monoMs } from '../../../shared/units.ts';

const RUN = runWith(marketMaking(config().strategy.marketMaking));
const ledger = filled(emptyLedger([RUN.id]), fillDoc(1, { strategy: RUN.id, fee: '0.5' })); // 0.010 bought at 60000

function see(over: Over = {}, { lateMs = 0, run = RUN } = {}) {
  const docs = documents(over);
  const moment = turn(docs, { now: monoMs(1_000 + lateMs) });
  const looking = {
    symbol: SYMBOL,
    documents: docs,
    now: moment.now,
    nowMs: moment.nowMs,
    mayTrade: true,
    exits: EXITS,
    tickMs: 100,
    ttlMs: 500,
    maxAgeMs: 500,
  };
  const looks = new Map([[SYMBOL, lookAt(initialSymbol(NO_EXITS), looking)]]);
  return sightOf({ turn: moment, looks, portfolio: { ...emptyPortfolio, ledgers: { [SYMBOL]: ledger } }, runs: [run] });
}
const held = (over: Parameters<typeof positionDoc>[0]) => ({
  docs: { position: positionDoc({ size: '0.010', entryPrice: '60000', ...over }) },
});
const account = (over?: Over) => see(over).account;
const market = (over?: Over) => see(over).symbols[SYMBOL];

test('sightOf() adds up what was earned, fees as paid and funding as received', () => {
  const document = { realizedPnl: '12', unrealizedPnl: '-3', fees: '2', funding: '-1' };
  expect(account(held(document))).toMatchObject({
    earned: { total: 6, fees: 2, funding: -1 },
    parts: { [SYMBOL]: { total: 6, fees: 2, funding: -1 } },
    equity: 10_000,
    epoch: STAMP.epoch,
  });
});

test.each<[string, Over]>([
  ['a position that is not known', { docs: { position: positionDoc({ known: false }) } }],
  ['a position that nobody can value', held({ unrealizedPnl: null })],
  ['a document that is missing', { docs: { position: null } }],
])('sightOf() does not know what was earned with %s', (_name, over) => {
  expect(account(over)).toMatchObject({ earned: null, parts: null });
});

test('sightOf() tells no equity where a balance is not known', () => {
  expect(account({ balanceKnown: false })).toMatchObject({ equity: null, largestPercent: null });
});

test('sightOf() values what a run holds at the mark, and does not know the profit of one that it cannot value', () => {
  expect(account(held({ markPrice: '60100.00' })).runs[RUN.id]).toBeCloseTo(0.5, 9); // 1 of profit, 0.5 of fees
  expect(account(held({ markPrice: null })).runs).toEqual({ [RUN.id]: null });
});

test('sightOf() tells the largest position as a share of the equity', () => {
  expect(account(held({ markPrice: '60000.00' })).largestPercent).toBeCloseTo(6, 9);
  expect(account(held({ markPrice: null })).largestPercent).toBeNull();
});

test('sightOf() sees a symbol by its own documents', () => {
  expect(market({ docs: { position: positionDoc({ fundingRate: '-0.0002', nextFundingMs: 1 }) } })).toMatchObject({
    ...{ position: 0, bookAgeMs: 20, fundingRate: -0.0002, markTicks: 600_000.5 },
  });
  expect(see({}, { lateMs: 70 }).symbols[SYMBOL]?.bookAgeMs).toBe(90);
  expect(see({}, { lateMs: 70 }).account.lateMs).toBe(70);
  expect(market({ docs: { book: bookDoc({ status: 'stale', ageMs: 4_000 }) } })).toMatchObject({ bids: null, bookAgeMs: 4_000 });
  expect(market({ docs: { position: null } })).toBeNull();
});

test.each([
  [true, 600_100],
  [false, null],
])('sightOf() compares with public trades where a run reads them (%s), not where a shadow alone does', (reads, tradeTicks) => {
  const trades = { from: 0, to: 2, rows: [tradeDoc(1), tradeDoc(2, { price: '60010.00' })] };
  const run = { ...RUN, strategy: { ...RUN.strategy, reads: { trades: reads, bars: null } } };
  expect(see({ docs: { trades } }, { run }).symbols[SYMBOL]?.tradeTicks).toBe(tradeTicks);
});
