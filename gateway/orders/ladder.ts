/**
 * Closes the position of one symbol: cancel own orders, read the position from the venue, then maker, then limited taker, then market,
 * one order at a time and never larger than what was read, until the venue says flat. All its orders are reduce-only, so it cannot turn
 * the position over. Pure: a view in, at most a few steps out; the state is a plain value that survives restarts.
 */
import type { Instrument } from '../../shared/instrument.ts';
import { hasEnded, type OrderStatus, type Side, type TimeInForce } from '../../shared/order.ts';
import { type Lots, lots, type MonoMs, type Ticks, ticks } from '../../shared/units.ts';

export type LadderKind = 'maker-first' | 'taker';
/** What survives a restart; the rest begins anew. */
export type LadderJob = { readonly symbol: string; readonly reason: string; readonly ladder: LadderKind };
export type Rung = 'maker' | 'limit' | 'market';

export type LadderState = {
  readonly job: LadderJob;
  readonly startedAt: MonoMs;
  readonly at: 'clearing' | 'reading' | 'resting' | 'done';
  readonly rung: Rung;
  /** Orders sent on this rung. */
  readonly tries: number;
  /** The ladder's one order, as the caller named it. */
  readonly order: { readonly clientId: string; readonly rung: Rung; readonly price: Ticks | null; readonly sentAt: MonoMs } | null;
  readonly askedAt: MonoMs | null;
  /** What the venue states to a question asked from then on counts, however late: it may answer slowly. */
  readonly readFrom: MonoMs | null;
  readonly makerSince: MonoMs | null;
  /** Orders sent in all, and when the last left: after the first few they are spaced, so that a refusing venue is not flooded. */
  readonly total: number;
  readonly lastSentAt: MonoMs | null;
};

/**
 * `read`: the newest position the venue itself stated, and when; null before the first. `readFailedAt`: when the newest read of it that was
 * asked for here came to nothing; null when none did.
 */
export type LadderView = {
  readonly now: MonoMs;
  readonly instrument: Instrument;
  readonly ledgerSize: Lots;
  readonly read: { readonly size: Lots; readonly at: MonoMs } | null;
  readonly readFailedAt: MonoMs | null;
  readonly best: { readonly bid: Ticks; readonly ask: Ticks } | null;
  readonly markTicks: number | null;
  /** Own orders of the symbol that have not ended, the ladder's own left out. */
  readonly otherOrders: number;
  readonly order: { readonly status: OrderStatus; readonly reason: string } | null;
};

export type LadderOrder = {
  readonly side: Side;
  readonly kind: 'limit' | 'market';
  readonly timeInForce: TimeInForce;
  readonly price: Ticks | null;
  readonly size: Lots;
};
export type LadderAction =
  | { readonly kind: 'cancel-others' }
  | { readonly kind: 'read-position' }
  | { readonly kind: 'place'; readonly order: LadderOrder; readonly rung: Rung }
  | { readonly kind: 'cancel-own' }
  | { readonly kind: 'done' };
export type Stepped = { readonly state: LadderState; readonly actions: readonly LadderAction[] };

/** Orders of the symbol that do not end by then are waited for no longer: reduce-only orders are safe beside them. */
const CLEARING_MS_MAX = 2_000;
const RETRY_MS = 500;
/** A position that is not told by then is asked for again, beside the question that hangs. */
const READ_MS_MAX = 1_000;
/** After a read that failed. */
const READ_AGAIN_MS = 250;
const MAKER_MS = 5_000;
const REPRICE_MS = 1_000;
/** An order without an answer for this long is left to the reconcile, and the ladder goes on beside it. */
const SILENT_MS_MAX = 1_000;
const LIMIT_TRIES = 3;
const FAST_ORDERS = 8;
/** How far beyond the best price a limit rung may take. */
const SLIPPAGE = 0.001;

export function startLadder(job: LadderJob, now: MonoMs): LadderState {
  const rung = job.ladder === 'maker-first' ? 'maker' : 'limit';
  const never = { askedAt: null, readFrom: null, makerSince: null, lastSentAt: null };
  return { job, startedAt: now, at: 'clearing', rung, tries: 0, order: null, total: 0, ...never };
}

