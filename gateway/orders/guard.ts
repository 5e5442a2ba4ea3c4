/**
 * Last line before an order leaves: every command is checked again, with other code than the brain's. Pure and fast. An absent limit
 * means zero. Reduce-only orders skip collar, notional, freshness and rate-share rules; cancels and closes never come here.
 */
import type { SymbolLimits } from '../../shared/config.ts';
import type { Mode } from '../../shared/snapshot.ts';
import type { Refusal } from '../../shared/command.ts';
import { formatPrice, formatSize, fractionalTicks, type Instrument, notionalOf, parseSize } from '../../shared/instrument.ts';
import { openLots } from '../../shared/order.ts';
import {
  type Atoms,
  atoms,
  formatAtoms,
  type Lots,
  lots,
  type MonoMs,
  parseAtoms,
  type Ticks,
  ticks,
  ZERO_ATOMS,
} from '../../shared/units.ts';
import type { LedgerOrder } from '../account/rows.ts';
import type { BookView, OrderRequest } from '../venues/venue.ts';

/** Everything the guard looks at; made fresh for each command. */
export type GuardView = {
  readonly now: MonoMs;
  readonly instrument: Instrument;
  readonly limits: SymbolLimits | null;
  readonly maxGrossNotional: Atoms;
  readonly book: BookView;
  readonly markPrice: string | null;
  readonly accountKnown: boolean;
  /** Smallest and largest size the account may hold; differ while ledger and venue disagree. */
  readonly held: { readonly low: Lots; readonly high: Lots };
  /** What own stops at the venue may close. */
  readonly stops: Sides;
  /** Own orders of the symbol that may still fill, and ended ones with fills on their way. */
  readonly own: readonly LedgerOrder[];
  readonly foreignOrders: number;
  readonly exclusive: boolean;
  /** Worst-case notional of the other symbols; null when one of them cannot be valued. */
  readonly otherGross: Atoms | null;
  readonly degraded: { readonly mode: Mode; readonly reasons: readonly string[] };
  readonly mode: {
    /** Why nothing new may be opened on the symbol; null when it may. */
    readonly halted: string | null;
    readonly stopped: boolean;
    readonly shuttingDown: boolean;
    readonly paused: boolean;
    readonly closing: boolean;
  };
  /** When the snapshot the decision rests on was published; null when it is none of ours or long gone. */
  readonly basedOnAt: MonoMs | null;
  readonly ttlMs: number;
  /** The position held has been without a confirmed stop at the venue for too long. */
  readonly stopMissing: boolean;
  /** Id of an order of the symbol whose outcome has been unknown for too long; null when there is none. */
  readonly unknownOrder: string | null;
  /** Sentence when the rate budget is used up. */
  readonly budget: string | null;
};
/** `replaces`: the order that an amend changes; its own exposure is not counted twice. */
export type Checked = { readonly request: OrderRequest; readonly replaces: LedgerOrder | null; readonly view: GuardView };
export type GuardRefusal = { readonly code: Refusal; readonly sentence: string };
type Rule = (checked: Checked) => GuardRefusal | null;

/** The first rule broken, or null. */
export function checkOrder(checked: Checked): GuardRefusal | null {
  for (const rule of checked.request.reduceOnly ? REDUCING : OPENING) {
    const refusal = rule(checked);
    if (refusal) return refusal;
  }
  return null;
}

const refuse = ({ request, replaces }: Checked, { code, why }: { readonly code: Refusal; readonly why: string }): GuardRefusal => ({
  code,
  sentence: `Cannot ${replaces ? 'amend' : 'place'} order "${request.clientId}": ${why}`,
});

const checkMode: Rule = (checked) => {
  const { mode } = checked.view;
  const { symbol } = checked.request;
  if (mode.shuttingDown) return refuse(checked, { code: 'shutting-down', why: 'the gateway is shutting down' });
  if (mode.stopped) return refuse(checked, { code: 'stopped', why: 'the emergency stop holds until an operator resumes' });
  if (mode.paused) return refuse(checked, { code: 'paused', why: 'trading is paused until an operator resumes' });
  if (mode.halted !== null)
    return refuse(checked, { code: 'paused', why: `${symbol} is halted (${mode.halted}) until an operator resumes` });
  if (mode.closing) return refuse(checked, { code: 'closing', why: `the position on ${symbol} is being closed` });
  return null;
};

/** A reduce-only order is let through a pause; nothing else is. */
const checkModeReducing: Rule = (checked) =>
  checkMode({ ...checked, view: { ...checked.view, mode: { ...checked.view.mode, paused: false, halted: null } } });

