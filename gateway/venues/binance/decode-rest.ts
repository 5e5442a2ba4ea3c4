/** Binance USD-M REST answers to shared types, exactly or not at all. Pure. */
import type { Bar, BalanceReport, FillReport, OrderReport, PositionReport } from '../../../shared/events.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import { lots, ticks, trimDecimal, wallMs } from '../../../shared/units.ts';
import type { DepthSnapshot } from '../../market/books.ts';
import type { FundingPage, FundingPayment, VenueOrder } from '../venue.ts';
import { exactAtoms, exactPrice, exactSize, Inexact, orderPrice, sideOf } from './exact.ts';
import { type DepthScale, levelsOf } from './depth-frame.ts';
import { DEPTH_LIMIT, INCOME_LIMIT } from './limits.ts';
import type { Account, Balances, SymbolConfigs, Depth, Income, Klines, Positions, RestOrder, Trades } from './wire.ts';
import type * as z from 'zod';

type Instruments = ReadonlyMap<string, Instrument>;

/** Reference sheet 2026-11, 3.1 and 9. */
export function orderOf(order: RestOrder, instrument: Instrument): VenueOrder {
  return {
    kind: 'order',
    symbol: order.symbol,
    clientId: order.clientOrderId,
    venueId: order.orderId,
    state: stateOf(order.status),
    side: sideOf(order.side),
    price: order.type === 'MARKET' ? null : orderPrice(instrument, { text: order.price, state: stateOf(order.status) }),
    size: exactSize(instrument, order.origQty),
    filled: exactSize(instrument, order.executedQty),
    reduceOnly: order.reduceOnly,
    reason: order.status === 'EXPIRED_IN_MATCH' ? 'self-trade' : '',
    atMs: wallMs(order.updateTime),
    orderKind: order.type === 'MARKET' ? 'market' : 'limit',
    timeInForce: timeInForceOf(order.timeInForce),
  };
}

function stateOf(status: string): OrderReport['state'] {
  switch (status) {
    case 'NEW':
      return 'accepted';
    case 'PARTIALLY_FILLED':
      return 'partially-filled';
    case 'FILLED':
      return 'filled';
    case 'CANCELED':
      return 'canceled';
    case 'EXPIRED':
    case 'EXPIRED_IN_MATCH':
      return 'expired';
    case 'REJECTED':
      return 'rejected';
    default:
      throw new Inexact(`order status ${status} is not a documented one`);
  }
}

/** GTD and RPI are only seen on orders that are not ours: shown as their nearest kin. */
const TIMES = { GTC: 'gtc', IOC: 'ioc', FOK: 'fok', GTX: 'post-only', RPI: 'post-only' } as const;
const timeInForceOf = (text: string) => TIMES[text as keyof typeof TIMES] ?? 'gtc';

/** Oldest first. A number that JSON has rounded is told apart by what else is in its row. */
export const fundingPage = (rows: Income): FundingPage => ({
  payments: rows
    .map(
      ({ symbol, income, asset, time, tranId }): FundingPayment => ({
        ...{ kind: 'funding', symbol: symbol === '' ? null : symbol, asset, amount: exactAtoms(income), atMs: wallMs(time) },
        id: [tranId, symbol, time].join(' '),
      }),
    )
    .sort((a, b) => a.atMs - b.atMs),
  isLast: rows.length < INCOME_LIMIT,
});

/** Own trades name their order by the venue's id only (3.3). */
export const fillsOf = (trades: Trades, instrument: Instrument): readonly FillReport[] =>
  trades.map((trade) => ({
    kind: 'fill',
    symbol: trade.symbol,
    clientId: '',
    venueId: trade.orderId,
    tradeId: trade.id,
    side: sideOf(trade.side),
    price: exactPrice(instrument, trade.price),
    size: exactSize(instrument, trade.qty),
    maker: trade.maker,
    fee: exactAtoms(trade.commission),
    feeAsset: trade.commissionAsset,
    realizedPnl: exactAtoms(trade.realizedPnl),
    atMs: wallMs(trade.time),
  }));

export const balancesOf = (rows: z.infer<typeof Balances>): readonly BalanceReport[] =>
  rows.map((row) => ({
    kind: 'balance',
    asset: row.asset,
    wallet: exactAtoms(row.balance),
    available: exactAtoms(row.availableBalance),
    atMs: wallMs(row.updateTime),
  }));

