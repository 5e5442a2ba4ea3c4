/**
 * Margin of positions, symbols and assets at the present marks (Binance USD-M docs, account; reference sheet 2026-11, section 3.3).
 * Nothing is kept here: every figure follows from the account, its open orders and the mark.
 */
import type { Instrument } from '../instrument.ts';
import { type Atoms, atoms, ZERO_ATOMS } from '../units.ts';
import type { MarginType } from './account.ts';
import { bracketAt, maintenanceOf, maxNotionalOf } from './brackets.ts';
import type { Side } from './market.ts';
import type { Reject } from './order-checks.ts';
import type { Trader } from './order-desk.ts';
import type { OpenNotional } from './order-store.ts';
import { type Position, type PositionSide, unrealizedOf, valueAt } from './position.ts';
import type { SymbolMarket } from './symbol-market.ts';

export type PositionMargin = {
  readonly instrument: Instrument;
  readonly side: PositionSide;
  readonly position: Position;
  readonly markAtoms: Atoms;
  readonly leverage: number;
  readonly marginType: MarginType;
  /** Margin set aside, isolated only. */
  readonly isolated: Atoms;
  /** Value at the mark, signed as the position. */
  readonly notional: Atoms;
  readonly unrealized: Atoms;
  readonly positionInitial: Atoms;
  readonly openOrderInitial: Atoms;
  readonly maintenance: Atoms;
  readonly open: OpenNotional;
};

/** What of a position or its symbol is asked about. */
export type Seat = { readonly trader: Trader; readonly market: SymbolMarket; readonly side: PositionSide };

/** A side of hedge mode only ever opens one way. */
function openOf({ trader, market, side }: Seat): OpenNotional {
  const { bids, asks } = trader.orders.openNotional(market.instrument);
  return { bids: side === 'short' ? ZERO_ATOMS : bids, asks: side === 'long' ? ZERO_ATOMS : asks };
}

export function positionMargin(seat: Seat): PositionMargin {
  const { trader, market, side } = seat;
  const open = openOf(seat);
  const { instrument, feed } = market;
  const { symbol } = instrument;
  const position = trader.account.position(symbol, side);
  const markAtoms = feed.mark.get().mark;
  const { leverage, marginType } = trader.account.settings(symbol);
  const notional = valueAt(instrument, { size: position.size, priceAtoms: markAtoms });
  const positionInitial = magnitude(notional) / BigInt(leverage);
  return {
    instrument,
    side,
    position,
    markAtoms,
    leverage,
    marginType,
    isolated: trader.account.isolated(symbol, side),
    notional,
    unrealized: unrealizedOf(instrument, position, markAtoms),
    positionInitial: atoms(positionInitial),
    openOrderInitial: atoms(worstOf(notional, open, side) / BigInt(leverage) - positionInitial),
    maintenance: position.size === 0 ? ZERO_ATOMS : maintenanceOf(symbol, notional),
    open,
  };
}

/** The largest notional the position could reach when the orders of one side filled. */
function worstOf(notional: Atoms, { bids, asks }: OpenNotional, side: PositionSide): bigint {
  if (side === 'long') return magnitude(notional) + bids;
  if (side === 'short') return magnitude(notional) + asks;
  return largest([magnitude(notional), magnitude(notional + bids), magnitude(notional - asks)]);
}

/** Every position, flat ones with opening orders included, of one symbol. */
export const symbolMargins = (trader: Trader, market: SymbolMarket): readonly PositionMargin[] =>
  trader.account.sides().map((side) => positionMargin({ trader, market, side }));

export type AssetMargin = Readonly<Record<Sum, Atoms>> & {
  readonly asset: string;
  /** What new orders may use; never below zero. */
  readonly available: Atoms;
  /** What may leave the account: open profit does not count. */
  readonly withdrawable: Atoms;
};

const SUMS = [
  'wallet',
  /** The wallet without what is set aside for isolated positions. */
  'cross',
  'unrealized',
  'crossUnrealized',
  'positionInitial',
  'openOrderInitial',
  /** What the cross wallet has to stand for: cross positions and all opening orders. */
  'crossInitial',
  'maintenance',
  'crossMaintenance',
] as const;
type Sum = (typeof SUMS)[number];

const emptySums = (): Record<Sum, bigint> => ({
  wallet: 0n,
  cross: 0n,
  unrealized: 0n,
  crossUnrealized: 0n,
  positionInitial: 0n,
  openOrderInitial: 0n,
  crossInitial: 0n,
  maintenance: 0n,
  crossMaintenance: 0n,
});

/** Sums of the positions and opening orders margined in one asset. */
export function assetMargin(trader: Trader, markets: Iterable<SymbolMarket>, asset: string): AssetMargin {
  const sums = { ...emptySums(), wallet: trader.account.wallet(asset), cross: trader.account.crossWallet(asset) };
  for (const market of markets) {
    if (market.instrument.quoteAsset !== asset) continue;
    for (const each of symbolMargins(trader, market)) addTo(sums, each);
  }
  return withBalances(asset, sums);
}