/** What the state of gateway, venue or account lets through (degraded.ts); the rules before have named the person's own modes. */
const checkDegraded: Rule = (checked) => {
  const { mode, reasons } = checked.view.degraded;
  const why = `only ${mode === 'cancel-only' ? 'cancels' : 'orders that reduce'} are let through now (${reasons.join(', ')})`;
  if (mode === 'cancel-only') return refuse(checked, { code: 'cancel-only-mode', why });
  return mode === 'reduce-only' && !checked.request.reduceOnly ? refuse(checked, { code: 'reduce-only-mode', why }) : null;
};

const checkTrading: Rule = (checked) =>
  checked.view.instrument.trading ? null : refuse(checked, { code: 'not-trading', why: `${checked.request.symbol} is not trading` });

const checkFilters: Rule = (checked) => {
  const { request, view } = checked;
  const { instrument } = view;
  const most = request.kind === 'market' ? instrument.maxMarketLots : instrument.maxLots;
  const sizes = `${formatSize(instrument, request.size)}, allowed is ${formatSize(instrument, instrument.minLots)} to ${formatSize(instrument, most)}`;
  if (request.size < instrument.minLots || request.size > most) return refuse(checked, { code: 'filter', why: `size is ${sizes}` });
  if ((request.kind === 'limit') !== (request.price !== null))
    return refuse(checked, {
      code: 'filter',
      why: request.kind === 'limit' ? 'a limit order needs a price' : 'a market order has no price',
    });
  if (request.kind === 'market' && request.timeInForce !== 'ioc')
    return refuse(checked, { code: 'filter', why: `a market order cannot be ${request.timeInForce}, only ioc` });
  if (request.price === null) return null;
  const { minPriceTicks, maxPriceTicks } = instrument;
  if (request.price >= minPriceTicks && request.price <= maxPriceTicks) return null;
  const prices = `${formatPrice(instrument, minPriceTicks)} to ${formatPrice(instrument, maxPriceTicks)}`;
  return refuse(checked, { code: 'filter', why: `price is ${formatPrice(instrument, request.price)}, allowed is ${prices}` });
};

/** Binance USD-M docs, PERCENT_PRICE (reference sheet 2026-11, section 4): a buy at most mark x up, a sell at least mark x down. */
const checkMarkBand: Rule = (checked) => {
  const { request, view } = checked;
  if (request.price === null || view.markPrice === null) return null;
  const mark = fractionalTicks(view.instrument, view.markPrice);
  const limit = request.side === 'buy' ? mark * Number(view.instrument.multiplierUp) : mark * Number(view.instrument.multiplierDown);
  const inside = request.side === 'buy' ? request.price <= limit : request.price >= limit;
  if (inside) return null;
  const bound = formatPrice(view.instrument, ticks(Math.round(limit)));
  return refuse(checked, {
    code: 'filter',
    why: `price is ${formatPrice(view.instrument, request.price)}, limit around mark ${view.markPrice} is ${bound}`,
  });
};

const checkMinNotional: Rule = (checked) => {
  const { request, view } = checked;
  const price = request.price ?? midOf(view.book);
  if (price === null) return null;
  const notional = notionalOf(view.instrument, { price: ticks(Math.floor(price)), size: request.size });
  if (notional >= view.instrument.minNotionalAtoms) return null;
  return refuse(checked, {
    code: 'filter',
    why: `notional is ${formatAtoms(notional)}, the venue's least is ${view.instrument.minNotional}`,
  });
};

const checkKnown: Rule = (checked) => {
  if (checked.view.accountKnown) return null;
  return refuse(checked, { code: 'position-unknown', why: `position and balance of ${checked.request.symbol} are not known now` });
};

const checkBook: Rule = (checked) => {
  const { book, now } = checked.view;
  const age = book.receivedAt === null ? 'never' : `${Math.round(now - book.receivedAt)} ms ago`;
  if (book.status !== 'live')
    return refuse(checked, { code: 'book-not-live', why: `book is ${book.status} (${book.reason || 'no reason'}), last proved ${age}` });
  return book.book.sound ? null : refuse(checked, { code: 'book-not-live', why: 'book is crossed or has an empty side' });
};

