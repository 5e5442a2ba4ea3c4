/** Everything that happens in a backtest, kept for its result: told by the exchange (fills, money) and by the loop (looks, commands, reasons). */
import { formatPrice, formatSize, type Instrument, notionalOf, priceNumber } from '../../../shared/instrument.ts';
import type { OwnTrade, UserEvent } from '../../../shared/sim/exchange-events.ts';
import {
  type Atoms,
  atoms,
  formatAtoms,
  type Lots,
  lots,
  sumDecimals,
  type Ticks,
  trimDecimal,
  ZERO_ATOMS,
} from '../../../shared/units.ts';
import { Fifo } from '../../../shared/sim/fifo.ts';
import { Drawdown } from './drawdown.ts';
import { Markouts } from './markouts.ts';
import { OrderTally } from './order-counts.ts';
import { PnlTally } from './pnl-tally.ts';
import type { BacktestResult, ExitRow, FillRow, FundingRow, GapRow, LiquidationRow, RunMeta, Samples, SymbolMeta } from './result.ts';
import { FILLS_MAX } from './result.ts';
import { type Columns, type Keeping, SampleGrid } from './samples.ts';

export type TallySymbol = {
  readonly instrument: Instrument;
  /** Lots held from before, signed. */
  readonly held?: number;
  readonly strategies: readonly string[];
};
export type TallyOptions = {
  readonly symbols: readonly TallySymbol[];
  readonly fromMs: number;
  readonly periodMs: number;
  readonly startEquity: Atoms;
};
/** Whose order a client id is, and why it was sent. */
export type Cause = { readonly strategy: string; readonly reason: string };
/** What is left at the end. */
export type Ending = {
  readonly meta: RunMeta;
  readonly wallets: ReadonlyMap<string, Atoms>;
  readonly unrealized: ReadonlyMap<string, Atoms>;
};

type Kept = {
  readonly instrument: Instrument;
  readonly markouts: Markouts;
  readonly first: number;
  readonly prices: Columns;
  readonly positions: Columns;
  mid: number;
  position: number;
};

const EQUITY: readonly Keeping[] = ['last', 'low', 'high'];
const EQUITIES: Columns = { first: 0, count: 3 };
/** Price with its extremes, and the position. */
const OF_SYMBOL: readonly Keeping[] = ['last', 'low', 'high', 'last'];
/** Causes of orders that have ended long ago. */
const CAUSES_MAX = 10_000;

export class Tally {
  readonly orders = new OrderTally();
  readonly pnl = new PnlTally();
  readonly exits: ExitRow[] = [];
  readonly gaps: GapRow[] = [];
  readonly #options: TallyOptions;
  readonly #grid: SampleGrid;
  readonly #symbols: ReadonlyMap<string, Kept>;
  readonly #drawdown: Drawdown;
  readonly #fills: FillRow[] = [];
  readonly #funding: FundingRow[] = [];
  readonly #liquidations: LiquidationRow[] = [];
  readonly #causes = new Map<string, Cause>();
  /** In the order of the first time that they were told. */
  readonly #caused = new Fifo<string>();
  readonly #reasons = new Map<string, Map<string, number>>();
  #leftOut = 0;
  #exposedMs = 0;
  #seenMs: number;

  constructor(options: TallyOptions) {
    const { symbols, fromMs, periodMs, startEquity } = options;
    this.#options = options;
    this.#seenMs = fromMs;
    this.#grid = new SampleGrid({ fromMs, periodMs, kinds: [...EQUITY, ...symbols.flatMap(() => OF_SYMBOL)] });
    this.#drawdown = new Drawdown(moneyNumber(startEquity), fromMs);
    this.#symbols = new Map(
      symbols.map(({ instrument, held: position = 0 }, n): [string, Kept] => {
        const first = EQUITY.length + n * OF_SYMBOL.length;
        const columns = { first, prices: { first, count: 3 }, positions: { first: first + 3, count: 1 } };
        return [instrument.symbol, { instrument, markouts: new Markouts(), ...columns, mid: Number.NaN, position }];
      }),
    );
    for (const { positions, position } of this.#symbols.values()) if (position !== 0) this.#grid.add(fromMs, position, positions);
  }

