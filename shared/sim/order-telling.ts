/**
 * The events of orders, in the venue's order: for an order that takes at once, its fill notices first, then NEW or AMENDMENT, then for
 * each fill the account and the order; what happened to other orders meanwhile comes after that.
 */
import { accountEvent, noChange } from './account-events.ts';
import type { Execution, OwnTrade, SimOrder, UserEvent } from './exchange-events.ts';
import type { Trader } from './order-desk.ts';
import type { SymbolMarket } from './symbol-market.ts';

export type OrderNews = { readonly execution: Execution; readonly modifyId?: string | null; readonly trade?: OwnTrade };

export type TellingOptions = {
  readonly market: (symbol: string) => SymbolMarket;
  readonly tell: (event: UserEvent) => void;
};

/** Events of one command, held back until its order is known. */
type Batch = { readonly key: number; readonly outer: Batch | null; readonly notices: UserEvent[]; readonly results: UserEvent[] };

export class OrderTelling {
  readonly #options: TellingOptions;
  #batch: Batch | null = null;

  constructor(options: TellingOptions) {
    this.#options = options;
  }

  /** The order now being entered, if any. */
  get entering(): number | null {
    return this.#batch?.key ?? null;
  }

  /** Runs the entry of one order: `news` of it is told between its fill notices and their results. */
  enter<T>(key: number, { news, run }: { readonly news: UserEvent; readonly run: () => T }): T {
    const batch: Batch = { key, outer: this.#batch, notices: [], results: [] };
    this.#batch = batch;
    const value = run();
    this.#batch = batch.outer;
    for (const event of batch.notices) this.#tell(key, event);
    this.#tell(key, news);
    for (const event of batch.results) this.#tell(key, event);
    return value;
  }

  order(trader: Trader, order: SimOrder, news: OrderNews): void {
    this.#tell(order.key, this.orderEvent(trader, order, news));
  }

  orderEvent(trader: Trader, order: SimOrder, { execution, modifyId = null, trade }: OrderNews): UserEvent {
    const { bids, asks } = trader.orders.openNotional(this.#options.market(order.symbol).instrument);
    return { kind: 'order', apiKey: order.apiKey, atMs: order.updatedMs, execution, order, trade: trade ?? null, modifyId, bids, asks };
  }

  fill(trader: Trader, trade: OwnTrade): void {
    const { order, atMs } = trade;
    const { apiKey } = trader.account;
    const market = this.#options.market(order.symbol);
    const wallets = [noChange(market.instrument.quoteAsset)];
    const positions = [{ market, side: order.positionSide }];
    const notice: UserEvent = { kind: 'fill', apiKey, atMs, trade };
    const account = accountEvent({ trader, atMs, reason: 'order', wallets, positions });
    const result = this.orderEvent(trader, order, { execution: 'trade', trade });
    if (this.#batch?.key === order.key) {
      this.#batch.notices.push(notice);
      this.#batch.results.push(account, result);
      return;
    }
    for (const event of [notice, account, result]) this.#tell(order.key, event);
  }

  /** Events about other orders during a command follow that command's own. */
  #tell(key: number, event: UserEvent): void {
    if (this.#batch && this.#batch.key !== key) this.#batch.results.push(event);
    else this.#options.tell(event);
  }
}
