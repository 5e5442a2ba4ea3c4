/**
 * Public trades as they reach the brain, by one route or two (read from Redis, pushed over the socket): each is handed on once, in order.
 * Their numbers show what was missed. Places in the row are counted in the brain's own numbers, which never go back, so that a reader who
 * was not there for a while sees that its place is not where the next trades begin. Pure.
 */
import type { TradeDoc } from '../shared/snapshot.ts';

/** One entry of a trades stream, quickly; null when it is none. */
export function readTrade(text: string): TradeDoc | null {
  let row: Partial<Record<keyof TradeDoc, unknown>> | null;
  try {
    row = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof row !== 'object' || row === null) return null;
  const { epoch, n, tradeId, price, size, aggressor, wallMs } = row;
  if (typeof epoch !== 'number' || typeof n !== 'number' || typeof wallMs !== 'number') return null;
  if (typeof tradeId !== 'string' || typeof price !== 'string' || typeof size !== 'string') return null;
  return aggressor === 'buy' || aggressor === 'sell' ? { epoch, n, tradeId, price, size, aggressor, wallMs } : null;
}

/** All trades between two places; a reader whose last place is not `from` has missed some. */
export type TradeNews = { readonly from: number; readonly to: number; readonly rows: readonly TradeDoc[] };

/** Trades kept for a reader that is late; beyond it they count as missed. */
const KEPT = 2_000;

export class TradeRow {
  #epoch = -1;
  #followed = -1;
  /** Number of the newest trade; null before the first. */
  #n: number | null = null;
  #from = 0;
  #to = 0;
  #rows: TradeDoc[] = [];

  /** Of this epoch of the gateway trades are taken although it may be below the one before. */
  follow(epoch: number): void {
    this.#followed = epoch;
  }

  /** In the order they were read; what was there before is passed over. */
  add(trades: readonly TradeDoc[]): void {
    for (const trade of trades) this.#add(trade);
  }

  /** Some may have been missed: whatever comes next does not follow what was read before. */
  lost(): void {
    this.#n = null;
    this.#rows = [];
    this.#from = ++this.#to;
  }

  /** What came since the last call. */
  take(): TradeNews {
    const news = { from: this.#from, to: this.#to, rows: this.#rows };
    this.#from = this.#to;
    this.#rows = [];
    return news;
  }

  #add(trade: TradeDoc): void {
    const { epoch, n } = trade;
    if ((epoch < this.#epoch && epoch !== this.#followed) || (epoch === this.#epoch && this.#n !== null && n <= this.#n)) return;
    if (epoch !== this.#epoch || this.#n === null || n !== this.#n + 1 || this.#rows.length >= KEPT) this.lost();
    [this.#epoch, this.#n] = [epoch, n];
    this.#rows.push(trade);
    this.#to++;
  }
}
