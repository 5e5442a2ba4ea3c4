/** Life cycle of one order: a union for the state, one table for the moves, fills booked in every state because they are money. */
import { type Lots, lots, type Ticks } from './units.ts';

export type Side = 'buy' | 'sell';
export type OrderKind = 'limit' | 'market';
export type TimeInForce = 'gtc' | 'ioc' | 'fok' | 'post-only';

export type OrderStatus =
  | 'sent'
  | 'open'
  | 'partially-filled'
  | 'canceling'
  | 'amending'
  | 'unknown'
  | 'filled'
  | 'canceled'
  | 'expired'
  | 'rejected';

export const ORDER_STATUSES = [
  'sent',
  'open',
  'partially-filled',
  'canceling',
  'amending',
  'unknown',
  'filled',
  'canceled',
  'expired',
  'rejected',
] as const satisfies readonly OrderStatus[];

export type Fill = { readonly kind: 'fill'; readonly tradeId: string; readonly price: Ticks; readonly size: Lots };
/** The venue states the order's present price and total size: after an amend, or when it shrank a reduce-only order by itself. */
export type Restated = { readonly kind: 'restated'; readonly price: Ticks | null; readonly size: Lots };
export type Move =
  | 'accepted'
  | 'canceled'
  | 'expired'
  | 'rejected'
  | 'timed-out'
  | 'cancel-sent'
  /** The cancel certainly did not happen: the order is as live as before. */
  | 'cancel-failed'
  | 'amend-sent'
  | 'amend-failed'
  /** The venue, asked about this very order, contradicts the end that we believe in: what it says is taken in anew. */
  | 'revived';
export type OrderEvent = Fill | Restated | { readonly kind: Move };

/** `trades` are the trade ids booked on this order; `price` is null for a market order. */
export type Order = {
  readonly status: OrderStatus;
  readonly price: Ticks | null;
  readonly size: Lots;
  readonly filled: Lots;
  readonly trades: readonly string[];
};

export type Doubt = 'illegal-move' | 'overfill' | 'fill-after-end';
/** `doubts` not empty: the change is booked all the same, and a reconcile of this order starts. */
export type Applied = { readonly order: Order; readonly doubts: readonly Doubt[] };

/** Where 'live' stands, the order is open, partially filled or filled, by its fills. */
type Next = OrderStatus | 'live' | null;