export const walletsOf = ({ assets }: z.infer<typeof Account>): readonly BalanceReport[] =>
  assets.map((row) => ({
    kind: 'balance',
    asset: row.asset,
    wallet: exactAtoms(row.walletBalance),
    available: exactAtoms(row.availableBalance),
    atMs: wallMs(row.updateTime),
  }));

/** 0 without any position to keep up; 1 is liquidation. */
export function marginRatioOf(
  { assets, totalMaintMargin, totalMarginBalance }: z.infer<typeof Account>,
  { multiAssets }: { readonly multiAssets: boolean },
): number {
  const rows = multiAssets ? [{ maintMargin: totalMaintMargin, marginBalance: totalMarginBalance }] : assets;
  const ratios = rows.map(({ maintMargin, marginBalance }) => {
    const [needed, held] = [Number(maintMargin), Number(marginBalance)];
    return needed <= 0 ? 0 : held <= 0 ? Number.MAX_VALUE : needed / held;
  });
  return Math.max(0, ...ratios);
}

export function settingsOf(rows: z.infer<typeof SymbolConfigs>, instruments: Instruments) {
  const ours = rows.filter(({ symbol }) => instruments.has(symbol));
  return {
    leverage: Object.fromEntries(ours.map(({ symbol, leverage }) => [symbol, leverage])),
    isolated: ours.filter(({ marginType }) => marginType.toUpperCase() === 'ISOLATED').map(({ symbol }) => symbol),
  };
}

export type PositionsRead = {
  readonly positions: readonly PositionReport[];
  readonly liquidationPrice: Readonly<Record<string, string | null>>;
};

/** A configured symbol without a row is flat (3.3); rows of a hedge-mode side are not read, because such an account is refused. */
export function positionsOf(
  rows: z.infer<typeof Positions>,
  { instruments, nowMs }: { instruments: Instruments; nowMs: number },
): PositionsRead {
  const found = new Map(rows.filter((row) => row.positionSide === 'BOTH').map((row) => [row.symbol, row]));
  const positions = [...instruments.values()].map((instrument): PositionReport => {
    const row = found.get(instrument.symbol);
    const size = row ? exactSize(instrument, row.positionAmt) : lots(0);
    const entryPrice = row && size !== 0 ? trimDecimal(row.entryPrice) : '0';
    return { kind: 'position', symbol: instrument.symbol, size, entryPrice, atMs: wallMs(row?.updateTime ?? nowMs) };
  });
  const liquidation = [...instruments.keys()].map((symbol) => [symbol, priceOrNull(found.get(symbol)?.liquidationPrice)] as const);
  return { positions, liquidationPrice: Object.fromEntries(liquidation) };
}

const priceOrNull = (text: string | undefined): string | null => (text === undefined || Number(text) <= 0 ? null : trimDecimal(text));

export const barsOf = (rows: z.infer<typeof Klines>): readonly Bar[] =>
  rows.map(([openMs, open, high, low, close, volume]) => ({ openMs, open, high, low, close, volume }));

/**
 * Orders older than a change of the tick rest off it, deep in the book, for years (seen in the recording of CTKUSDT, 2021): from this level
 * on they are left out. Nearer the best price an inexact level means that the instrument is not what we think, and nothing is read.
 */
const EXACT_LEVELS = 20;

export function snapshotOf(depth: Depth, scale: DepthScale): DepthSnapshot {
  const bids = levelsOf(depth.bids, scale, EXACT_LEVELS);
  const asks = levelsOf(depth.asks, scale, EXACT_LEVELS);
  if (bids === null || asks === null) throw new Inexact(`${scale.symbol}: a level of the depth snapshot is off its step`);
  const knownFrom = depth.bids.length < DEPTH_LIMIT ? null : edgeOf(bids);
  const knownTo = depth.asks.length < DEPTH_LIMIT ? null : edgeOf(asks);
  return { lastUpdateId: depth.lastUpdateId, exchangeMs: depth.T ?? 0, bids, asks, knownFrom, knownTo };
}

/** Price of the farthest level. */
const edgeOf = (levels: readonly number[]) => ticks(levels.at(-2) ?? 0);
