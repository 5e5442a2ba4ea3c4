/** How much may be held and rest: each order, each symbol, all together; in units, in money, and as shares of the equity. */
import { formatPrice, formatSize, type Instrument, notionalOf, parseSize } from '../../../shared/instrument.ts';
import { hasEnded, openLots } from '../../../shared/order.ts';
import { type Atoms, atoms, formatAtoms, type Lots, lots, parseAtoms, ticks, ZERO_ATOMS } from '../../../shared/units.ts';
import type { LedgerOrder } from '../../account/rows.ts';
import type { OrderRequest } from '../../venues/venue.ts';
import { type Checked, type GuardRefusal, midOf, referencePrice, refuse, type Rule, type Sides } from './rule.ts';

export const checkOrderNotional: Rule = (checked) => {
  const { request, view } = checked;
  const price = request.price ?? midOf(view.book);
  if (price === null) return refuse(checked, { code: 'book-not-live', why: 'no mid price to value it with' });
  const notional = notionalOf(view.instrument, { price: ticks(Math.ceil(price)), size: request.size });
  const limit = view.limits?.maxOrderNotional ?? '0';
  if (notional <= (parseAtoms(limit) ?? ZERO_ATOMS)) return null;
  return refuse(checked, { code: 'limit-order-notional', why: `notional is ${formatAtoms(notional)}, limit is ${limit}` });
};

export const checkOrderSize: Rule = (checked) => {
  const { request, view } = checked;
  const limit = view.limits?.maxOrderSize;
  if (limit === undefined || request.size <= floorLots(view.instrument, limit)) return null;
  return refuse(checked, { code: 'limit-order-size', why: `size is ${formatSize(view.instrument, request.size)}, limit is ${limit}` });
};

/** One order against the equity of the account, so that a limit in money that nobody looked at for a year does not outlive the account. */
export const checkOrderShare: Rule = (checked) => {
  const price = checked.request.price ?? midOf(checked.view.book);
  return price === null ? null : exceedsShare(checked, { what: 'notional', price, size: checked.request.size });
};

/** The worst case on the side it grows. */
export const checkPositionShare: Rule = (checked) => {
  const { request, view } = checked;
  const price = referencePrice(view);
  const worst = worstWith(checked);
  const reached = Math.max(0, request.side === 'buy' ? worst.high : -worst.low);
  return price === null ? null : exceedsShare(checked, { what: 'worst-case position', price, size: reached });
};

type Shared = { readonly what: 'notional' | 'worst-case position'; readonly price: number; readonly size: number };

function exceedsShare(checked: Checked, { what, price, size }: Shared): GuardRefusal | null {
  const { equity, shares, instrument } = checked.view;
  const percent = what === 'notional' ? shares.maxOrderPercent : shares.maxPositionPercent;
  if (equity === null) return refuse(checked, { code: 'balance-unknown', why: 'the equity of the account is not known now' });
  const limit = shareOf(equity, percent);
  const worth = notionalOf(instrument, { price: ticks(Math.ceil(price)), size: lots(size) });
  if (worth <= limit) return null;
  const why = `${what} would be ${formatAtoms(worth)}, limit is ${formatAtoms(limit)} (${percent} % of an equity of ${formatAtoms(equity)})`;
  return refuse(checked, { code: 'limit-equity', why });
}

/** Nothing of an equity that is gone. Hundredths of a percent are exact. */
const shareOf = (equity: Atoms, percent: number): Atoms =>
  equity <= 0n ? ZERO_ATOMS : atoms((equity * BigInt(Math.round(percent * 100))) / 10_000n);

export const checkOpenOrders: Rule = (checked) => {
  const { view, replaces } = checked;
  let count = 1;
  for (const order of view.own) if (order !== replaces && liveLots(order) > 0) count++;
  const limit = Math.min(view.limits?.maxOpenOrders ?? 0, view.instrument.maxOpenOrders);
  return count <= limit
    ? null
    : refuse(checked, { code: 'limit-open-orders', why: `it would be open order number ${count}, limit is ${limit}` });
};

/** Never into ourselves: the venue would cancel one of the two. */
export const checkSelfCross: Rule = (checked) => {
  const { request, view, replaces } = checked;
  const crossed = view.own.find(
    (order) => order !== replaces && order.side !== request.side && liveLots(order) > 0 && crosses(request, order),
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

export const checkPosition: Rule = (checked) => {
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

export const checkGross: Rule = (checked) => {
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

export type Range = { readonly low: Lots; readonly high: Lots };

/** `except`: one of them that is not counted. */
type Exposure = { readonly held: Range; readonly own: readonly LedgerOrder[]; readonly stops: Sides; readonly except?: LedgerOrder | null };
export const NO_STOPS: Sides = { buy: lots(0), sell: lots(0) };

/**
 * Furthest the position can get either way: held, plus all that rests, is in flight, unknown, or filled but not yet booked. What only reduces
 * cannot turn a position over, but it can take it away, and with it the room that it gave on the other side.
 */
export function worstCase({ held, own, stops, except = null }: Exposure): Range {
  const opening = { buy: 0, sell: 0 };
  const reducing = { buy: 0, sell: 0 };
  for (const order of own) if (order !== except) (order.reduceOnly ? reducing : opening)[order.side] += pendingLots(order);
  const low = held.low > 0 ? Math.max(0, held.low - reducing.sell - stops.sell) : held.low;
  const high = held.high < 0 ? Math.min(0, held.high + reducing.buy + stops.buy) : held.high;
  return { low: lots(low - opening.sell), high: lots(high + opening.buy) };
}

/** Lots that may rest; an amend on its way counts at its larger size, also when all of the smaller one is filled. */
const liveLots = ({ order, amendTo }: LedgerOrder): number =>
  hasEnded(order.status) ? 0 : Math.max(openLots(order), (amendTo?.size ?? 0) - order.filled);

/** Lots of an order that may be filled without our having booked them. */
const pendingLots = (row: LedgerOrder): number => Math.max(liveLots(row), row.statedFilled - row.order.filled, 0);

/** Worst case as it would be with this order; an amended order counts at the larger of both sizes. */
function worstWith({ request, replaces, view }: Checked): Range {
  const before = worstCase({ held: view.held, own: view.own, stops: view.stops, except: replaces });
  const size = replaces ? Math.max(pendingLots(replaces), request.size - replaces.order.filled) : request.size;
  return request.side === 'buy' ? { low: before.low, high: lots(before.high + size) } : { low: lots(before.low - size), high: before.high };
}

const floorLots = (instrument: Instrument, text: string): number =>
  parseSize(instrument, text) ?? Math.floor(Number(text) / Number(instrument.stepSize));