/** Every cell is decided. Null is illegal: the order keeps its status, and the doubt is logged, counted and reconciled. */
const NEXT: Readonly<Record<OrderStatus, Readonly<Record<Move, Next>>>> = {
  sent: {
    accepted: 'live',
    canceled: 'canceled',
    expired: 'expired',
    rejected: 'rejected',
    'timed-out': 'unknown',
    'cancel-sent': 'canceling',
    'cancel-failed': null,
    'amend-sent': null, // it is refused until the order is open
    'amend-failed': null,
    revived: 'sent',
  },
  unknown: {
    accepted: 'live',
    canceled: 'canceled',
    expired: 'expired',
    rejected: 'rejected',
    'timed-out': 'unknown',
    'cancel-sent': 'unknown',
    'cancel-failed': 'unknown', // the answer is about the cancel, not about the order
    'amend-sent': null,
    'amend-failed': 'unknown',
    revived: 'unknown',
  },
  open: {
    accepted: 'live',
    canceled: 'canceled',
    expired: 'expired',
    rejected: null, // the venue had taken it
    'timed-out': null, // nothing was asked
    'cancel-sent': 'canceling',
    'cancel-failed': null,
    'amend-sent': 'amending',
    'amend-failed': null,
    revived: 'open',
  },
  'partially-filled': {
    accepted: 'live',
    canceled: 'canceled',
    expired: 'expired',
    rejected: null,
    'timed-out': null,
    'cancel-sent': 'canceling',
    'cancel-failed': null,
    'amend-sent': 'amending',
    'amend-failed': null,
    revived: 'partially-filled',
  },
  canceling: {
    accepted: 'canceling',
    canceled: 'canceled',
    expired: 'expired',
    rejected: 'rejected', // cancelled while the place was on its way
    'timed-out': 'unknown',
    'cancel-sent': 'canceling',
    'cancel-failed': 'live',
    'amend-sent': null,
    'amend-failed': 'canceling',
    revived: 'canceling',
  },
  amending: {
    accepted: 'amending', // only the venue's restatement or its refusal ends an amend
    canceled: 'canceled',
    expired: 'expired',
    rejected: null,
    'timed-out': 'unknown',
    'cancel-sent': 'canceling',
    'cancel-failed': null,
    'amend-sent': null, // one at a time
    'amend-failed': 'live',
    revived: 'amending',
  },
  // late echoes of what already ended
  filled: {
    accepted: 'filled',
    canceled: 'filled',
    expired: 'filled',
    rejected: null,
    'timed-out': 'filled',
    'cancel-sent': null, // nothing is sent about an order that has ended
    'cancel-failed': 'filled',
    'amend-sent': null,
    'amend-failed': 'filled',
    revived: 'unknown',
  },
  canceled: {
    accepted: 'canceled',
    canceled: 'canceled',
    expired: 'canceled',
    rejected: null,
    'timed-out': 'canceled',
    'cancel-sent': null,
    'cancel-failed': 'canceled',
    'amend-sent': null,
    'amend-failed': 'canceled',
    revived: 'unknown',
  },
  expired: {
    accepted: 'expired',
    canceled: 'expired',
    expired: 'expired',
    rejected: null,
    'timed-out': 'expired',
    'cancel-sent': null,
    'cancel-failed': 'expired',
    'amend-sent': null,
    'amend-failed': 'expired',
    revived: 'unknown',
  },
  rejected: {
    accepted: null, // it lives, or lived: whoever buried it was wrong
    canceled: null,
    expired: null,
    rejected: 'rejected',
    'timed-out': 'rejected',
    'cancel-sent': null,
    'cancel-failed': 'rejected',
    'amend-sent': null,
    'amend-failed': null,
    revived: 'unknown',
  },
};

const ENDED: ReadonlySet<OrderStatus> = new Set(['filled', 'canceled', 'expired', 'rejected']);
export const hasEnded = (status: OrderStatus): boolean => ENDED.has(status);

/** Lots that may still fill; an unknown order counts in full. */
export const openLots = (order: Order): Lots => lots(hasEnded(order.status) ? 0 : Math.max(0, order.size - order.filled));

/** Applies one event. A fill told twice counts once; a fill is booked in every state and at every size. */
export function applyOrderEvent(order: Order, event: OrderEvent): Applied {
  if (event.kind === 'fill') return applyFill(order, event);
  if (event.kind === 'restated') return restate(order, event);
  const next = NEXT[order.status][event.kind];
  if (next === null) return { order, doubts: ['illegal-move'] };
  return { order: { ...order, status: next === 'live' ? liveStatus(order) : next }, doubts: [] };
}

function applyFill(order: Order, fill: Fill): Applied {
  if (order.trades.includes(fill.tradeId)) return { order, doubts: [] };
  const filled = lots(order.filled + fill.size);
  const ended = order.status === 'canceled' || order.status === 'expired' || order.status === 'rejected';
  // a fill proves that the order lived, not that it still does: an `unknown` one stays so until the venue tells
  const busy = order.status === 'canceling' || order.status === 'amending' || order.status === 'unknown';
  const status = filled >= order.size ? 'filled' : ended || busy ? order.status : 'partially-filled';
  const doubts: Doubt[] = [
    ...(filled > order.size ? ['overfill' as const] : []),
    ...(order.status === 'rejected' ? ['fill-after-end' as const] : []),
  ];
  return { order: { ...order, status, filled, trades: [...order.trades, fill.tradeId] }, doubts };
}

function restate(order: Order, { price, size }: Restated): Applied {
  if (hasEnded(order.status)) return { order, doubts: [] };
  const restated = { ...order, price, size };
  const status = size <= order.filled && order.filled > 0 ? 'filled' : order.status === 'amending' ? liveStatus(restated) : order.status;
  return { order: { ...restated, status }, doubts: [] };
}

const liveStatus = ({ filled, size }: Order): OrderStatus => (filled === 0 ? 'open' : filled >= size ? 'filled' : 'partially-filled');
