/**
 * A post-only order that the venue refused, because it would have taken, shows that the market is nearer than our book says. The next try
 * of that side stands behind the refused price: a tick, then two, four ..., until one is taken or the book has had time to catch up. One
 * try a snapshot, because that is how often the plan is made. Pure.
 */
import type { Side } from '../../shared/order.ts';
import { type MonoMs, monoMs, type Ticks, ticks } from '../../shared/units.ts';
import type { WantedQuote } from '../strategy/strategy.ts';

/** No quote of the side is nearer to the market than `bound` before `untilMs`. */
export type Refused = { readonly bound: Ticks; readonly inARow: number; readonly untilMs: MonoMs };
export type Repricing = Readonly<Record<Side, Refused | null>>;
export const NO_REPRICING: Repricing = { buy: null, sell: null };

/** A book of 100 ms frames has caught up by then. */
const MEMORY_MS = 300;
const STEPS_DOUBLED = 6;

export type Refusal = { readonly side: Side; readonly price: Ticks };

export function refusedAt(before: Repricing, { side, price }: Refusal, now: MonoMs): Repricing {
  const last = live(before[side], now);
  const inARow = (last?.inARow ?? 0) + 1;
  const steps = 2 ** Math.min(inARow - 1, STEPS_DOUBLED);
  const bound = ticks(side === 'buy' ? price - steps : price + steps);
  return { ...before, [side]: { bound, inARow, untilMs: monoMs(now + MEMORY_MS) } };
}

/** The venue took an order of that side: as near to the market as the bound, and the book is right again. */
export function takenAt(before: Repricing, { side, price }: Refusal): Repricing {
  const bound = before[side]?.bound;
  const near = bound !== undefined && (side === 'buy' ? price >= bound : price <= bound);
  return near ? { ...before, [side]: null } : before;
}

export function reprice(wanted: readonly WantedQuote[], { repricing, now }: { readonly repricing: Repricing; readonly now: MonoMs }) {
  return wanted.map((quote) => {
    const refused = live(repricing[quote.side], now);
    if (!refused) return quote;
    const price = quote.side === 'buy' ? Math.min(quote.price, refused.bound) : Math.max(quote.price, refused.bound);
    return price === quote.price ? quote : { ...quote, price: ticks(price) };
  });
}

const live = (refused: Refused | null, now: MonoMs): Refused | null => (refused && now < refused.untilMs ? refused : null);
