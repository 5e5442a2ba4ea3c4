/** One simulated account: wallets per asset, positions with their isolated margin, settings, fees. Knows no prices but those of its fills. */
import type { Instrument } from '../instrument.ts';
import { notionalOf } from '../instrument.ts';
import { type Atoms, atoms, type Lots, lots, type Ticks, ZERO_ATOMS } from '../units.ts';
import { type IncomeEntry, type IncomeRow, IncomeBook } from './income.ts';
import type { Side } from './market.ts';
import { applyFill, FLAT, type Position, type PositionSide } from './position.ts';

/** Parts per million of the notional. */
export type FeeRates = { readonly makerPpm: bigint; readonly takerPpm: bigint };

/** Binance USD-M regular user, reference sheet 2026-11: 0.0200 % and 0.0500 %; USDC-margined makers pay nothing. */
export const feeRatesOf = (quoteAsset: string): FeeRates => ({ makerPpm: quoteAsset === 'USDC' ? 0n : 200n, takerPpm: 500n });

/** What is known of an account's rates; a rate that is not known is that of a regular user. */
export type KnownRates = Partial<FeeRates>;
export const ratesWith = (known: KnownRates | null, quoteAsset: string): FeeRates => ({ ...feeRatesOf(quoteAsset), ...known });

export const LEVERAGE_DEFAULT = 20;

export type MarginType = 'cross' | 'isolated';

export type AccountFill = {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly positionSide: PositionSide;
  readonly price: Ticks;
  readonly size: Lots;
  readonly maker: boolean;
  /** What the venue closes by force pays no commission. */
  readonly free?: boolean;
  readonly tradeId: number;
  readonly atMs: number;
};

export type Booked = { readonly realized: Atoms; readonly fee: Atoms; readonly position: Position };

export type Wallet = { readonly asset: string; readonly balance: Atoms; readonly updatedMs: number };

/** A position and the margin set aside for it; that is zero for cross margin. */
export type Holding = {
  readonly symbol: string;
  readonly asset: string;
  readonly side: PositionSide;
  readonly position: Position;
  readonly isolated: Atoms;
};

export type SymbolSettings = { readonly leverage: number; readonly marginType: MarginType };

/** Somebody moved margin into or out of an isolated position. */
export type MarginMove = {
  readonly symbol: string;
  readonly asset: string;
  readonly side: PositionSide;
  readonly amount: Atoms;
  readonly atMs: number;
};

/** Everything an account is, as plain data. */
export type AccountRecord = {
  readonly apiKey: string;
  readonly hedge: boolean;
  readonly multiAssets: boolean;
  readonly feeBurn: boolean;
  readonly wallets: readonly Wallet[];
  readonly holdings: readonly Holding[];
  readonly settings: readonly (SymbolSettings & { readonly symbol: string })[];
  readonly income: readonly IncomeRow[];
  readonly marginMoves: readonly MarginMove[];
};

const MARGIN_MOVES_MAX = 1_000;

export class Account {
  readonly apiKey: string;
  /** Hedge mode: a long and a short position side by side on one symbol. To be changed only without positions and open orders. */
  hedge = false;
  /** All assets margin all positions together. */
  multiAssets = false;
  /** Whether fees are to be paid in another coin: kept and told, of no effect here. */
  feeBurn = true;
  #income: IncomeBook;
  #marginMoves: MarginMove[] = [];
  readonly #fees: KnownRates | null;
  readonly #wallets = new Map<string, Wallet>();
  readonly #holdings = new Map<string, Holding>();
  readonly #settings = new Map<string, SymbolSettings>();

  constructor({
    apiKey,
    balances,
    firstId = 1,
    openedMs = 0,
    fees = null,
    lean = false,
  }: {
    readonly apiKey: string;
    readonly balances: Readonly<Record<string, Atoms>>;
    readonly firstId?: number;
    /** When the balances came in: an asset that never moved shows zero, and clients take such a row for none. */
    readonly openedMs?: number;
    /** Null, or without a rate: what a regular user pays. */
    readonly fees?: KnownRates | null;
    /** Nobody asks for its cash book. */
    readonly lean?: boolean;
  }) {
    this.apiKey = apiKey;
    this.#fees = fees;
    this.#income = new IncomeBook({ firstId, lean });
    for (const [asset, balance] of Object.entries(balances)) this.#wallets.set(asset, { asset, balance, updatedMs: openedMs });
  }