/** The caller performs the actions in order; after `place` it tells the client id by `orderSent`. */
export function stepLadder(state: LadderState, view: LadderView): Stepped {
  switch (state.at) {
    case 'clearing':
      return clear(state, view);
    case 'reading':
      return read(state, view);
    case 'resting':
      return watch(state, view);
    case 'done':
      return { state, actions: [] };
    default:
      throw new Error(`Cannot step ladder: ${JSON.stringify(state.at satisfies never)}`);
  }
}

/** Names the order that a `place` became. */
export function orderSent(
  state: LadderState,
  { clientId, order, rung, now }: { clientId: string; order: LadderOrder; rung: Rung; now: MonoMs },
): LadderState {
  return { ...state, order: { clientId, rung, price: order.price, sentAt: now }, total: state.total + 1, lastSentAt: now };
}

/** A more urgent request joins a running ladder: it takes at once from here on. */
export function hasten(state: LadderState): LadderState {
  if (state.job.ladder === 'taker') return state;
  return { ...state, job: { ...state.job, ladder: 'taker' }, rung: state.rung === 'maker' ? 'limit' : state.rung, tries: 0 };
}

function clear(state: LadderState, view: LadderView): Stepped {
  const waited = view.now - state.startedAt;
  if (view.otherOrders === 0 || waited >= CLEARING_MS_MAX) return askPosition(state, view.now);
  const due = state.askedAt === null || view.now - state.askedAt >= RETRY_MS;
  return { state: due ? { ...state, askedAt: view.now } : state, actions: due ? [{ kind: 'cancel-others' }] : [] };
}

function read(state: LadderState, view: LadderView): Stepped {
  const fresh = view.read !== null && view.read.at >= (state.readFrom ?? view.now);
  if (!fresh) return isReadLost(view, state.askedAt ?? view.now) ? askAgain(state, view.now) : { state, actions: [] };
  const size = view.read?.size ?? lots(0);
  if (size === 0) return finish(state, view);
  const spaced = state.total < FAST_ORDERS || state.lastSentAt === null || view.now - state.lastSentAt >= RETRY_MS;
  if (!spaced) return { state, actions: [] };
  return send(state, { view, size });
}

function isReadLost({ now, readFailedAt }: LadderView, asked: MonoMs): boolean {
  const failed = readFailedAt !== null && readFailedAt >= asked && now - readFailedAt >= READ_AGAIN_MS;
  return failed || now - asked >= READ_MS_MAX;
}

/** Flat by the venue, and nothing of ours that could change it. */
function finish(state: LadderState, view: LadderView): Stepped {
  if (view.otherOrders > 0 || view.ledgerSize !== 0)
    return view.now - (state.askedAt ?? view.now) >= RETRY_MS ? clearAgain(state, view.now) : { state, actions: [] };
  return { state: { ...state, at: 'done', order: null }, actions: [{ kind: 'done' }] };
}

const clearAgain = (state: LadderState, now: MonoMs): Stepped => ({
  state: { ...state, at: 'clearing', startedAt: now, askedAt: now },
  actions: [{ kind: 'cancel-others' }],
});

const askPosition = (state: LadderState, now: MonoMs): Stepped => ({
  state: { ...state, at: 'reading', askedAt: now, readFrom: now, order: null },
  actions: [{ kind: 'read-position' }],
});

const askAgain = (state: LadderState, now: MonoMs): Stepped => ({
  state: { ...state, askedAt: now },
  actions: [{ kind: 'read-position' }],
});

function send(state: LadderState, { view, size }: { readonly view: LadderView; readonly size: Lots }): Stepped {
  const side: Side = size > 0 ? 'sell' : 'buy';
  const rung = view.best === null ? 'market' : state.rung;
  const order = orderOf({ view, side, rung, size: lots(Math.abs(size)) });
  if (order === null) return { state: { ...state, rung: 'market' }, actions: [] };
  const makerSince = rung === 'maker' ? (state.makerSince ?? view.now) : null;
  return { state: { ...state, at: 'resting', rung, tries: state.tries + 1, makerSince }, actions: [{ kind: 'place', order, rung }] };
}

