/** Order entry, stops and account reads of the paper exchange. Each call is one act of the exchange; how long it is on its way is its port's matter. */
import type { BalanceReport, FillReport, PositionReport, StopReport } from '../../../shared/events.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import { err, ok } from '../../../shared/result.ts';
import type { Exchange } from '../../../shared/sim/exchange.ts';
import { AMENDS_MAX } from '../../../shared/sim/entry-checks.ts';
import { liquidationOf, positionMargin } from '../../../shared/sim/margin.ts';
import type { PlaceRequest, Trader } from '../../../shared/sim/order-desk.ts';
import { formatAtoms, wallMs } from '../../../shared/units.ts';
import type {
  AccountState,
  Holdings,
  AmendRequest,
  Budgets,
  OnWritten,
  OrderEntry,
  OrderRequest,
  StopEntry,
  StopRequest,
  VenueOrder,
  VenueResult,
} from '../venue.ts';
import type { PaperMarket } from './market.ts';
import { faultOf, fillOf, noSuch, notNow, notOurs, orderOf, positionOf, stopOf } from './reports.ts';

/** Runs one act at the exchange: there and back, and durable before its answer is. */
export type Act = <T>(run: () => T, onWritten?: OnWritten) => Promise<T>;

export type PaperParts = {
  readonly exchange: Exchange;
  readonly trader: Trader;
  readonly markets: ReadonlyMap<string, PaperMarket>;
  readonly instruments: ReadonlyMap<string, Instrument>;
  readonly act: Act;
};

type Named = { readonly symbol: string; readonly clientId: string };

/** As many as a live venue tells at once. */
const TRADES_LIMIT = 1_000;
/** Nothing is rationed here; the gateway still keeps to its own windows, with a live venue's usual figures. */
const BUDGETS: Budgets = {
  weight: { used: 0, limit: 2_400 },
  orders1m: { used: 0, limit: 1_200 },
  orders10s: { used: 0, limit: 300 },
};

export class PaperOrders implements OrderEntry, StopEntry {
  readonly #parts: PaperParts;
  /** As the matching of the simulator has it. */
  readonly amends = { most: AMENDS_MAX, shrinkKeepsPlace: false } as const;

  constructor(parts: PaperParts) {
    this.#parts = parts;
  }

  place(request: OrderRequest, onWritten?: OnWritten): Promise<VenueResult<VenueOrder>> {
    return this.#parts.act(() => this.#place(request), onWritten);
  }

  amend(request: AmendRequest, onWritten?: OnWritten): Promise<VenueResult<VenueOrder>> {
    return this.#parts.act(() => this.#amend(request), onWritten);
  }

  cancel(order: Named): Promise<VenueResult<VenueOrder>> {
    return this.#parts.act(() => this.#cancel(order));
  }

  cancelMany({ symbol, clientIds }: { readonly symbol: string; readonly clientIds: readonly string[] }) {
    return this.#parts.act(() => clientIds.map((clientId) => this.#cancel({ symbol, clientId })));
  }

  queryOrder(order: Named): Promise<VenueResult<VenueOrder>> {
    return this.#parts.act(() => this.#find(order));
  }

  orderOf({ symbol, venueId }: { readonly symbol: string; readonly venueId: string }): Promise<VenueResult<VenueOrder>> {
    return this.#parts.act(() => this.#find({ symbol, id: venueId }));
  }

