/**
 * What a restrained brain still wants: quotes further away, no side that grows the position, small sizes while it probes, or nothing. The
 * strategy does not know; it asked, and this is what is left of it. Pure. A wish is never made larger or nearer here.
 */
import type { BreakerParameters } from '../../shared/risk.ts';
import { type Lots, lots, type Ticks, ticks } from '../../shared/units.ts';
import type { SymbolView, WantedQuote, Wish } from '../strategy/strategy.ts';
import { type BreakerState, rankOf } from './breaker.ts';

export type Restraint = {
  readonly widen: boolean;
  readonly reduceOnly: boolean;
  readonly nothing: boolean;
  /** 1 for the whole size. */
  readonly sizeShare: number;
};
export const FREE: Restraint = { widen: false, reduceOnly: false, nothing: false, sizeShare: 1 };

export function restraintOf(state: BreakerState, { probeSizePercent }: Pick<BreakerParameters, 'probeSizePercent'>): Restraint {
  if (state.at === 'closed') return FREE;
  if (state.at === 'half-open') return { ...FREE, sizeShare: probeSizePercent / 100 };
  const rank = rankOf(state.tier);
  return { widen: true, reduceOnly: rank >= rankOf('one-sided'), nothing: rank >= rankOf('pause'), sizeShare: 1 };
}

type Restraining = { readonly restraint: Restraint; readonly view: SymbolView; readonly widenFactor: number };

/** `reason` stays the strategy's where it is left alone. */
export function restrain(wish: Wish, { restraint, view, widenFactor }: Restraining): Wish {
  if (restraint === FREE) return wish;
  if (restraint.nothing) return { ...wish, quotes: [], target: null, reason: 'breaker-paused' };
  const quotes = restrainQuotes(wish.quotes, { restraint, view, widenFactor });
  const target = wish.target === null ? null : restrainTarget(wish.target, { restraint, view, widenFactor });
  return {
    ...wish,
    quotes,
    target,
    reason: restraint.reduceOnly ? 'breaker-one-sided' : restraint.widen ? 'breaker-widened' : 'breaker-probing',
  };
}

/** Where only reducing is allowed all levels together are no larger than what is held. */
function restrainQuotes(quotes: readonly WantedQuote[], { restraint, view, widenFactor }: Restraining): readonly WantedQuote[] {
  const { minPriceTicks, maxPriceTicks, minLots } = view.instrument;
  const left = { buy: Math.max(0, -view.position), sell: Math.max(0, view.position) };
  return quotes.flatMap((quote): WantedQuote[] => {
    const price = restraint.widen ? widened(quote, { view, widenFactor }) : quote.price;
    const allowed = restraint.reduceOnly ? Math.min(quote.size, left[quote.side]) : quote.size;
    const size = probeSize({ ...quote, price, size: lots(allowed) }, { restraint, view });
    if (size < minLots || price < minPriceTicks || price > maxPriceTicks) return [];
    left[quote.side] -= size;
    return [{ ...quote, size, price }];
  });
}

/** The share of it, or the least that the venue takes where that is more; nothing where even all of it is less. */
function probeSize({ price, size }: WantedQuote, { restraint, view }: Pick<Restraining, 'restraint' | 'view'>): Lots {
  if (restraint.sizeShare === 1) return size;
  const { minLots, minNotionalAtoms, atomsPerTickLot } = view.instrument;
  const one = BigInt(price) * atomsPerTickLot;
  const least = Math.max(minLots, Number((minNotionalAtoms + one - 1n) / one));
  return least > size ? lots(0) : lots(Math.max(least, sharedSize(size, restraint)));
}

/** Its distance from mid times the factor, rounded away from the market; what stands on the far side of mid is left where it is. */
function widened({ side, price }: WantedQuote, { view, widenFactor }: Pick<Restraining, 'view' | 'widenFactor'>): Ticks {
  const mid = (view.bestBid + view.bestAsk) / 2;
  const distance = (side === 'buy' ? mid - price : price - mid) * widenFactor;
  if (distance <= 0) return price;
  return ticks(side === 'buy' ? Math.min(price, Math.floor(mid - distance)) : Math.max(price, Math.ceil(mid + distance)));
}

/** A target may lead towards flat, never beyond it, while only reducing is allowed. A way out is never made smaller. */
function restrainTarget(target: NonNullable<Wish['target']>, { restraint, view }: Restraining): Wish['target'] {
  const { position } = target;
  const held = view.position;
  const growing = Math.abs(position) > Math.abs(held) || (position !== 0 && held !== 0 && Math.sign(position) !== Math.sign(held));
  if (!growing) return target;
  if (restraint.reduceOnly) return held !== 0 && Math.sign(position) !== Math.sign(held) ? { ...target, position: lots(0) } : null;
  return { ...target, position: lots(Math.sign(position) * Math.max(sharedSize(Math.abs(position), restraint), sameSide(position, held))) };
}

/** What is held on the target's side already. */
const sameSide = (position: number, held: number): number => (Math.sign(position) === Math.sign(held) ? Math.abs(held) : 0);
const sharedSize = (size: number, { sizeShare }: Restraint): Lots => lots(Math.floor(size * sizeShare + 1e-9));
