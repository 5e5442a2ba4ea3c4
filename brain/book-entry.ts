/** Runs on one symbol that traded with each other: into both sub-ledgers, and before the eyes of both. No order, no fee, no change of the net. Pure. */
import { formatPrice, formatSize } from '../shared/instrument.ts';
import { parseAtoms, ticks, ZERO_ATOMS } from '../shared/units.ts';
import { type Seats, withFill } from './decide.ts';
import type { Portfolio } from './portfolio/portfolio.ts';
import { crossed } from './portfolio/sub-ledger.ts';
import type { Run } from './runs.ts';
import type { CrossInside } from './taker.ts';
import type { MarketView, SeenFill } from './view.ts';

type Books = { readonly portfolio: Portfolio; readonly seats: Seats };

/** At mid, rounded down to a tick. */
export function enterCross(
  { portfolio, seats }: Books,
  { cross, market, runs }: { readonly cross: CrossInside; readonly market: MarketView; readonly runs: readonly Run[] },
): Books {
  const { symbol, instrument, bestBid, bestAsk, atMs } = market;
  const ledger = portfolio.ledgers[symbol];
  if (!ledger) return { portfolio, seats };
  const price = formatPrice(instrument, ticks(Math.floor((bestBid + bestAsk) / 2)));
  const size = formatSize(instrument, cross.size);
  const { buyer, seller } = cross;
  const amounts = { size: parseAtoms(size) ?? ZERO_ATOMS, price: parseAtoms(price) ?? ZERO_ATOMS };
  const ledgers = { ...portfolio.ledgers, [symbol]: crossed(ledger, { buyer, seller, ...amounts }) };
  const told = [
    { id: buyer, side: 'buy' },
    { id: seller, side: 'sell' },
  ] as const;
  const shown = told.reduce((next, { id, side }) => {
    const run = runs.find((one) => one.id === id);
    const fill: SeenFill = { side, price, size, maker: false, wallMs: atMs };
    return run ? withFill(next, { fill, symbol, run }) : next;
  }, seats);
  return { portfolio: { ...portfolio, ledgers }, seats: shown };
}
