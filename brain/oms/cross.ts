/**
 * Never into ourselves: what would meet an own order of the other side waits for the snapshot that shows that one moved or gone. An order
 * with an amend or a cancel on its way may still rest where it was. The gateway would refuse it, and the venue end one of the two. Pure.
 */
import type { Side } from '../../shared/order.ts';
import type { PlanAction } from './plan.ts';
import type { WorkingOrder } from './working.ts';

/** Most urgent first: who stands too near moves away, which nothing hinders, and the other side follows in the next snapshot. */
export function withoutCrossing(actions: readonly PlanAction[], working: readonly WorkingOrder[]): readonly PlanAction[] {
  const prices: Record<Side, number[]> = { buy: [], sell: [] };
  for (const { side, price, amendTo } of working) for (const at of [price, amendTo?.price ?? null]) if (at !== null) prices[side].push(at);
  return actions.flatMap((action): PlanAction[] => {
    if (action.kind === 'cancel') return [action];
    const { side } = action.quote;
    const price = action.kind === 'amend' ? action.price : action.quote.price;
    if (action.kind === 'amend' && action.order.price !== null && isBehind(side, { price, than: action.order.price })) return [action];
    if (side === 'buy' ? prices.sell.some((ask) => price >= ask) : prices.buy.some((bid) => price <= bid)) return insteadOf(action);
    prices[side].push(price);
    return [action];
  });
}

/** What is too large or stands too near does not wait where it is. */
const insteadOf = (action: Exclude<PlanAction, { kind: 'cancel' }>): PlanAction[] =>
  action.kind === 'place' || action.urgency === 'rest' ? [] : [{ kind: 'cancel', order: action.order, urgency: 'cancel' }];

const isBehind = (side: Side, { price, than }: { readonly price: number; readonly than: number }): boolean =>
  side === 'buy' ? price <= than : price >= than;
