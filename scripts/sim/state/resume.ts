/** Where the markets of an earlier life go on. */
import { isOpen } from '../../../shared/sim/order-store.ts';
import type { MarketIds } from '../../../shared/sim/saved.ts';
import type { EarlierLife } from '../../../shared/sim/io/state-journal.ts';

/** `middle` in ticks of the symbol's engine. */
export type MarketStart = { readonly middle: number; readonly ids: MarketIds };

/** The last middle of a symbol, moved just so far that no order of an account would be met by the public that comes anew. */
export function marketStart({ saved, moment }: EarlierLife, symbol: string): MarketStart | null {
  const [middle, ids] = [moment.mids[symbol], saved.ids.markets[symbol]];
  if (middle === undefined || !ids) return null;
  const resting = saved.orders.filter((order) => order.symbol === symbol && isOpen(order));
  const bid = Math.max(0, ...resting.filter(({ side }) => side === 'buy').map(({ price }) => price));
  const ask = Math.min(Number.MAX_SAFE_INTEGER, ...resting.filter(({ side }) => side === 'sell').map(({ price }) => price));
  return { middle: Math.min(Math.max(middle, bid + 0.5), ask - 0.5), ids };
}