  record(): AccountRecord {
    const { apiKey, hedge, multiAssets, feeBurn } = this;
    const settings = [...this.#settings].map(([symbol, setting]) => ({ symbol, ...setting }));
    const [wallets, holdings] = [this.wallets(), this.holdings()];
    return { apiKey, hedge, multiAssets, feeBurn, wallets, holdings, settings, income: this.income(), marginMoves: this.#marginMoves };
  }

  /** Becomes what was recorded of it. */
  restore(record: AccountRecord): void {
    [this.hedge, this.multiAssets, this.feeBurn] = [record.hedge, record.multiAssets, record.feeBurn];
    for (const map of [this.#wallets, this.#holdings, this.#settings]) map.clear();
    for (const wallet of record.wallets) this.#wallets.set(wallet.asset, wallet);
    for (const holding of record.holdings) this.#keep(holding);
    for (const { symbol, leverage, marginType } of record.settings) this.#settings.set(symbol, { leverage, marginType });
    this.#income = new IncomeBook({ firstId: this.#income.nextId, rows: record.income });
    this.#marginMoves = [...record.marginMoves];
  }

  wallets(): readonly Wallet[] {
    return [...this.#wallets.values()];
  }

  /** All of an asset, isolated margins included. */
  wallet(asset: string): Atoms {
    return this.#wallets.get(asset)?.balance ?? ZERO_ATOMS;
  }

  /** What of an asset is not set aside for an isolated position. */
  crossWallet(asset: string): Atoms {
    let balance: bigint = this.wallet(asset);
    for (const holding of this.#holdings.values()) if (holding.asset === asset) balance -= holding.isolated;
    return atoms(balance);
  }

  position(symbol: string, side: PositionSide = 'both'): Position {
    return this.#holdings.get(nameOf(symbol, side))?.position ?? FLAT;
  }

  isolated(symbol: string, side: PositionSide): Atoms {
    return this.#holdings.get(nameOf(symbol, side))?.isolated ?? ZERO_ATOMS;
  }

  /** Positions ever held, flat ones included. */
  holdings(): readonly Holding[] {
    return [...this.#holdings.values()];
  }

  /** Positions that are not flat, of one symbol or of all. */
  held(symbol: string | null = null): readonly Holding[] {
    return this.holdings().filter((each) => each.position.size !== 0 && (symbol === null || each.symbol === symbol));
  }

  /** The positions a symbol can have in the present mode. */
  sides(): readonly PositionSide[] {
    return this.hedge ? ['long', 'short'] : ['both'];
  }

  settings(symbol: string): SymbolSettings {
    return this.#settings.get(symbol) ?? { leverage: LEVERAGE_DEFAULT, marginType: 'cross' };
  }

  leverage(symbol: string): number {
    return this.settings(symbol).leverage;
  }

  set(symbol: string, change: Partial<SymbolSettings>): void {
    this.#settings.set(symbol, { ...this.settings(symbol), ...change });
  }

  /** Rows of the cash book, oldest first. */
  income(): readonly IncomeRow[] {
    return this.#income.rows();
  }

  marginMoves(): readonly MarginMove[] {
    return this.#marginMoves;
  }

  /** Moves money into or out of a wallet, with its row in the cash book. Below zero only when the caller lets it. */
  credit(entry: IncomeEntry): void {
    const { asset, amount, atMs } = entry;
    this.#wallets.set(asset, { asset, balance: atoms(this.wallet(asset) + amount), updatedMs: atMs });
    this.#income.add(entry);
  }

  /** Moves margin between the cross wallet and an isolated position, or lets its owner's profit or loss stay with it. */
  addIsolated({ symbol, side, amount }: { readonly symbol: string; readonly side: PositionSide; readonly amount: Atoms }): void {
    const holding = this.#holdings.get(nameOf(symbol, side));
    if (!holding) throw new Error(`Cannot move margin of ${symbol}: it was never held`);
    this.#keep({ ...holding, isolated: atoms(holding.isolated + amount) });
  }

  noteMarginMove(move: MarginMove): void {
    this.#marginMoves.push(move);
    if (this.#marginMoves.length > MARGIN_MOVES_MAX) this.#marginMoves = this.#marginMoves.slice(MARGIN_MOVES_MAX / 2);
  }

  /** Books a fill: position, realised profit and fee into the wallet of the quote asset, isolated margin in and out. */
  fill(fill: AccountFill): Booked {
    const { instrument, positionSide: side, tradeId, atMs } = fill;
    const { symbol, quoteAsset: asset } = instrument;
    const before = this.#holdings.get(nameOf(symbol, side)) ?? { symbol, asset, side, position: FLAT, isolated: ZERO_ATOMS };
    const fee = fill.free ? ZERO_ATOMS : feeOf(fill, ratesWith(this.#fees, asset));
    const { position, realized, closed } = applyFill(before.position, { ...fill, fee });
    this.credit({ type: 'realized', amount: realized, asset, symbol, tradeId, atMs });
    this.credit({ type: 'commission', amount: atoms(-fee), asset, symbol, tradeId, atMs });
    const left = marginLeft(before, { closed, realized });
    this.#keep({ ...before, position, isolated: left });
    const opened = lots(fill.size - closed);
    const { leverage, marginType } = this.settings(symbol);
    if (opened > 0 && marginType === 'isolated') {
      const wanted = notionalOf(instrument, { price: fill.price, size: opened }) / BigInt(leverage);
      this.addIsolated({ symbol, side, amount: between0(wanted, this.crossWallet(asset)) });
    }
    return { realized, fee, position };
  }

  #keep(holding: Holding): void {
    this.#holdings.set(nameOf(holding.symbol, holding.side), holding);
  }
}

/** A reduction gives back its share of the margin; a loss beyond that share is paid by the margin that stays, as far as it goes. */
function marginLeft({ position, isolated }: Holding, { closed, realized }: { readonly closed: Lots; readonly realized: Atoms }): Atoms {
  if (closed === 0) return isolated;
  const released = (isolated * BigInt(closed)) / BigInt(Math.abs(position.size));
  const deficit = -(released + realized);
  const left = isolated - released;
  return atoms(left - between0(deficit, left));
}

function feeOf({ instrument, price, size, maker }: AccountFill, rates: FeeRates): Atoms {
  return atoms((notionalOf(instrument, { price, size }) * (maker ? rates.makerPpm : rates.takerPpm)) / 1_000_000n);
}

/** `value`, but neither below zero nor above `max` (which counts as zero when it is below). */
function between0(value: bigint, max: bigint): Atoms {
  const top = max > 0n ? max : 0n;
  return atoms(value < 0n ? 0n : value > top ? top : value);
}

/** The one position of one-way mode goes by the name of its symbol. */
const nameOf = (symbol: string, side: PositionSide): string => (side === 'both' ? symbol : `${symbol} ${side}`);
