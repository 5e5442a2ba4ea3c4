/** One simulated account in cross-margin, single-asset mode: wallets per asset, positions, leverage, fees. */
import type { Instrument } from '../instrument.ts';
import { notionalOf } from '../instrument.ts';
import { type Atoms, atoms, type Lots, type Ticks, ZERO_ATOMS } from '../units.ts';
import type { Side } from './market.ts';
import { applyFill, FLAT, type Position, type PositionSide, unrealizedOf, valueAt } from './position.ts';

/** Parts per million of the notional. */
export type FeeRates = { readonly makerPpm: bigint; readonly takerPpm: bigint };

/** Binance USD-M regular user, reference sheet 2026-11: 0.0200 % and 0.0500 %; USDC-margined makers pay nothing. */
export const feeRatesOf = (quoteAsset: string): FeeRates => ({ makerPpm: quoteAsset === 'USDC' ? 0n : 200n, takerPpm: 500n });

export const LEVERAGE_DEFAULT = 20;
export const LEVERAGE_MAX = 125;
/** Maintenance part of the lowest bracket of the majors, per mille; brackets above it are not modelled. */
const MAINTENANCE_PER_MILLE = 4n;

export type AccountFill = {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly positionSide: PositionSide;
  readonly price: Ticks;
  readonly size: Lots;
  readonly maker: boolean;
  readonly atMs: number;
};

export type Booked = { readonly realized: Atoms; readonly fee: Atoms; readonly position: Position };

export type Wallet = { readonly asset: string; readonly balance: Atoms; readonly updatedMs: number };

/** What is resting of one symbol, opening orders only (reduce-only ones need no margin). */
export type OpenNotional = { readonly bids: Atoms; readonly asks: Atoms };

export type SymbolMargin = {
  readonly notional: Atoms;
  readonly unrealized: Atoms;
  readonly positionInitial: Atoms;
  readonly openOrderInitial: Atoms;
  readonly maintenance: Atoms;
};

export class Account {
  readonly apiKey: string;
  readonly #wallets = new Map<string, Wallet>();
  readonly #positions = new Map<string, Position>();
  readonly #leverage = new Map<string, number>();
  #hedge = false;

  constructor({ apiKey, balances }: { readonly apiKey: string; readonly balances: Readonly<Record<string, Atoms>> }) {
    this.apiKey = apiKey;
    for (const [asset, balance] of Object.entries(balances)) this.#wallets.set(asset, { asset, balance, updatedMs: 0 });
  }

  /** Hedge mode: a long and a short position side by side on one symbol, instead of one net position. */
  get hedge(): boolean {
    return this.#hedge;
  }

  /** Only to be called while there is neither a position nor an open order. */
  setHedge(hedge: boolean): void {
    this.#hedge = hedge;
  }

  /** Symbol and side of every position that is not flat. */
  held(): readonly { readonly symbol: string; readonly side: PositionSide }[] {
    return [...this.#positions].filter(([, { size }]) => size !== 0).map(([name]) => heldOf(name));
  }

  wallets(): readonly Wallet[] {
    return [...this.#wallets.values()];
  }

  wallet(asset: string): Atoms {
    return this.#wallets.get(asset)?.balance ?? ZERO_ATOMS;
  }

  position(symbol: string, side: PositionSide = 'both'): Position {
    return this.#positions.get(positionName(symbol, side)) ?? FLAT;
  }

  leverage(symbol: string): number {
    return this.#leverage.get(symbol) ?? LEVERAGE_DEFAULT;
  }

  setLeverage(symbol: string, leverage: number): void {
    this.#leverage.set(symbol, leverage);
  }

  /** Books a fill: position, realised profit and fee into the wallet of the quote asset. */
  fill(fill: AccountFill): Booked {
    const { symbol, quoteAsset } = fill.instrument;
    const rates = feeRatesOf(quoteAsset);
    const notional = notionalOf(fill.instrument, fill);
    const fee = atoms((notional * (fill.maker ? rates.makerPpm : rates.takerPpm)) / 1_000_000n);
    const { position, realized } = applyFill(this.position(symbol, fill.positionSide), { ...fill, fee });
    this.#positions.set(positionName(symbol, fill.positionSide), position);
    const balance = atoms(this.wallet(quoteAsset) + realized - fee);
    this.#wallets.set(quoteAsset, { asset: quoteAsset, balance, updatedMs: fill.atMs });
    return { realized, fee, position };
  }

  /** Margin of one symbol: the position, and what its open orders could add on the worse side, both over leverage. */
  margin({
    instrument,
    markAtoms,
    open,
  }: {
    readonly instrument: Instrument;
    readonly markAtoms: Atoms;
    readonly open: OpenNotional;
  }): SymbolMargin {
    const position = this.position(instrument.symbol);
    const leverage = BigInt(this.leverage(instrument.symbol));
    const notional = valueAt(instrument, { size: position.size, priceAtoms: markAtoms });
    const worst = largest([magnitude(notional), magnitude(notional + open.bids), magnitude(notional - open.asks)]);
    const positionInitial = magnitude(notional) / leverage;
    return {
      notional,
      unrealized: unrealizedOf(instrument, position, markAtoms),
      positionInitial: atoms(positionInitial),
      openOrderInitial: atoms(worst / leverage - positionInitial),
      maintenance: atoms((magnitude(notional) * MAINTENANCE_PER_MILLE) / 1_000n),
    };
  }
}

const positionName = (symbol: string, side: PositionSide): string => `${symbol} ${side}`;
const heldOf = (name: string): { readonly symbol: string; readonly side: PositionSide } => {
  const at = name.lastIndexOf(' ');
  return { symbol: name.slice(0, at), side: name.slice(at + 1) as PositionSide };
};
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const largest = (values: readonly bigint[]): bigint => values.reduce((a, b) => (a > b ? a : b), 0n);
