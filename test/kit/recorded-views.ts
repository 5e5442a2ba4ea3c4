/** Views of a strategy over a recorded market: the book as it stood and the trades since the view before, at a fixed period. */
import type { Level, SymbolView, TradeSeen } from '../../brain/strategy/strategy.ts';
import { type Instrument, parsePrice, parseSize } from '../../shared/instrument.ts';
import { TapeBook } from './tape-book.ts';
import { lots, wallMs } from '../../shared/units.ts';
import { readTape } from '../../scripts/sim/tape-file.ts';
import { view } from './brain.ts';

const LEVELS = 20;

/** Times are the exchange's. Before the book stands there is no view; trades made until then belong to none. */
export async function recordedViews(file: string, { instrument, everyMs }: { instrument: Instrument; everyMs: number }) {
  const book = new TapeBook();
  const views: SymbolView[] = [];
  const levels = (rows: readonly (readonly [string, string])[]): Level[] =>
    rows.map(([price, size]) => ({ price: parsePrice(instrument, price)!, size: parseSize(instrument, size)! }));
  let trades: TradeSeen[] = [];
  let nextMs = 0;
  for await (const frame of readTape(file)) {
    if (frame.kind === 'snapshot') book.onSnapshot(frame);
    if (frame.kind === 'depth') book.onDiff(frame);
    const top = frame.kind === 'depth' && frame.atMs >= nextMs ? book.top(LEVELS) : null;
    if (top) {
      const seen = { bids: levels(top.bids), asks: levels(top.asks), position: lots(0), atMs: wallMs(Math.round(frame.atMs)) };
      views.push(view({ ...seen, instrument, trades: views.length === 0 ? null : trades, markTicks: null }));
      trades = [];
      nextMs = (Math.floor(frame.atMs / everyMs) + 1) * everyMs;
    }
    if (frame.kind === 'trade' && Number(frame.size) > 0)
      trades.push({
        price: parsePrice(instrument, frame.price)!,
        size: parseSize(instrument, frame.size)!,
        aggressor: frame.buyerIsMaker ? 'sell' : 'buy',
        atMs: wallMs(Math.round(frame.atMs)),
      });
  }
  return views;
}
