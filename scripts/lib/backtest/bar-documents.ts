/** What a snapshot of the gateway would say of a backtest on K-lines, as far as the brain's own limits look at it. */
import type { Documents } from '../../../brain/view.ts';
import { type Header, type PositionDoc, SCHEMA_VERSION } from '../../../shared/snapshot.ts';
import type { Commission } from '../../../brain/strategy/strategy.ts';
import { formatPrice, formatSize } from '../../../shared/instrument.ts';
import { monoMs } from '../../../shared/units.ts';
import type { BarSymbol } from './bar-symbol.ts';

/** The account as the strategies see it. */
export type BarAccount = {
  readonly equity: () => number;
  readonly available: (asset: string) => string;
  readonly leverage: number;
  readonly commission: (symbol: string) => Commission;
  /** Received so far, decimal. */
  readonly funding: (symbol: string) => string;
};

const STAMP = { epoch: 1, seq: 1 } as const;
const UNUSED = { used: 0, limit: 1e9 } as const;

export function positionDocOf(one: BarSymbol, account: BarAccount): PositionDoc {
  return {
    ...STAMP,
    ...{ symbol: one.symbol, known: true, size: formatSize(one.instrument, one.position), entryPrice: one.entryPrice },
    markPrice: formatPrice(one.instrument, one.market.price),
    ...{ markAgeMs: 0, opening: one.opening, unrealizedPnl: null, leverage: account.leverage, liquidationPrice: null },
    ...{ realizedPnl: '0', fees: '0', funding: account.funding(one.symbol), fundingRate: null, nextFundingMs: null },
  };
}

type Moment = { readonly account: BarAccount; readonly atMs: number; readonly lease: number };

export function documentsOf(one: BarSymbol, { account, atMs, lease }: Moment): Documents {
  const { quoteAsset } = one.instrument;
  const docs = {
    ...{ book: null, position: positionDocOf(one, account), instrument: null, klines: {}, openKlines: {}, trades: null },
    orders: { ...STAMP, symbol: one.symbol, known: true, orders: [] },
  };
  return {
    header: headerOf(one.symbol, { atMs, lease }),
    symbols: { [one.symbol]: docs },
    balanceKnown: true,
    available: { [quoteAsset]: account.available(quoteAsset) },
    seenAt: monoMs(atMs),
    fills: [],
  };
}

function headerOf(symbol: string, { atMs, lease }: { readonly atMs: number; readonly lease: number }): Header {
  return {
    ...{ schema: SCHEMA_VERSION, ...STAMP, venue: 'backtest', environment: 'sim', accountHash: '', configHash: '' },
    ...{
      wallMs: Math.floor(atMs),
      symbols: [symbol],
      mode: 'normal',
      reasons: [],
      paused: false,
      closing: [],
      fillSeq: 0,
      brainEpoch: lease,
    },
    health: { market: { state: 'live', ageMs: 0 }, account: { state: 'live', ageMs: 0 }, orderEntry: 'rest' },
    budgets: { weight: UNUSED, orders1m: UNUSED, orders10s: UNUSED },
  };
}
