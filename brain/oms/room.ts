/**
 * Cancels before places where margin demands it: while something of ours is being taken back, a place that fits only once that is gone
 * waits for the snapshot that shows it gone. What fits beside it leaves at once. (Position and order limits are the gate's, which counts
 * what is on its way to a cancel as resting.) Margin alone never keeps a place back for good: what is free is told seldom, and the venue
 * has the last word. Pure.
 */
import { type Instrument, notionalOf } from '../../shared/instrument.ts';
import { type Atoms, atoms, type Lots, lots, type Ticks, ZERO_ATOMS } from '../../shared/units.ts';
import type { PlanAction } from './plan.ts';
import { openLots, type WorkingOrder } from './working.ts';

/** Null fields: not known. */
export type Margin = { readonly available: Atoms | null; readonly leverage: number | null };
export type RoomInput = {
  readonly instrument: Instrument;
  /** Signed. */
  readonly position: Lots;
  /** Every own order on the symbol that has not ended. */
  readonly working: readonly WorkingOrder[];
  /** Null: margin is no matter (shared between assets, or simulated without). */
  readonly margin: Margin | null;
};

export function afterCancels(actions: readonly PlanAction[], input: RoomInput): readonly PlanAction[] {
  const frees =
    input.working.some(({ status }) => status === 'canceling') || actions.some(({ kind }) => kind === 'cancel' || kind === 'replace');
  if (!frees || input.margin === null) return actions;
  const worst = { buy: input.position + sum(input.working, 'buy'), sell: sum(input.working, 'sell') - input.position };
  let free = input.margin.available;
  return actions.flatMap((action): PlanAction[] => {
    if (action.kind === 'cancel' || action.kind === 'amend' || action.quote.reduceOnly) return [action];
    const { side, size, price } = action.quote;
    const before = Math.max(worst.buy, worst.sell);
    const more = Math.max(0, Math.max(before, worst[side] + size) - before);
    const cost = marginOf(input, { lots: more, price });
    if (cost === null || free === null || cost > free)
      return action.kind === 'replace' ? [{ kind: 'cancel', order: action.order, urgency: 'cancel' }] : [];
    worst[side] += size;
    free = atoms(free - cost);
    return [action];
  });
}

const sum = (orders: readonly WorkingOrder[], side: WorkingOrder['side']): number =>
  orders.reduce((total, order) => total + (order.side === side && !order.reduceOnly ? openLots(order) : 0), 0);

function marginOf({ instrument, margin }: RoomInput, more: { readonly lots: number; readonly price: Ticks }): Atoms | null {
  if (more.lots === 0) return ZERO_ATOMS;
  if (!margin?.leverage) return null;
  return atoms(notionalOf(instrument, { price: more.price, size: lots(more.lots) }) / BigInt(margin.leverage) + 1n);
}