function addTo(sums: Record<Sum, bigint>, each: PositionMargin): void {
  for (const name of ['unrealized', 'positionInitial', 'openOrderInitial', 'maintenance'] as const) sums[name] += each[name];
  sums.crossInitial += each.openOrderInitial;
  if (each.marginType === 'isolated') return;
  sums.crossInitial += each.positionInitial;
  sums.crossUnrealized += each.unrealized;
  sums.crossMaintenance += each.maintenance;
}

function withBalances(asset: string, sums: Record<Sum, bigint>): AssetMargin {
  const { cross, crossUnrealized, crossInitial } = sums;
  const loss = crossUnrealized < 0n ? crossUnrealized : 0n;
  return {
    ...(sums as Record<Sum, Atoms>),
    asset,
    available: notBelow0(cross + crossUnrealized - crossInitial),
    withdrawable: notBelow0(cross + loss - crossInitial),
  };
}

/** All assets added up one to one: every simulated quote asset is a dollar. `available` and `withdrawable` are those of the whole. */
export function jointMargin(trader: Trader, markets: Iterable<SymbolMarket>): AssetMargin {
  const all = [...markets];
  const sums = emptySums();
  for (const { asset } of trader.account.wallets()) {
    const part = assetMargin(trader, all, asset);
    for (const name of SUMS) sums[name] += part[name];
  }
  return withBalances('USD', sums);
}

/** What margins the positions of an asset: itself alone, or all assets together. */
export const poolMargin = (trader: Trader, markets: Iterable<SymbolMarket>, asset: string): AssetMargin =>
  trader.account.multiAssets ? jointMargin(trader, markets) : assetMargin(trader, markets, asset);

export type Opening = {
  readonly side: Side;
  readonly positionSide: PositionSide;
  /** What the order adds to its side of the open notional. */
  readonly added: Atoms;
  /** Available balance of the quote asset. */
  readonly available: () => Atoms;
};

/**
 * Whether an order that is not reduce-only may be taken: the position it could lead to must fit the leverage, and what it adds to the
 * initial margin must be available. An order that does not worsen the worst case needs none.
 */
export function checkOpening({ trader, market }: Omit<Seat, 'side'>, { side, positionSide, added, available }: Opening): Reject | null {
  if ((positionSide === 'long' && side === 'sell') || (positionSide === 'short' && side === 'buy')) return null;
  const { instrument, feed } = market;
  const { account } = trader;
  const { size } = account.position(instrument.symbol, positionSide);
  const notional = valueAt(instrument, { size, priceAtoms: feed.mark.get().mark });
  const now = openOf({ trader, market, side: positionSide });
  const then = side === 'buy' ? { bids: atoms(now.bids + added), asks: now.asks } : { bids: now.bids, asks: atoms(now.asks + added) };
  const leverage = account.leverage(instrument.symbol);
  const worst = worstOf(notional, then, positionSide);
  const more = worst / BigInt(leverage) - worstOf(notional, now, positionSide) / BigInt(leverage);
  if (more <= 0n) return null;
  if (worst > maxNotionalOf(instrument.symbol, leverage)) return { kind: 'leverage-cap' };
  return more > available() ? { kind: 'margin-insufficient' } : null;
}

/**
 * The mark at which the margin of these positions of one symbol reaches their maintenance margin, in atoms per base unit; zero when no
 * price does that. `equity` is what stands behind them besides their own profit: the isolated margin, or the cross balance with the
 * profit of the other symbols and without their maintenance margin.
 */
export function liquidationPrice(positions: readonly PositionMargin[], equity: Atoms): Atoms {
  let [need, slope] = [-equity * MILLION, 0n];
  for (const { instrument, position, notional } of positions) {
    if (position.size === 0) continue;
    const { maintenancePpm, deduction } = bracketAt(instrument.symbol, notional);
    const units = BigInt(position.size) * instrument.stepAtoms;
    need += ((position.size > 0 ? position.cost : -position.cost) - deduction) * MILLION;
    slope += units * MILLION - magnitude(units) * BigInt(maintenancePpm);
  }
  if (slope === 0n) return ZERO_ATOMS;
  return notBelow0((need * ATOMS_PER_UNIT) / slope);
}

/** Of one position, with what its whole pool has; zero when flat or when no price does that. */
export function liquidationOf({ trader, market, markets }: Pooled, each: PositionMargin): Atoms {
  if (each.position.size === 0) return ZERO_ATOMS;
  if (each.marginType === 'isolated') return liquidationPrice([each], each.isolated);
  const own = symbolMargins(trader, market);
  const pool = poolMargin(trader, markets, each.instrument.quoteAsset);
  const others = own.reduce((sum, { unrealized, maintenance }) => sum - unrealized + maintenance, 0n);
  return liquidationPrice(own, atoms(pool.cross + pool.crossUnrealized - pool.crossMaintenance + others));
}

type Pooled = { readonly trader: Trader; readonly market: SymbolMarket; readonly markets: Iterable<SymbolMarket> };

const MILLION = 1_000_000n;
const ATOMS_PER_UNIT = 100_000_000n;

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const notBelow0 = (value: bigint): Atoms => (value > 0n ? atoms(value) : ZERO_ATOMS);
const largest = (values: readonly bigint[]): bigint => values.reduce((a, b) => (a > b ? a : b), 0n);
