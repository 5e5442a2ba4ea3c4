/**
 * The venue of a backtest on a book: the simulated exchange with its markets, one account on it, and the ways to and from it. What is sent
 * arrives later, and what the venue says is heard later still; nothing overtakes on one way.
 */
import { eventsOf, faultOf, orderOf } from '../../../gateway/venues/paper/reports.ts';
import type { AmendRequest, OrderRequest, VenueOrder, VenueResult } from '../../../gateway/venues/venue.ts';
import type { AccountEvent } from '../../../shared/events.ts';
import { Random } from '../../../shared/random.ts';
import { err, ok } from '../../../shared/result.ts';
import type { Holding } from '../../../shared/sim/account.ts';
import { Exchange } from '../../../shared/sim/exchange.ts';
import type { MarketEvent, UserEvent } from '../../../shared/sim/exchange-events.ts';
import { Line } from '../../../shared/sim/latency.ts';
import type { TapeFrame } from '../../../shared/sim/market.ts';
import type { Trader } from '../../../shared/sim/order-desk.ts';
import { leftOf } from '../../../shared/sim/order-store.ts';
import { type Instrument, parsePrice } from '../../../shared/instrument.ts';
import { atoms, lots, type Lots, ZERO_ATOMS } from '../../../shared/units.ts';
import type { DepthOptions, Sent, Ways } from './depth-options.ts';

export type VenueListener = {
  /** At the venue, at the moment it happens. */
  readonly onUser: (event: UserEvent) => void;
  readonly onMarket: (event: MarketEvent) => void;
  /** At the gateway, when it has come there. */
  readonly onAccount: (event: AccountEvent) => void;
};
type Named = { readonly symbol: string; readonly clientId: string };
type Answered<T> = (result: VenueResult<T>) => void;

const ACCOUNT = 'backtest';
/** Behind a snapshot of the same millisecond, before anything of the next one. */
const AFTER_MS = 0.5;

export class DepthVenue {
  readonly exchange: Exchange;
  readonly trader: Trader;
  readonly instruments: ReadonlyMap<string, Instrument>;
  readonly #options: DepthOptions;
  readonly #ways: Ways;

  constructor(options: DepthOptions, listener: VenueListener) {
    const { symbols, balances, fees, startMs, latencies, seed, leverage } = options;
    this.#options = options;
    const random = new Random(seed);
    this.instruments = new Map(symbols.map(({ instrument }) => [instrument.symbol, instrument]));
    this.#ways = options.recorded?.ways ?? modelledWays(latencies, seed);
    this.exchange = new Exchange({
      ...{ startMs, random, accounts: [{ apiKey: ACCOUNT, balances, fees }] },
      markets: symbols.map(({ market }) => market),
      onMarket: listener.onMarket,
      onUser: (event) => {
        listener.onUser(event);
        const told = event.kind === 'fill' ? [] : eventsOf(event, this.instruments); // the result of a fill tells all that its notice does
        if (told.length > 0)
          this.#arrive(this.#ways.events(this.nowMs, { kind: 'event', clientId: '' }), () => told.forEach(listener.onAccount));
      },
    });
    this.trader = this.exchange.trader(ACCOUNT);
    for (const { instrument } of symbols) this.trader.account.set(instrument.symbol, { leverage });
    this.#hold(options);
  }

  get nowMs(): number {
    return this.exchange.nowMs;
  }

  /** Its depth stream has a period of its own, behind the best prices; a recording shows its book as it was told. */
  isFlow(symbol: string): boolean {
    return this.#options.symbols.some(({ instrument, market }) => instrument.symbol === symbol && market.kind === 'flow');
  }

  place(request: OrderRequest, answered: Answered<VenueOrder>): void {
    this.#ask({ kind: 'place', clientId: request.clientId }, () => this.#place(request), answered);
  }

  amend(request: AmendRequest, answered: Answered<VenueOrder>): void {
    const amend = (): VenueResult<VenueOrder> => {
      const amended = this.exchange.desk.amend(this.trader, { ...request, modifyId: null, reduceOnly: false });
      if (!amended.ok) return err(faultOf(amended.error));
      const order = orderOf(amended.value);
      const lives = order.state === 'accepted' || order.state === 'partially-filled';
      return ok<VenueOrder>(lives ? { ...order, state: 'amended' } : order);
    };
    this.#ask({ kind: 'amend', clientId: request.clientId }, amend, answered);
  }