  /** Price of a symbol at just this moment, ticks, perhaps a half: markouts may use it. */
  price(symbol: string, atMs: number, mid: number): void {
    this.passed(symbol, atMs, mid);
    const { markouts, instrument } = this.#of(symbol);
    markouts.onMid(atMs, () => midText(instrument, mid));
  }

  /** Price at about that time. */
  passed(symbol: string, atMs: number, mid: number): void {
    const kept = this.#of(symbol);
    kept.mid = mid;
    this.#grid.add(atMs, mid, kept.prices);
  }

  /** Equity of the account, quote units, and whether anything is held. */
  equity(atMs: number, equity: number, held: boolean): void {
    if (held) this.#exposedMs += atMs - this.#seenMs;
    this.#seenMs = atMs;
    this.#grid.add(atMs, equity, EQUITIES);
    this.#drawdown.see(equity, atMs);
  }

  cause(clientId: string, cause: Cause): void {
    if (!this.#causes.has(clientId)) this.#caused.push(clientId);
    this.#causes.set(clientId, cause);
    if (this.#causes.size > CAUSES_MAX) this.#causes.delete(this.#caused.shift() ?? '');
  }

  causeOf(clientId: string): Cause {
    return this.#causes.get(clientId) ?? VENUE;
  }

  reason(run: string, reason: string): void {
    const of = this.#reasons.get(run) ?? new Map<string, number>();
    this.#reasons.set(run, of);
    of.set(reason, (of.get(reason) ?? 0) + 1);
  }

  onUser(event: UserEvent): void {
    if (event.kind === 'order') {
      if (event.trade) this.#onTrade(event.trade);
      const { status, forced } = event.order;
      if (status !== 'new' && status !== 'partially-filled' && forced === null) this.orders.ended(event.order);
    }
    if (event.kind !== 'account' || (event.reason !== 'insurance' && event.reason !== 'auto-exchange')) return;
    const last = this.#liquidations.at(-1); // told right after the close that it belongs to
    const symbol = event.positions[0]?.symbol ?? event.symbol ?? last?.symbol ?? '';
    for (const { change } of event.wallets) this.pnl.of(symbol).insurance += change;
    const moved = event.wallets.reduce((sum, { change }) => sum + change, 0n);
    if (last)
      this.#liquidations[this.#liquidations.length - 1] = {
        ...last,
        insurance: sumDecimals([last.insurance, formatAtoms(atoms(moved))]) ?? last.insurance,
      };
  }

  funding(row: Omit<FundingRow, 'amount' | 'position'> & { readonly amount: Atoms; readonly position: Lots }): void {
    this.pnl.of(row.symbol).funding += row.amount;
    const { instrument } = this.#of(row.symbol);
    this.#funding.push({ ...row, amount: formatAtoms(row.amount), position: formatSize(instrument, row.position) });
  }

  liquidation(row: {
    readonly symbol: string;
    readonly atMs: number;
    readonly side: 'buy' | 'sell';
    readonly size: Lots;
    readonly averagePrice: Ticks;
  }) {
    const { instrument } = this.#of(row.symbol);
    const [size, averagePrice] = [formatSize(instrument, row.size), formatPrice(instrument, row.averagePrice)];
    this.#liquidations.push({ ...row, size, averagePrice, insurance: '0' });
  }

  result({ meta, wallets, unrealized }: Ending): BacktestResult {
    for (const { markouts } of this.#symbols.values()) markouts.end(meta.toMs);
    const { total, bySymbol } = this.pnl.split(unrealized);
    const { startEquity } = this.#options;
    const end = [...wallets.values(), ...unrealized.values()].reduce((sum, part) => sum + part, 0n);
    const { deepest, longestMs } = this.#drawdown;
    return {
      meta,
      symbols: this.#options.symbols.map(symbolMeta),
      startEquity: formatAtoms(startEquity),
      endEquity: formatAtoms(atoms(end)),
      wallets: Object.fromEntries([...wallets].map(([asset, amount]) => [asset, formatAtoms(amount)])),
      samples: this.#samples(),
      ...{ fills: this.#fills, fillsLeftOut: this.#leftOut, orders: this.orders.total(), ordersBySymbol: this.orders.bySymbol() },
      ...{ funding: this.#funding, liquidations: this.#liquidations, exits: this.exits, gaps: this.gaps },
      ...{ pnl: total, pnlBySymbol: bySymbol },
      extremes: {
        maxDrawdown: moneyText(deepest.amount),
        maxDrawdownPercent: deepest.peak > 0 ? (deepest.amount / deepest.peak) * 100 : 0,
        ...{ drawdownFromMs: deepest.fromMs, drawdownToMs: deepest.toMs, longestDrawdownMs: longestMs },
        exposed: this.#seenMs > this.#options.fromMs ? this.#exposedMs / (this.#seenMs - this.#options.fromMs) : 0,
      },
      reasons: Object.fromEntries([...this.#reasons].map(([run, of]) => [run, Object.fromEntries(of)])),
    };
  }

  #onTrade(trade: OwnTrade): void {
    const { order, price, size, maker, fee, feeAsset, realized, atMs } = trade;
    const kept = this.#of(order.symbol);
    const { instrument } = kept;
    this.pnl.trade(trade, notionalOf(instrument, { price, size }));
    if (order.filled === size && order.forced === null) this.orders.of(order.symbol).touched += 1;
    kept.position += order.side === 'buy' ? size : -size;
    this.#grid.add(atMs, kept.position, kept.positions);
    if (this.#fills.length >= FILLS_MAX) {
      this.#leftOut += 1;
      return;
    }
    const { strategy, reason } = order.forced === null ? this.causeOf(order.clientId) : { strategy: 'venue', reason: order.forced };
    this.#fills.push({
      ...{ atMs, symbol: order.symbol, side: order.side, price: formatPrice(instrument, price), size: formatSize(instrument, size), maker },
      ...{ fee: formatAtoms(atoms(-fee)), feeAsset, realized: formatAtoms(realized), clientId: order.clientId, strategy, reason },
      mid: Number.isNaN(kept.mid) ? null : midText(instrument, kept.mid),
      midAfter: kept.markouts.begin(atMs),
      position: formatSize(instrument, lots(kept.position)),
    });
  }

  #samples(): Samples {
    const grid = this.#grid;
    const text = (n: number, write: (value: number) => string): string[] => [...grid.column(n)].map(write);
    const symbols = [...this.#symbols].map(([symbol, { instrument, first }]) => {
      const price = (value: number): string => (Number.isNaN(value) ? '' : midText(instrument, value));
      const size = (value: number): string => formatSize(instrument, lots(Number.isNaN(value) ? 0 : value));
      const [last, low, high] = [text(first, price), text(first + 1, price), text(first + 2, price)];
      return [symbol, { price: last, priceLow: low, priceHigh: high, position: text(first + 3, size) }] as const;
    });
    const money = (value: number): string => (Number.isNaN(value) ? '' : moneyText(value));
    const [equity, equityLow, equityHigh] = [text(0, money), text(1, money), text(2, money)];
    const { fromMs, periodMs, rows } = grid;
    return { fromMs, periodMs, rows, equity, equityLow, equityHigh, symbols: Object.fromEntries(symbols) };
  }

  #of(symbol: string): Kept {
    const kept = this.#symbols.get(symbol);
    if (!kept) throw new Error(`Cannot tally ${symbol}: it is no symbol of this backtest`);
    return kept;
  }
}

const VENUE: Cause = { strategy: 'venue', reason: 'unknown' };

const symbolMeta = ({ instrument, strategies }: TallySymbol): SymbolMeta => {
  const { symbol, quoteAsset, tickSize, stepSize } = instrument;
  return { symbol, quoteAsset, tickSize, stepSize, strategies };
};

/** Half ticks are exact. */
const midText = (instrument: Instrument, mid: number): string => trimDecimal(priceNumber(instrument, mid).toFixed(8));
export const moneyNumber = (money: Atoms): number => Number(money) / 1e8;
const moneyText = (value: number): string => trimDecimal(value.toFixed(8));
export const sumOf = (parts: Iterable<Atoms>): Atoms => [...parts].reduce((sum, part) => atoms(sum + part), ZERO_ATOMS);
