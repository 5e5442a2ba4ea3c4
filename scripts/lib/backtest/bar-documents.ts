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
const BUDGETS = { weight: UNUSED, orders1m: UNUSED, orders10s: UNUSED } as const;
const LIVE = { state: 'live', ageMs: 0 } as const;
const HEALTH = { market: LIVE, account: LIVE, orderEntry: 'rest' } as const;

export function positionDocOf(one: BarSymbol, account: BarAccount): PositionDoc {
  return {
    epoch: STAMP.epoch,
    seq: STAMP.seq,
    symbol: one.symbol,
    known: true,
    size: formatSize(one.instrument, one.position),
    entryPrice: one.entryPrice,
    markPrice: formatPrice(one.instrument, one.market.price),
    markAgeMs: 0,
    opening: one.opening,
    unrealizedPnl: null,
    leverage: account.leverage,
    liquidationPrice: null,
    realizedPnl: '0',
    fees: '0',
    funding: account.funding(one.symbol),
    fundingRate: null,
    nextFundingMs: null,
  };
}

type Moment = { readonly account: BarAccount; readonly position: PositionDoc; readonly atMs: number; readonly lease: number };

/** `position` is that of `positionDocOf` at this moment. */
export function documentsOf(one: BarSymbol, { account, position, atMs, lease }: Moment): Documents {
  const { quoteAsset } = one.instrument;
  const docs = {
    book: null,
    position,
    orders: { epoch: STAMP.epoch, seq: STAMP.seq, symbol: one.symbol, known: true, orders: [] },
    instrument: null,
    klines: {},
    openKlines: {},
    trades: null,
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
    schema: SCHEMA_VERSION,
    epoch: STAMP.epoch,
    seq: STAMP.seq,
    venue: 'backtest',
    environment: 'sim',
    accountHash: '',
    configHash: '',
    wallMs: Math.floor(atMs),
    symbols: [symbol],
    mode: 'normal',
    reasons: [],
    paused: false,
    closing: [],
    fillSeq: 0,
    brainEpoch: lease,
    health: HEALTH,
    budgets: BUDGETS,
  };
}