function orderOf({ view, side, rung, size }: { view: LadderView; side: Side; rung: Rung; size: Lots }): LadderOrder | null {
  const { instrument, best } = view;
  if (rung === 'market' || best === null)
    return { side, kind: 'market', timeInForce: 'ioc', price: null, size: lots(Math.min(size, instrument.maxMarketLots)) };
  const capped = lots(Math.min(size, instrument.maxLots));
  if (rung === 'maker')
    return { side, kind: 'limit', timeInForce: 'post-only', price: side === 'sell' ? best.ask : best.bid, size: capped };
  return { side, kind: 'limit', timeInForce: 'ioc', price: takingPrice(view, side), size: capped };
}

/** Best opposite price plus slippage, inside the venue's band around the mark. */
function takingPrice({ instrument, best, markTicks }: LadderView, side: Side): Ticks {
  const [bid, ask] = [best?.bid ?? 0, best?.ask ?? 0];
  const wanted = side === 'buy' ? Math.ceil(ask * (1 + SLIPPAGE)) : Math.floor(bid * (1 - SLIPPAGE));
  const up = markTicks === null ? Number.POSITIVE_INFINITY : Math.floor(markTicks * Number(instrument.multiplierUp)) - 1;
  const down = markTicks === null ? 0 : Math.ceil(markTicks * Number(instrument.multiplierDown)) + 1;
  const banded = side === 'buy' ? Math.min(wanted, up) : Math.max(wanted, down);
  return ticks(Math.min(Math.max(banded, instrument.minPriceTicks), instrument.maxPriceTicks));
}

function watch(state: LadderState, view: LadderView): Stepped {
  const own = state.order;
  if (own === null || view.order === null) return askPosition(state, view.now); // it never left
  if (hasEnded(view.order.status)) return climb(state, view);
  const silentMs = view.now - own.sentAt;
  const unanswered = view.order.status === 'sent' || view.order.status === 'unknown' || own.rung !== 'maker';
  if (unanswered) return silentMs >= SILENT_MS_MAX ? climb(state, view) : { state, actions: [] };
  return watchMaker(state, view);
}

/** Rests at best; re-priced when the best moved away, given up after a while. */
function watchMaker(state: LadderState, view: LadderView): Stepped {
  const over = view.now - (state.makerSince ?? view.now) >= MAKER_MS || state.rung !== 'maker';
  const moved = view.best !== null && state.order?.price !== view.best.bid && state.order?.price !== view.best.ask;
  const due = moved && view.now - (state.order?.sentAt ?? view.now) >= REPRICE_MS;
  if (!over && !due) return { state, actions: [] };
  if (view.order?.status === 'canceling') return { state: over ? giveUpMaker(state) : state, actions: [] };
  return { state: over ? giveUpMaker(state) : state, actions: [{ kind: 'cancel-own' }] };
}

const giveUpMaker = (state: LadderState): LadderState => (state.rung === 'maker' ? { ...state, rung: 'limit', tries: 0 } : state);

/** The order ended: read again, and choose the next rung by how it ended. A refused market order falls back to the limit at the band. */
function climb(state: LadderState, view: LadderView): Stepped {
  const ended = view.order?.status;
  const makerOver = state.rung === 'maker' && state.makerSince !== null && view.now - state.makerSince >= MAKER_MS;
  const next: Rung = makerOver
    ? 'limit'
    : state.rung === 'limit' && state.tries >= LIMIT_TRIES
      ? 'market'
      : state.rung === 'market' && ended === 'rejected' && view.order?.reason !== 'reduce-only-refused'
        ? 'limit'
        : state.rung;
  return askPosition({ ...state, rung: next, tries: next === state.rung ? state.tries : 0 }, view.now);
}
