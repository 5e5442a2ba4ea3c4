/** The market as the gateway knows it: as it was at the venue one way of the feed ago, in pictures taken for each snapshot. */
import type { BookView } from '../../../gateway/venues/venue.ts';
import { Book } from '../../../shared/book.ts';
import type { Mark } from '../../../shared/events.ts';
import { formatAtoms, monoMs, type Ticks, wallMs } from '../../../shared/units.ts';
import type { PriceSize } from '../../../shared/sim/exchange-events.ts';
import type { Side } from '../../../shared/sim/market.ts';
import type { SymbolMarket } from '../../../shared/sim/symbol-market.ts';
import type { DepthVenue } from './depth-venue.ts';

export type Look = { readonly best: { readonly bid: Ticks; readonly ask: Ticks } | null; readonly markPrice: string | null };
/** Best prices come by a faster stream than the levels behind them. */
type Top = Readonly<Record<Side, PriceSize | null>>;
type Kept = { view: BookView; mark: Mark | null; markAtMs: number; readonly book: Book };

/** What the gateway knows of the market, for whoever makes snapshots and judges orders. */
export type BookWindow = {
  readonly view: (symbol: string) => BookView;
  readonly mark: (symbol: string) => Mark | null;
  /** Null: none was told. */
  readonly markAgeMs: (symbol: string) => number | null;
  readonly look: (symbol: string) => Look;
};

export class LocalBooks implements BookWindow {
  readonly #venue: DepthVenue;
  readonly #levels: number;
  readonly #kept = new Map<string, Kept>();

  constructor(venue: DepthVenue, levels: number) {
    this.#venue = venue;
    this.#levels = levels;
  }

  /** A picture of now, to be shown when the feed has brought it; `arrivesMs` is when that is. */
  take(arrivesMs: number): () => void {
    const taken = [...this.#venue.exchange.markets].map(([symbol, market]) => ({
      ...{
        symbol,
        depth: (this.#venue.isFlow(symbol) ? market.published(null) : null) ?? market.depth(this.#levels),
        top: topOf(market),
        nowMs: this.#venue.nowMs,
      },
      mark: this.#markOf(symbol),
      markAtMs: market.feed.mark.get().updatedMs,
    }));
    return () => {
      for (const { symbol, depth, top, nowMs, mark, markAtMs } of taken) {
        const kept = this.#of(symbol);
        const { book } = kept;
        book.clear();
        for (const [price, size] of behind('buy', depth.bids, top)) book.bids.set(price, size);
        for (const [price, size] of behind('sell', depth.asks, top)) book.asks.set(price, size);
        const status = book.sound ? 'live' : 'stale';
        kept.view = {
          ...{
            status,
            reason: status === 'live' ? '' : 'empty',
            book,
            lastUpdateId: depth.lastUpdateId,
            exchangeMs: wallMs(Math.floor(nowMs)),
          },
          ...{ knownFrom: null, knownTo: null, top: null, receivedAt: monoMs(arrivesMs) },
        };
        kept.mark = mark;
        kept.markAtMs = markAtMs;
      }
    };
  }

  view(symbol: string): BookView {
    return this.#of(symbol).view;
  }

  mark(symbol: string): Mark | null {
    return this.#of(symbol).mark;
  }

  markAgeMs(symbol: string): number | null {
    const { mark, markAtMs } = this.#of(symbol);
    return mark === null ? null : Math.max(0, this.#venue.nowMs - markAtMs);
  }

  look(symbol: string): Look {
    const { view, mark, book } = this.#of(symbol);
    const [bid, ask] = [book.bestBid, book.bestAsk];
    const best = view.status === 'live' && bid !== null && ask !== null ? { bid, ask } : null;
    return { best, markPrice: mark?.markPrice ?? null };
  }

  #markOf(symbol: string): Mark {
    const { mark: prices } = this.#venue.exchange.market(symbol).feed;
    const { mark, index } = prices.get();
    const fundingRate = (Number(prices.funding.rate()) / 1e8).toFixed(8);
    const nextFundingMs = wallMs(prices.funding.nextMs);
    return { symbol, markPrice: formatAtoms(mark), indexPrice: formatAtoms(index), fundingRate, nextFundingMs };
  }

  #of(symbol: string): Kept {
    let kept = this.#kept.get(symbol);
    if (!kept) {
      const book = new Book();
      const none = { lastUpdateId: 0, exchangeMs: wallMs(0), knownFrom: null, knownTo: null, top: null, receivedAt: null };
      kept = { view: { status: 'syncing', reason: 'starting', book, ...none }, mark: null, markAtMs: 0, book };
      this.#kept.set(symbol, kept);
    }
    return kept;
  }
}

function topOf(market: SymbolMarket): Top {
  const best = (side: Side): PriceSize | null => {
    const level = market.best(side);
    return level && [level.price, level.size];
  };
  return { buy: best('buy'), sell: best('sell') };
}

/** The newest best level, and those of the slower stream that are not before it. */
function* behind(side: Side, levels: readonly PriceSize[], top: Top): Iterable<PriceSize> {
  const best = top[side];
  for (const level of levels) if (best === null || (side === 'buy' ? level[0] < best[0] : level[0] > best[0])) yield level;
  if (best !== null) yield best;
}