const checkFresh: Rule = (checked) => {
  const { basedOnAt, now, ttlMs } = checked.view;
  if (basedOnAt === null)
    return refuse(checked, { code: 'stale-snapshot', why: 'the snapshot it rests on is not one of this run of the gateway' });
  const ageMs = Math.round(now - basedOnAt);
  return ageMs <= ttlMs ? null : refuse(checked, { code: 'ttl-expired', why: `its snapshot is ${ageMs} ms old, limit is ${ttlMs} ms` });
};

const checkForeign: Rule = (checked) => {
  const { foreignOrders, exclusive } = checked.view;
  if (foreignOrders === 0 || exclusive) return null;
  return refuse(checked, {
    code: 'foreign-order',
    why: `${foreignOrders} foreign orders rest on ${checked.request.symbol} and account.exclusive is false`,
  });
};

/** What is not protected must not grow. */
const checkProtected: Rule = (checked) => {
  const { request, view } = checked;
  const grows = request.side === 'buy' ? view.held.high > 0 : view.held.low < 0;
  if (!view.stopMissing || !grows) return null;
  return refuse(checked, { code: 'stop-missing', why: `the position on ${request.symbol} has no confirmed stop at the venue` });
};

/** How much of it rests or is filled nobody can say. */
const checkUnknown: Rule = (checked) => {
  const { unknownOrder } = checked.view;
  if (unknownOrder === null) return null;
  const why = `only orders that reduce are let through on ${checked.request.symbol} now (order-unknown: ${unknownOrder})`;
  return refuse(checked, { code: 'reduce-only-mode', why });
};

const checkCollar: Rule = (checked) => {
  const { request, view } = checked;
  const mid = midOf(view.book);
  if (request.price === null || mid === null) return null;
  const percent = (Math.abs(request.price - mid) / mid) * 100;
  const limit = view.limits?.collarPercent ?? 0;
  if (percent <= limit) return null;
  return refuse(checked, {
    code: 'collar',
    why: `price is ${percent.toFixed(3)} % from mid ${formatPrice(view.instrument, ticks(Math.round(mid)))}, limit is ${limit} %`,
  });
};

const checkOrderNotional: Rule = (checked) => {
  const { request, view } = checked;
  const price = request.price ?? midOf(view.book);
  if (price === null) return refuse(checked, { code: 'book-not-live', why: 'no mid price to value it with' });
  const notional = notionalOf(view.instrument, { price: ticks(Math.ceil(price)), size: request.size });
  const limit = view.limits?.maxOrderNotional ?? '0';
  if (notional <= (parseAtoms(limit) ?? ZERO_ATOMS)) return null;
  return refuse(checked, { code: 'limit-order-notional', why: `notional is ${formatAtoms(notional)}, limit is ${limit}` });
};

const checkOpenOrders: Rule = (checked) => {
  const { view, replaces } = checked;
  const count = view.own.filter((order) => order !== replaces && openLots(order.order) > 0).length + 1;
  const limit = Math.min(view.limits?.maxOpenOrders ?? 0, view.instrument.maxOpenOrders);
  return count <= limit
    ? null
    : refuse(checked, { code: 'limit-open-orders', why: `it would be open order number ${count}, limit is ${limit}` });
};

/** Never into ourselves: the venue would cancel one of the two. */
const checkSelfCross: Rule = (checked) => {
  const { request, view, replaces } = checked;
  const crossed = view.own.find(
    (order) => order !== replaces && order.side !== request.side && openLots(order.order) > 0 && crosses(request, order),
  );
  if (!crossed) return null;
  const at = crossed.order.price === null ? 'the market' : formatPrice(view.instrument, crossed.order.price);
  return refuse(checked, { code: 'self-cross', why: `it would meet own order "${crossed.clientId}" at ${at}` });
};

/** An order with an amend on its way may rest at either price. */
function crosses(request: OrderRequest, { order, amendTo }: LedgerOrder): boolean {
  const prices = amendTo === null ? [order.price] : [order.price, amendTo.price];
  return prices.some(
    (price) => request.price === null || price === null || (request.side === 'buy' ? request.price >= price : request.price <= price),
  );
}

const checkPosition: Rule = (checked) => {
  const { request, view } = checked;
  const worst = worstWith(checked);
  const limitLots = view.limits ? floorLots(view.instrument, view.limits.maxPosition) : 0;
  const reached = request.side === 'buy' ? worst.high : -worst.low;
  if (reached <= limitLots) return null;
  const shown = formatSize(view.instrument, lots(reached));
  return refuse(checked, {
    code: 'limit-position',
    why: `worst-case ${request.side === 'buy' ? 'long' : 'short'} position would be ${shown}, limit is ${view.limits?.maxPosition ?? '0'}`,
  });
};

