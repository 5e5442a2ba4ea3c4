/** Reads the venue's own list of trades into the ledger: what the stream told is booked once, what it did not tell is recorded. */
import type { FillReport } from '../../shared/events.ts';
import type { OrderEntry } from '../venues/venue.ts';
import { fillCorrections, withCorrections } from './corrections.ts';
import type { Keeper } from './keeper.ts';
import { newestTrade } from './reconcile.ts';

export type TradeReaderOptions = {
  readonly keeper: Keeper;
  readonly orders: Pick<OrderEntry, 'trades'>;
  /** A fill of then is in the list alone: the stream has had its time to tell it. */
  readonly lateMs: number;
  readonly onMissed: () => void;
};

const PAGES_MAX = 100;

export class TradeReader {
  readonly #options: TradeReaderOptions;

  constructor(options: TradeReaderOptions) {
    this.#options = options;
  }

  /** From the last trade read on, page by page; false when the venue could not be read. */
  async read(symbol: string): Promise<boolean> {
    const { keeper, orders } = this.#options;
    const askedAt = keeper.now().mono;
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const { lastTradeId } = keeper.ledger.positions.row(symbol);
      const result = await orders.trades({ symbol, fromTradeId: lastTradeId });
      if (!result.ok) return false;
      for (const fill of result.value) this.#book(fill);
      const newest = newestTrade(result.value)?.tradeId ?? null;
      if (newest === null || newest === lastTradeId) break;
      keeper.commit(keeper.ledger.readTrades(symbol, newest));
      if (keeper.ledger.positions.row(symbol).lastTradeId === lastTradeId) break;
    }
    keeper.ledger.fills.askedForFees(symbol, askedAt);
    return true;
  }

  /** The last page of the list, for what an order lacks of its fills: they may lie before the place to read from. */
  async readNewest(symbol: string): Promise<boolean> {
    const result = await this.#options.orders.trades({ symbol, fromTradeId: null });
    if (result.ok) for (const fill of result.value) this.#book(fill);
    return result.ok;
  }

  /** Newest trade of each symbol, null where there is none; null when one could not be read. */
  async newest(symbols: readonly string[]): Promise<ReadonlyMap<string, FillReport | null> | null> {
    const newest = new Map<string, FillReport | null>();
    for (const symbol of symbols) {
      const result = await this.#options.orders.trades({ symbol, fromTradeId: null });
      if (!result.ok) return null;
      newest.set(symbol, newestTrade(result.value));
    }
    return newest;
  }

  #book(fill: FillReport): void {
    const { keeper, lateMs, onMissed } = this.#options;
    const now = keeper.now();
    const change = keeper.ledger.fill(fill, now);
    if (change.newFills.length > 0 && now.wall - fill.atMs >= lateMs) onMissed();
    keeper.commit(withCorrections(change, fillCorrections(change, { reason: 'in-trade-list-only', now })));
  }
}
