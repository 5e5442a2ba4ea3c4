/**
 * One limited taker order towards a target position. A position on the other side is closed first, by an order that can only reduce, so
 * that no limit on new exposure stands in the way out. Two runs that want to take from opposite sides trade with each other instead. Pure.
 */
import type { Side } from '../shared/order.ts';
import { type Lots, lots, type Ticks, ticks } from '../shared/units.ts';
import type { OrderCommand } from './oms/working.ts';
import type { SymbolView, Wish } from './strategy/strategy.ts';
import { isWorthSending } from './strategy/worth-sending.ts';

/** `reduces`: it makes the own position smaller, whatever it does to the net. */
export type Taker = { readonly side: Side; readonly price: Ticks; readonly size: Lots; readonly reduces: boolean };
/** A book entry: nothing is sent. */
export type CrossInside = { readonly buyer: string; readonly seller: string; readonly size: Lots };

const BPS = 10_000;

/** Null: nothing is wanted, it is there, or what is missing is too small to send. */
export function takerOf(wish: Wish, view: SymbolView): Taker | null {
  if (wish.target === null) return null;
  const turns = wish.target.position * view.position < 0;
  const missing = (turns ? 0 : wish.target.position) - view.position;
  if (missing === 0) return null;
  const side: Side = missing > 0 ? 'buy' : 'sell';
  const slip = wish.target.slippageBps / BPS;
  const price = ticks(side === 'buy' ? Math.floor(view.bestAsk * (1 + slip)) : Math.ceil(view.bestBid * (1 - slip)));
  const size = lots(Math.min(Math.abs(missing), view.instrument.maxLots));
  const taker = { side, price, size, reduces: Math.sign(view.position) === -Math.sign(missing) && size <= Math.abs(view.position) };
  return isReduceOnly(taker, view) || isWorthSending({ instrument: view.instrument, price, size }) ? taker : null;
}

/** Only what makes the net position smaller may say so to the venue. */
export const isReduceOnly = ({ side, size, reduces }: Taker, { netPosition }: Pick<SymbolView, 'netPosition'>): boolean =>
  reduces && (side === 'buy' ? netPosition < 0 : netPosition > 0) && size <= Math.abs(netPosition);

type Wanting = { readonly run: string; readonly taker: Taker | null };

/** Buyers and sellers in the order of the runs, until one side has nothing left; the takers that are left, in the same order. */
export function crossInside(wanting: readonly Wanting[]): {
  readonly takers: readonly (Taker | null)[];
  readonly crosses: readonly CrossInside[];
} {
  const left: number[] = wanting.map(({ taker }) => taker?.size ?? 0);
  const of = (side: Side): number[] => [...wanting.keys()].filter((n) => wanting[n]?.taker?.side === side);
  const crosses: CrossInside[] = [];
  for (const b of of('buy'))
    for (const s of of('sell')) {
      const size = Math.min(left[b] ?? 0, left[s] ?? 0);
      if (size === 0) continue;
      left[b] = (left[b] ?? 0) - size;
      left[s] = (left[s] ?? 0) - size;
      crosses.push({ buyer: wanting[b]?.run ?? '', seller: wanting[s]?.run ?? '', size: lots(size) });
    }
  const takers = wanting.map(({ taker }, n) => (taker && left[n] ? { ...taker, size: lots(left[n] ?? 0) } : null));
  return { takers, crosses };
}

/** An order leaves that takes. */
export const takes = ({ commands }: { readonly commands: readonly OrderCommand[] }): boolean =>
  commands.some((one) => one.kind === 'place' && one.timeInForce === 'ioc');
