/** What test-order sends: price, size and the checks before anything leaves. Pure; prices and sizes in whole ticks and lots. */
import type { SymbolLimits } from '../../shared/limits.ts';
import { formatPrice, formatSize, fractionalTicks, type Instrument, notionalOf, parsePrice, parseSize } from '../../shared/instrument.ts';
import type { Side } from '../../shared/order.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { formatAtoms, type Lots, lots, parseAtoms, type Ticks, ticks, ZERO_ATOMS } from '../../shared/units.ts';
import { EXIT, type ExitCode } from './tool.ts';

export type Wanted = {
  readonly side: Side;
  readonly market: boolean;
  readonly reduceOnly: boolean;
  /** Absent: 5 % from the best price of the own side. */
  readonly price?: string;
  /** Absent: the smallest that the venue takes. */
  readonly qty?: string;
};
export type Around = {
  readonly instrument: Instrument;
  readonly bestBid: string;
  readonly bestAsk: string;
  readonly mark: string;
  readonly limits: SymbolLimits | null;
};
export type Planned = { readonly price: Ticks | null; readonly size: Lots };
export type Refusal = { readonly code: ExitCode; readonly sentence: string };

const DISTANCE = 0.05;
/** A market order is valued at mark: a little more than the least, so that a moving mark does not refuse it. */
const MARKET_MARGIN = 0.01;

export function planOrder(wanted: Wanted, around: Around): Result<Planned, Refusal> {
  const { instrument } = around;
  if (!instrument.trading) return refuse(EXIT.failed, `${instrument.symbol} is not trading now`);
  if (wanted.market && wanted.price !== undefined)
    return refuse(EXIT.usage, '--price: a market order has none; leave --price or --market out');
  const price = wanted.market ? ok(null) : limitPrice(wanted, around);
  if (!price.ok) return price;
  const size = orderSize(wanted, { around, price: price.value });
  if (!size.ok) return size;
  const planned = { price: price.value, size: size.value };
  const broken = wanted.reduceOnly ? null : overLimit(planned, around);
  return broken ? err(broken) : ok(planned);
}

const refuse = (code: ExitCode, sentence: string): Result<never, Refusal> => err({ code, sentence });

function limitPrice({ side, price: text }: Wanted, around: Around): Result<Ticks, Refusal> {
  const { instrument, bestBid, bestAsk } = around;
  const band = bandOf(side, around);
  if (text === undefined) return ok(ticks(Math.min(band.most, Math.max(band.least, farPrice(side, around)))));
  const price = parsePrice(instrument, text);
  if (price === null) return refuse(EXIT.usage, `--price: ${text}: allowed is a multiple of the tick ${instrument.tickSize}`);
  if (price < band.least || price > band.most) {
    const allowed = `${formatPrice(instrument, band.least)} to ${formatPrice(instrument, band.most)}`;
    return refuse(
      EXIT.usage,
      `--price: ${text}: allowed is ${allowed} for a ${side} now (filters, and the band around mark ${around.mark})`,
    );
  }
  const takes = side === 'buy' ? price >= fractionalTicks(instrument, bestAsk) : price <= fractionalTicks(instrument, bestBid);
  if (!takes) return ok(price);
  const bound = side === 'buy' ? `below the best ask ${bestAsk}` : `above the best bid ${bestBid}`;
  return refuse(EXIT.usage, `--price: ${text}: allowed is a price ${bound}: the order is post-only`);
}

function farPrice(side: Side, { instrument, bestBid, bestAsk }: Around): number {
  if (side === 'buy') return Math.floor(fractionalTicks(instrument, bestBid) * (1 - DISTANCE));
  return Math.ceil(fractionalTicks(instrument, bestAsk) * (1 + DISTANCE));
}

/** PRICE_FILTER and PERCENT_PRICE (reference sheet 2026-11, section 4): a buy at most mark x up, a sell at least mark x down. */
function bandOf(side: Side, { instrument, mark }: Around): { readonly least: Ticks; readonly most: Ticks } {
  const at = fractionalTicks(instrument, mark);
  const most = side === 'buy' ? Math.floor(at * Number(instrument.multiplierUp)) : instrument.maxPriceTicks;
  const least = side === 'sell' ? Math.ceil(at * Number(instrument.multiplierDown)) : instrument.minPriceTicks;
  return { least: ticks(Math.max(least, instrument.minPriceTicks)), most: ticks(Math.min(most, instrument.maxPriceTicks)) };
}

type Sizing = { readonly around: Around; readonly price: Ticks | null };

function orderSize({ qty, market, reduceOnly }: Wanted, { around, price }: Sizing): Result<Lots, Refusal> {
  const { instrument } = around;
  const smallest = reduceOnly ? instrument.minLots : smallestSize(instrument, price ?? marketPrice(around));
  if (qty === undefined) return ok(smallest);
  const size = parseSize(instrument, qty);
  if (size === null) return refuse(EXIT.usage, `--qty: ${qty}: allowed is a multiple of the step ${instrument.stepSize}`);
  const largest = market ? instrument.maxMarketLots : instrument.maxLots;
  if (size >= smallest && size <= largest) return ok(size);
  const allowed = `${formatSize(instrument, smallest)} to ${formatSize(instrument, largest)}`;
  return refuse(EXIT.usage, `--qty: ${qty}: allowed is ${allowed} (least notional ${instrument.minNotional} ${instrument.quoteAsset})`);
}

const marketPrice = ({ instrument, mark, bestBid }: Around): Ticks =>
  ticks(Math.max(1, Math.floor(Math.min(fractionalTicks(instrument, mark), fractionalTicks(instrument, bestBid)) * (1 - MARKET_MARGIN))));

/** Fewest lots that satisfy step, least size and least notional. */
export function smallestSize(instrument: Instrument, price: Ticks): Lots {
  const perLot = notionalOf(instrument, { price, size: lots(1) });
  const byNotional = perLot > 0n ? Number((instrument.minNotionalAtoms + perLot - 1n) / perLot) : 0;
  return lots(Math.max(instrument.minLots, byNotional));
}

/** The limits of the config hold for a person's test too; an absent one means zero. */
function overLimit({ price, size }: Planned, { instrument, bestAsk, limits }: Around): Refusal | null {
  const { symbol } = instrument;
  const value = price ?? ticks(Math.ceil(fractionalTicks(instrument, bestAsk)));
  const notional = notionalOf(instrument, { price: value, size });
  const most = limits?.maxOrderNotional ?? '0';
  if (notional > (parseAtoms(most) ?? ZERO_ATOMS))
    return { code: EXIT.refused, sentence: `notional is ${formatAtoms(notional)}, limits say at most ${most} an order on ${symbol}` };
  const position = limits?.maxPosition ?? '0';
  if (size <= (parseSize(instrument, position) ?? Math.floor(Number(position) / Number(instrument.stepSize)))) return null;
  return { code: EXIT.refused, sentence: `size is ${formatSize(instrument, size)}, limits say at most ${position} on ${symbol}` };
}
