/** A small result of a backtest, by hand: an hour in minutes, two fills and a funding payment. */
import type { BacktestResult, FillRow, OrderCounts, PnlSplit } from '../../scripts/lib/backtest/result.ts';

export const START_MS = Date.parse('2026-01-02T03:00:00Z');

export const fillRow = (over: Partial<FillRow> = {}): FillRow => ({
  atMs: START_MS + 61_000,
  symbol: 'BTCUSDT',
  side: 'buy',
  price: '100.0',
  size: '2',
  maker: true,
  fee: '-0.04',
  feeAsset: 'USDT',
  realized: '0',
  clientId: '4711000001000000014',
  strategy: 'mm',
  reason: 'quote',
  mid: '100.1',
  midAfter: ['100.1', '100.1', '99.9', null, null],
  position: '2',
  ...over,
});

const ORDERS: OrderCounts = {
  placed: 8,
  amended: 3,
  cancels: 1,
  touched: 2,
  filled: 2,
  canceled: 6,
  expired: 0,
  postOnlyRejected: 0,
  rejected: {},
  refused: { 'order-notional': 1 },
  lostRaces: 0,
};
const PNL: PnlSplit = {
  total: '1.86',
  realized: '2',
  unrealized: '0',
  fees: '-0.13',
  funding: '-0.01',
  insurance: '0',
  makerFees: '-0.04',
  takerFees: '-0.09',
  turnover: '402',
  fills: 2,
};

/** `equity`: one value a minute. */
export function backtestResult(
  equity: readonly number[] = Array.from({ length: 60 }, (_, n) => 1_000 + n),
  over: Partial<BacktestResult> = {},
): BacktestResult {
  const texts = equity.map(String);
  const fills = [
    fillRow(),
    fillRow({
      atMs: START_MS + 600_000,
      side: 'sell',
      price: '101.0',
      maker: false,
      fee: '-0.09',
      realized: '2',
      reason: 'take-profit',
      strategy: 'exit',
      mid: '101.1',
      position: '0',
    }),
  ];
  return {
    meta: {
      schema: 1,
      kind: 'depth',
      configHash: '0123456789ab',
      dataHash: 'ba9876543210',
      build: '0.1.0',
      seed: 7,
      fromMs: START_MS,
      toMs: START_MS + equity.length * 60_000,
      records: 99,
      files: ['BTCUSDT.raw.gz'],
      assumptions: { queue: 'risk-averse' },
    },
    symbols: [{ symbol: 'BTCUSDT', quoteAsset: 'USDT', tickSize: '0.1', stepSize: '1', strategies: ['mm'] }],
    startEquity: '1000',
    endEquity: texts.at(-1) ?? '1000',
    wallets: { USDT: texts.at(-1) ?? '1000' },
    samples: {
      fromMs: START_MS,
      periodMs: 60_000,
      rows: equity.length,
      equity: texts,
      equityLow: texts,
      equityHigh: texts,
      symbols: { BTCUSDT: { price: texts, priceLow: texts, priceHigh: texts, position: equity.map((_, n) => (n % 2 === 0 ? '2' : '-1')) } },
    },
    fills,
    fillsLeftOut: 0,
    orders: ORDERS,
    ordersBySymbol: { BTCUSDT: ORDERS },
    funding: [{ atMs: START_MS + 300_000, symbol: 'BTCUSDT', rate: '0.0001', mark: '100', position: '2', amount: '-0.01' }],
    liquidations: [],
    exits: [{ atMs: START_MS + 600_000, symbol: 'BTCUSDT', rule: 'take-profit', price: '101.0' }],
    gaps: [],
    pnl: PNL,
    pnlBySymbol: { BTCUSDT: PNL },
    extremes: {
      maxDrawdown: '5',
      maxDrawdownPercent: 0.5,
      drawdownFromMs: START_MS,
      drawdownToMs: START_MS + 60_000,
      longestDrawdownMs: 60_000,
      exposed: 0.9,
    },
    reasons: { mm: { quote: 2 } },
    ...over,
  };
}