  cancel(named: Named, answered: Answered<VenueOrder>): void {
    const cancel = (): VenueResult<VenueOrder> => {
      const canceled = this.exchange.desk.cancel(this.trader, named);
      return canceled.ok ? ok(orderOf(canceled.value)) : err(faultOf(canceled.error));
    };
    this.#ask({ kind: 'cancel', clientId: named.clientId }, cancel, answered);
  }

  /** Signed size, as the venue has it when the question arrives. */
  position(symbol: string, answered: Answered<number>): void {
    this.#ask({ kind: 'read', clientId: '' }, () => ok(this.trader.account.position(symbol).size), answered);
  }

  /** Puts a recorded frame on its time. Under the naive model a trade fills every quote that it reaches. */
  schedule(frame: TapeFrame, onDone: (frame: TapeFrame) => void): void {
    const { naive } = this.#options;
    this.exchange.schedule({
      frame,
      atMs: frame.atMs,
      onDone: () => {
        if (naive && frame.kind === 'trade') this.#touch(frame);
        onDone(frame);
      },
    });
  }

  /** Signed size and entry price from before; zero and '0' where there was none. */
  heldBefore(symbol: string): { readonly size: Lots; readonly entryPrice: string } {
    return this.#options.holdings?.[symbol] ?? { size: lots(0), entryPrice: '0' };
  }

  #hold({ symbols, startMs }: DepthOptions): void {
    const { account } = this.trader;
    const holdings = symbols.flatMap(({ instrument }): readonly Holding[] => {
      const { symbol, quoteAsset: asset, stepSize } = instrument;
      const { size, entryPrice } = this.heldBefore(symbol);
      if (size === 0) return [];
      const cost = atoms(BigInt(Math.round(Math.abs(size) * Number(stepSize) * Number(entryPrice) * 1e8)));
      const position = { size, cost, openFees: ZERO_ATOMS, realized: ZERO_ATOMS, updatedMs: startMs };
      return [{ symbol, asset, side: 'both', position, isolated: ZERO_ATOMS }];
    });
    if (holdings.length > 0) account.restore({ ...account.record(), holdings });
  }

  #ask<T>(sent: Sent, act: () => VenueResult<T>, answered: Answered<T>): void {
    this.exchange.agenda.at(this.#ways.there(this.nowMs, sent), () => {
      const result = act();
      this.#options.recorded?.onActed?.(sent, result.ok ? null : result.error.reason || result.error.kind, this.nowMs);
      this.#arrive(this.#ways.back(this.nowMs, sent), () => answered(result));
    });
  }

  /** Comes to the gateway one way later. */
  #arrive(exact: number, run: () => void): void {
    this.exchange.agenda.at(this.#options.wholeMs ? Math.ceil(exact) + AFTER_MS : exact, run);
  }

  #place(request: OrderRequest): VenueResult<VenueOrder> {
    const { kind, timeInForce, strategy: _, ...rest } = request;
    const terms = {
      type: kind,
      timeInForce: kind === 'market' ? 'ioc' : timeInForce,
      positionSide: 'both',
      selfTrade: 'expire-maker',
    } as const;
    const placed = this.exchange.desk.place(this.trader, { ...rest, ...terms });
    return placed.ok ? ok(orderOf(placed.value)) : err(faultOf(placed.error));
  }

  #touch({ symbol, price: text, buyerIsMaker }: Extract<TapeFrame, { kind: 'trade' }>): void {
    const market = this.exchange.market(symbol);
    const price = parsePrice(market.instrument, text);
    if (price === null) return;
    for (const order of this.trader.orders.open(symbol)) {
      const reached = order.side === 'buy' ? buyerIsMaker && price <= order.price : !buyerIsMaker && price >= order.price;
      if (reached) market.takeFrom(order.key, leftOf(order));
    }
  }
}

/** Nothing overtakes on any of them. */
function modelledWays({ order, response }: DepthOptions['latencies'], seed: number): Ways {
  const way = (name: string, latency: typeof order): Ways['there'] => {
    const line = new Line({ latency, random: new Random(seed).fork(`way ${name}`) });
    return (nowMs) => line.arriveMs(nowMs);
  };
  return { there: way('there', order), back: way('back', response), events: way('events', response) };
}