const checkGross: Rule = (checked) => {
  const { view } = checked;
  const price = referencePrice(view);
  if (view.otherGross === null || price === null)
    return refuse(checked, { code: 'limit-gross-notional', why: 'the positions held cannot be valued now' });
  const worst = worstWith(checked);
  const own = notionalOf(view.instrument, { price, size: lots(Math.max(worst.high, -worst.low, 0)) });
  const gross = atoms(view.otherGross + own);
  if (gross <= view.maxGrossNotional) return null;
  return refuse(checked, {
    code: 'limit-gross-notional',
    why: `worst-case gross notional would be ${formatAtoms(gross)}, limit is ${formatAtoms(view.maxGrossNotional)}`,
  });
};

const checkBudget: Rule = (checked) =>
  checked.view.budget === null ? null : refuse(checked, { code: 'budget', why: checked.view.budget });

const REDUCING: readonly Rule[] = [
  checkModeReducing,
  checkDegraded,
  checkTrading,
  checkFilters,
  checkMarkBand,
  checkKnown,
  checkBook,
  checkSelfCross,
  checkBudget,
];
const OPENING: readonly Rule[] = [
  checkMode,
  checkDegraded,
  checkTrading,
  checkFilters,
  checkMarkBand,
  checkKnown,
  checkBook,
  checkFresh,
  checkForeign,
  checkProtected,
  checkUnknown,
  checkMinNotional,
  checkCollar,
  checkOrderNotional,
  checkOpenOrders,
  checkSelfCross,
  checkPosition,
  checkGross,
  checkBudget,
];

export type Range = { readonly low: Lots; readonly high: Lots };

/** Lots by side. */
export type Sides = { readonly buy: Lots; readonly sell: Lots };
type Exposure = { readonly held: Range; readonly own: readonly LedgerOrder[]; readonly stops: Sides };
export const NO_STOPS: Sides = { buy: lots(0), sell: lots(0) };

/**
 * Furthest the position can get either way: held, plus all that rests, is in flight, unknown, or filled but not yet booked. What only reduces
 * cannot turn a position over, but it can take it away, and with it the room that it gave on the other side.
 */
export function worstCase({ held, own, stops }: Exposure): Range {
  const pending = (side: OrderRequest['side'], reduceOnly: boolean): number =>
    own.reduce((sum, order) => sum + (order.side === side && order.reduceOnly === reduceOnly ? pendingLots(order) : 0), 0);
  const low = held.low > 0 ? Math.max(0, held.low - pending('sell', true) - stops.sell) : held.low;
  const high = held.high < 0 ? Math.min(0, held.high + pending('buy', true) + stops.buy) : held.high;
  return { low: lots(low - pending('sell', false)), high: lots(high + pending('buy', false)) };
}

/** Lots of an order that may be filled without our having booked them; an amend on its way counts at its larger size. */
function pendingLots({ order, statedFilled, amendTo }: LedgerOrder): number {
  const unbooked = Math.max(0, statedFilled - order.filled);
  const open = openLots(order);
  return open === 0 ? unbooked : Math.max(open, (amendTo?.size ?? 0) - order.filled, unbooked);
}

/** Worst case as it would be with this order; an amended order counts at the larger of both sizes. */
function worstWith({ request, replaces, view }: Checked): Range {
  const before = worstCase({ held: view.held, own: view.own.filter((order) => order !== replaces), stops: view.stops });
  const size = replaces ? Math.max(pendingLots(replaces), request.size - replaces.order.filled) : request.size;
  return request.side === 'buy' ? { low: before.low, high: lots(before.high + size) } : { low: lots(before.low - size), high: before.high };
}

function midOf({ book }: BookView): number | null {
  const [bid, ask] = [book.bestBid, book.bestAsk];
  return bid === null || ask === null ? null : (bid + ask) / 2;
}

/** Price to value exposure with, rounded up: mid, else mark. */
export function referencePrice({ book, markPrice, instrument }: Pick<GuardView, 'book' | 'markPrice' | 'instrument'>): Ticks | null {
  const price = midOf(book) ?? (markPrice === null ? null : fractionalTicks(instrument, markPrice));
  return price === null || !Number.isFinite(price) ? null : ticks(Math.ceil(price));
}

const floorLots = (instrument: Instrument, text: string): number =>
  parseSize(instrument, text) ?? Math.floor(Number(text) / Number(instrument.stepSize));
