/**
 * Own orders as the next decision must see them: what the snapshot shows, overlaid with every command that it cannot show yet. A command
 * counts until a snapshot proves or outlives it, so the same intention is never sent twice.
 */
import { parseClientId } from '../../shared/client-id.ts';
import { hasEnded, type OrderKind, type OrderStatus, type Side, type TimeInForce } from '../../shared/order.ts';
import { type Lots, lots, type MonoMs, type Ticks } from '../../shared/units.ts';

export type WorkingOrder = {
  readonly clientId: string;
  readonly role: string;
  readonly side: Side;
  readonly kind: OrderKind;
  readonly status: OrderStatus;
  /** Null for a market order. */
  readonly price: Ticks | null;
  readonly size: Lots;
  readonly filled: Lots;
  readonly reduceOnly: boolean;
  /** What an amend on its way asks for: until the venue has answered, the order may rest as either. */
  readonly amendTo?: Terms | null;
  /** Why it ended, '' while it lives or when nobody says; absent for what is only on its way. */
  readonly reason?: string;
  /** Run that it belongs to; absent where nobody said. */
  readonly strategy?: string;
  /** Which of the run's quotes it serves; absent is ''. */
  readonly tag?: string;
  /** Amends that were asked of the venue; absent where nobody counted from the beginning. */
  readonly amends?: number;
};
/** `size` is the total, what is filled included. */
export type Terms = { readonly price: Ticks; readonly size: Lots };

export type PlaceCommand = {
  readonly kind: 'place';
  readonly symbol: string;
  readonly clientId: string;
  readonly side: Side;
  readonly timeInForce: TimeInForce;
  readonly price: Ticks;
  readonly size: Lots;
  readonly reduceOnly: boolean;
  readonly reason: string;
  /** Run that it belongs to. */
  readonly strategy: string;
  /** Which of the run's quotes it serves; absent is ''. */
  readonly tag?: string;
};
/** `size` is the new total, what is filled included. */
export type AmendCommand = {
  readonly kind: 'amend';
  readonly symbol: string;
  readonly strategy: string;
  readonly clientId: string;
  readonly price: Ticks;
  readonly size: Lots;
};
export type CancelCommand = { readonly kind: 'cancel'; readonly symbol: string; readonly clientId: string };
export type OrderCommand = PlaceCommand | AmendCommand | CancelCommand;

/** `visibleFrom`: the seq from which snapshots show its effect; null while unanswered. */
export type Pending = {
  readonly command: OrderCommand;
  readonly role: string;
  readonly sentAt: MonoMs;
  readonly visibleFrom: number | null;
  /** Epoch of the lease it was sent under; an inherited order bears an older one in its id. */
  readonly lease?: number;
};

/** After its time to live the gateway refuses a command; this long later no snapshot can still be about to show it. */
const SETTLE_MS = 1_000;

export type Overlay = {
  readonly pending: readonly Pending[];
  /** Of the snapshot: its number, and the lease in force when it was made, 0 when none was. */
  readonly seq: number;
  readonly lease: number;
  readonly now: MonoMs;
  readonly ttlMs: number;
};

/**
 * Commands that the snapshot does not show yet. The gateway takes no order of an older lease (the epoch in its id), so a snapshot made
 * under a newer one shows all that became of them, whatever the numbers of another run of the gateway were.
 */
export function stillPending({ pending, seq, lease, now, ttlMs }: Overlay): readonly Pending[] {
  return pending.filter((one) => {
    if (lease > (one.lease ?? parseClientId(one.command.clientId)?.epoch ?? 0)) return false;
    return one.visibleFrom === null ? now - one.sentAt <= ttlMs + SETTLE_MS : one.visibleFrom > seq;
  });
}

/** Lots that may still fill: with an amend on its way, of the larger of both sizes. */
export const openLots = ({ size, filled, amendTo }: WorkingOrder): number => Math.max(0, Math.max(size, amendTo?.size ?? 0) - filled);

/** Where it will rest once all that is on its way has arrived. */
export const termsOf = ({ price, size, amendTo }: WorkingOrder): { readonly price: Ticks | null; readonly size: Lots } =>
  amendTo ?? { price, size };

/** Nothing of it is on its way: it rests, and may be moved. */
export const isSettled = ({ status }: Pick<WorkingOrder, 'status'>): boolean => status === 'open' || status === 'partially-filled';

/** Roles that the brain places; what the gateway's ladder or a person placed is theirs. */
export const isSteered = (role: string): boolean => role === 'quote' || role === 'trend' || role === 'custom';

/** Orders that have not ended, with the pending commands laid over them. */
export function workingOrders({
  orders,
  pending,
}: {
  readonly orders: readonly WorkingOrder[];
  readonly pending: readonly Pending[];
}): readonly WorkingOrder[] {
  const working = new Map(orders.map((order) => [order.clientId, order]));
  for (const { command, role } of pending) {
    const shown = working.get(command.clientId);
    if (command.kind === 'place' && !shown) working.set(command.clientId, sentOrder(command, role));
    else if (command.kind === 'amend' && shown)
      working.set(command.clientId, { ...shown, status: 'amending', amendTo: { price: command.price, size: command.size } });
    else if (command.kind === 'cancel' && shown) working.set(command.clientId, { ...shown, status: 'canceling' });
  }
  return [...working.values()].filter((order) => !hasEnded(order.status));
}

/** A place that is on its way. */
export function sentOrder({ clientId, side, price, size, reduceOnly, strategy, tag = '' }: PlaceCommand, role: string): WorkingOrder {
  return { clientId, role, side, kind: 'limit', status: 'sent', price, size, filled: lots(0), reduceOnly, strategy, tag, amends: 0 };
}
