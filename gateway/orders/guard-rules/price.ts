/** Whether price and size are such that the venue takes them, and near enough to the market. */
import { formatPrice, formatSize, fractionalTicks, notionalOf } from '../../../shared/instrument.ts';
import { formatAtoms, ticks } from '../../../shared/units.ts';
import { midOf, refuse, type Rule } from './rule.ts';

export const checkFilters: Rule = (checked) => {
  const { request, view } = checked;
  const { instrument } = view;
  const most = request.kind === 'market' ? instrument.maxMarketLots : instrument.maxLots;
  if (request.size < instrument.minLots || request.size > most) {
    const sizes = `${formatSize(instrument, instrument.minLots)} to ${formatSize(instrument, most)}`;
    return refuse(checked, { code: 'filter', why: `size is ${formatSize(instrument, request.size)}, allowed is ${sizes}` });
  }
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
export const checkMarkBand: Rule = (checked) => {
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

export const checkMinNotional: Rule = (checked) => {
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

/** Around the mid of the book and around the mark: a book that has run away from the mark, or a mark nobody has heard of lately, opens nothing. */
export const checkCollar: Rule = (checked) => {
  const { request, view } = checked;
  const mid = midOf(view.book);
  const limit = view.limits?.collarPercent ?? 0;
  if (request.price === null || mid === null) return null;
  const fromMid = percentFrom(request.price, mid);
  if (fromMid > limit) {
    const shown = formatPrice(view.instrument, ticks(Math.round(mid)));
    return refuse(checked, { code: 'collar', why: `price is ${fromMid.toFixed(3)} % from mid ${shown}, limit is ${limit} %` });
  }
  if (view.markPrice === null || view.markAgeMs === null || view.markAgeMs > MARK_AGE_MS_MAX)
    return refuse(checked, { code: 'collar', why: `the mark price of ${request.symbol} is ${ageOf(view.markAgeMs)}` });
  const fromMark = percentFrom(request.price, fractionalTicks(view.instrument, view.markPrice));
  if (fromMark <= limit) return null;
  return refuse(checked, { code: 'collar', why: `price is ${fromMark.toFixed(3)} % from mark ${view.markPrice}, limit is ${limit} %` });
};

/** The venue tells marks every second (reference sheet 2026-11, section 8); this many missed are a dead stream. */
export const MARK_AGE_MS_MAX = 5_000;
const percentFrom = (price: number, reference: number): number => (Math.abs(price - reference) / reference) * 100;
const ageOf = (ageMs: number | null): string => (ageMs === null ? 'not known' : `${Math.round(ageMs)} ms old`);