  trades({ symbol, fromTradeId }: { readonly symbol: string; readonly fromTradeId: string | null }) {
    return this.#parts.act((): VenueResult<readonly FillReport[]> => {
      if (!this.#parts.instruments.has(symbol)) return err(notOurs(symbol));
      const all = this.#parts.trader.orders.trades(symbol);
      const from = fromTradeId === null ? null : all.filter(({ id }) => id >= Number(fromTradeId));
      return ok((from?.slice(0, TRADES_LIMIT) ?? all.slice(-TRADES_LIMIT)).map(fillOf));
    });
  }

  holdings(): Promise<VenueResult<Holdings>> {
    return this.account();
  }

  account(): Promise<VenueResult<AccountState>> {
    return this.#parts.act(() => ok(this.#account()));
  }

  openOrders(): Promise<VenueResult<readonly VenueOrder[]>> {
    return this.#parts.act(() => ok(this.#account().openOrders));
  }

  recentIds(symbol: string): Promise<VenueResult<readonly string[]>> {
    const { trader, act } = this.#parts;
    return act(() => ok(trader.orders.all(symbol).map(({ clientId }) => clientId)));
  }

  armDeadMan({ symbol, ms }: { readonly symbol: string; readonly ms: number }): Promise<VenueResult<null>> {
    return this.#parts.act(() => {
      const { exchange, trader, instruments } = this.#parts;
      if (!instruments.has(symbol)) return err(notOurs(symbol));
      exchange.countdown(trader, symbol, ms);
      return ok(null);
    });
  }

  budgets(): Budgets {
    return BUDGETS;
  }

  placeStop(request: StopRequest): Promise<VenueResult<StopReport>> {
    return this.#parts.act(() => this.#placeStop(request));
  }

  cancelStop({ clientId }: Named): Promise<VenueResult<null>> {
    return this.#parts.act(() => {
      const canceled = this.#parts.exchange.algos.cancel(this.#parts.trader, { clientId });
      return canceled.ok ? ok(null) : err(faultOf(canceled.error));
    });
  }

  queryStop({ clientId }: Named): Promise<VenueResult<StopReport>> {
    return this.#parts.act(() => {
      const found = this.#parts.exchange.algos.find(this.#parts.trader, { clientId });
      return found ? ok(stopOf(found)) : err(noSuch('stop'));
    });
  }

  openStops(): Promise<VenueResult<readonly StopReport[]>> {
    const { exchange, trader, instruments, act } = this.#parts;
    return act(() =>
      ok(
        exchange.algos
          .open(trader, null)
          .filter(({ symbol }) => instruments.has(symbol))
          .map(stopOf),
      ),
    );
  }

  recentStopIds(symbol: string): Promise<VenueResult<readonly string[]>> {
    const { exchange, trader, act } = this.#parts;
    return act(() => ok(exchange.algos.all(trader, symbol).map(({ clientId }) => clientId)));
  }

  #place(request: OrderRequest): VenueResult<VenueOrder> {
    const { exchange, trader, markets } = this.#parts;
    const market = markets.get(request.symbol);
    if (!market) return err(notOurs(request.symbol));
    const hindrance = market.hindrance();
    if (hindrance !== null) return err(notNow(hindrance));
    const { kind, timeInForce, ...rest } = request;
    const terms = {
      positionSide: 'both',
      selfTrade: 'expire-maker',
      type: kind,
      timeInForce: kind === 'market' ? 'ioc' : timeInForce,
    } as const;
    const placed = exchange.desk.place(trader, { ...rest, ...terms } satisfies PlaceRequest);
    return placed.ok ? ok(orderOf(placed.value)) : err(faultOf(placed.error));
  }

  /** A successful amend may still say that the order ended. */
  #amend(request: AmendRequest): VenueResult<VenueOrder> {
    const { exchange, trader, markets } = this.#parts;
    const market = markets.get(request.symbol);
    if (!market) return err(notOurs(request.symbol));
    const hindrance = market.hindrance();
    if (hindrance !== null) return err(notNow(hindrance));
    const amended = exchange.desk.amend(trader, { ...request, modifyId: null, reduceOnly: false });
    if (!amended.ok) return err(faultOf(amended.error));
    const order = orderOf(amended.value);
    return ok(order.state === 'accepted' || order.state === 'partially-filled' ? { ...order, state: 'amended' } : order);
  }

  #cancel({ symbol, clientId }: Named): VenueResult<VenueOrder> {
    const { exchange, trader, instruments } = this.#parts;
    if (!instruments.has(symbol)) return err(notOurs(symbol));
    const canceled = exchange.desk.cancel(trader, { symbol, clientId });
    return canceled.ok ? ok(orderOf(canceled.value)) : err(faultOf(canceled.error));
  }

  #find(name: { readonly symbol: string; readonly id?: string; readonly clientId?: string }): VenueResult<VenueOrder> {
    if (!this.#parts.instruments.has(name.symbol)) return err(notOurs(name.symbol));
    const order = this.#parts.trader.orders.find(name);
    return order ? ok(orderOf(order)) : err(noSuch('order'));
  }

  #placeStop(request: StopRequest): VenueResult<StopReport> {
    const { exchange, trader, markets } = this.#parts;
    const market = markets.get(request.symbol);
    if (!market) return err(notOurs(request.symbol));
    market.look();
    if (market.moment === null) return err(notNow(`no mark price of ${request.symbol} was told yet`));
    if (request.working === 'last' && market.feed.last <= 0) return err(notNow(`no trade of ${request.symbol} was told yet`));
    const placed = exchange.algos.place(trader, {
      ...{ symbol: request.symbol, side: request.side, size: request.size, trigger: request.trigger, clientId: request.clientId },
      ...{ type: 'stop-market', timeInForce: 'gtc', positionSide: 'both', working: request.working, reduceOnly: true },
      ...{
        price: null,
        priceMatch: 'none',
        goodTillMs: null,
        priceProtect: false,
        activate: null,
        callbackBps: null,
        selfTrade: 'expire-maker',
      },
    });
    return placed.ok ? ok(stopOf(placed.value)) : err(faultOf(placed.error));
  }

  #account(): AccountState {
    const { exchange, trader, instruments } = this.#parts;
    const { account, orders } = trader;
    const { nowMs } = exchange;
    const held = [...instruments.values()].map((instrument) => ({ instrument, position: account.position(instrument.symbol) }));
    const positions = held.map(({ instrument, position }): PositionReport => positionOf(instrument, position, position.updatedMs || nowMs));
    const balances = account.wallets().map(({ asset, balance, updatedMs }): BalanceReport => {
      const available = exchange.available(trader, asset);
      return { kind: 'balance', asset, wallet: balance, available, atMs: wallMs(Math.floor(updatedMs)) };
    });
    return {
      positions,
      balances,
      openOrders: orders
        .open(null)
        .filter(({ symbol }) => instruments.has(symbol))
        .map(orderOf),
      leverage: Object.fromEntries(held.map(({ instrument: { symbol } }) => [symbol, account.leverage(symbol)])),
      liquidationPrice: Object.fromEntries(held.map(({ instrument: { symbol } }) => [symbol, this.#liquidationPrice(symbol)])),
      hedgeMode: account.hedge,
      isolated: held.map(({ instrument: { symbol } }) => symbol).filter((symbol) => account.settings(symbol).marginType === 'isolated'),
      multiAssets: account.multiAssets,
      marginRatio: null,
    };
  }

  #liquidationPrice(symbol: string): string | null {
    const { exchange, trader } = this.#parts;
    const market = exchange.market(symbol);
    const price = liquidationOf({ trader, market, markets: exchange.markets.values() }, positionMargin({ trader, market, side: 'both' }));
    return price > 0n ? formatAtoms(price) : null;
  }
}
