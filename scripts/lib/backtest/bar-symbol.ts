/** One symbol of a backtest on K-lines: its price, what is held of it, its hard exits, its closed bars. */
import { type Exits, type ExitTurn, judgeExit, NO_EXITS } from '../../../brain/risk/exits.ts';
import { EMPTY_OMS, type OmsState } from '../../../brain/oms/notes.ts';
import type { PlaceCommand } from '../../../brain/oms/working.ts';
import type { Refusal } from '../../../brain/look.ts';
import type { ExitParameters } from '../../../shared/exit-parameters.ts';
import { Book } from '../../../shared/book.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { Side } from '../../../shared/sim/market.ts';
import { liquidationOf, positionMargin } from '../../../shared/sim/margin.ts';
import type { Trader } from '../../../shared/sim/order-desk.ts';
import { entryPriceOf } from '../../../shared/sim/position.ts';
import type { SymbolMarket } from '../../../shared/sim/symbol-market.ts';
import { formatAtoms, type Lots, lots, type Ticks, ticks, wallMs } from '../../../shared/units.ts';
import type { FileBar } from './bar-file.ts';
import type { BarMarket } from './bar-market.ts';
import type { BarWindow } from './bar-window.ts';
import type { FundingDue, FundingSource } from './funding-table.ts';

export type BarSymbolOptions = {
  readonly market: BarMarket;
  readonly windows: ReadonlyMap<string, BarWindow>;
  readonly exits: ExitParameters;
  readonly takerShare: number;
  readonly funding: FundingSource;
};
type Opening = { readonly tradeId: string; readonly atMs: number };

/** A close that is asked for counts as lost after so many snapshots; the backtest closes at once, so they have passed. */
const SEQS_OF_A_CLOSE = 20;

export class BarSymbol {
  readonly instrument: Instrument;
  readonly symbol: string;
  readonly market: BarMarket;
  readonly windows: ReadonlyMap<string, BarWindow>;
  /** For the guard, which looks at one. */
  readonly book = new Book();
  exits: Exits = NO_EXITS;
  oms: OmsState = EMPTY_OMS;
  refusals: Readonly<Record<string, Refusal>> = {};
  /** Decided on and on their way. */
  pending: readonly PlaceCommand[] = [];
  /** The bar whose way is being gone; null between bars. */
  bar: FileBar | null = null;
  /** Its ends in the order in which they are met. */
  ends: readonly [Ticks, Ticks] = [ticks(0), ticks(0)];
  /** Extremes of it so far. */
  readonly seen = { high: ticks(0), low: ticks(0) };
  /** When the newest bar closed. */
  closedMs: number | null = null;
  position: Lots = lots(0);
  entryPrice: string | null = null;
  opening: Opening | null = null;
  /** Quote units, signed as the position. */
  cost = 0;
  due: FundingDue | null = null;
  readonly #options: BarSymbolOptions;
  readonly #lotValue: number;
  /** Nothing but the price decides on the exits, so that none fires between two prices at which none did. */
  readonly #pricedExits: boolean;
  /** Prices between which no exit fires on what is held now; none while `high` is below `low`. */
  #calm = { low: 1, high: 0 };
  /** Mark at which the venue may close it; null: at none. */
  #liquidation: Ticks | null = null;
  #seq = 0;

  constructor(options: BarSymbolOptions) {
    this.#options = options;
    this.market = options.market;
    this.windows = options.windows;
    this.instrument = options.market.instrument;
    this.symbol = this.instrument.symbol;
    const { trailing, breakEven, timeStop } = options.exits;
    this.#pricedExits = !trailing && !breakEven && !timeStop;
    this.#lotValue = Number(this.instrument.tickSize) * Number(this.instrument.stepSize);
  }

  /** What the hard exits say at a price of the bar; nothing is changed. */
  judge(price: Ticks, atMs: number): ExitTurn {
    const armed = this.#pricedExits && this.position !== 0 && this.exits.state.at === 'armed';
    const { low, high } = this.#calm;
    if (armed && price >= low && price <= high) return { exits: this.exits, close: null };
    const turn = this.#judged(price, atMs);
    if (armed && turn.close === null)
      this.#calm = low > high ? { low: price, high: price } : { low: Math.min(low, price), high: Math.max(high, price) };
    return turn;
  }

  #judged(price: Ticks, atMs: number): ExitTurn {
    const side: Side = this.position > 0 ? 'buy' : 'sell';
    const taken = [{ price: this.market.touch(side, price), size: this.instrument.maxLots }];
    const view = {
      instrument: this.instrument,
      position: this.position,
      entryPrice: this.entryPrice,
      opening: this.opening,
      taken,
      markPrice: null,
      markAgeMs: null,
      takerShare: this.#options.takerShare,
      stopFilled: false,
      closing: false,
      seq: this.#seq,
      atMs,
      tickMs: 0, // a bar has none
      nowMs: wallMs(atMs),
    };
    return judgeExit(this.exits, { view, parameters: this.#options.exits });
  }

  /** The close has been done: it cools down from here on. */
  closed(atMs: number): void {
    this.#seq += SEQS_OF_A_CLOSE;
    this.exits = this.judge(this.market.price, atMs).exits;
  }

  /** Takes over what the account holds; to be called after everything that may have changed it. */
  sync(trader: Trader, { markets, trade }: { readonly markets: Iterable<SymbolMarket>; readonly trade: Opening | null }): void {
    const position = trader.account.position(this.symbol);
    const turned = position.size !== 0 && (this.position === 0 || Math.sign(this.position) !== Math.sign(position.size));
    if (position.size === 0) this.opening = null;
    else if (turned) this.opening = trade;
    this.position = position.size;
    this.#calm = { low: 1, high: 0 };
    this.entryPrice = position.size === 0 ? null : formatAtoms(entryPriceOf(this.instrument, position));
    this.cost = (Math.sign(position.size) * Number(position.cost)) / 1e8;
    this.#liquidation = this.#liquidationTicks(trader, markets);
  }

  /** Quote units, at a price of the bar. */
  unrealized(price: number = this.market.price): number {
    return this.position === 0 ? 0 : this.position * price * this.#lotValue - this.cost;
  }

  /** Where on the way from here to `to` the venue would close it; null when it does not come that far. */
  liquidationOn(to: Ticks): Ticks | null {
    const at = this.#liquidation;
    if (at === null || this.position === 0) return null;
    const { price } = this.market;
    if (this.position > 0) return to <= at ? ticks(Math.min(at, price)) : null;
    return to >= at ? ticks(Math.max(at, price)) : null;
  }

  /** Between price and liquidation, percent; null when flat, or when no price does that. */
  liquidationPercent(): number | null {
    const at = this.#liquidation;
    return at === null ? null : (Math.abs(this.market.price - at) / this.market.price) * 100;
  }

  /** Funding after `afterMs`. */
  fundingAfter(afterMs: number): FundingDue | null {
    return this.#options.funding.next(afterMs);
  }

  #liquidationTicks(trader: Trader, markets: Iterable<SymbolMarket>): Ticks | null {
    if (this.position === 0) return null;
    const { market } = this;
    const price = liquidationOf({ trader, market, markets }, positionMargin({ trader, market, side: 'both' }));
    if (price === 0n) return null;
    const exact = Number(formatAtoms(price)) / Number(this.instrument.tickSize);
    return ticks(this.position > 0 ? Math.ceil(exact) - 1 : Math.floor(exact) + 1); // there margin is below what must be, not at it
  }
}
