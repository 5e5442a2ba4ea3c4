/** The price that quotes are placed around, before the inventory is looked at. */
import type { MarketMakingParameters } from '../../../shared/config.ts';
import { microPriceOf } from '../../signals/micro-price.ts';
import { momentumBps } from '../../signals/momentum.ts';
import { flowRatio } from '../../signals/trade-flow.ts';
import type { Market } from './market.ts';
import type { Reason } from './reasons.ts';
import { imbalanceNow, type Senses } from './senses.ts';

type Pricing = {
  readonly market: Market;
  readonly senses: Senses;
  readonly parameters: MarketMakingParameters;
  /** Fractional ticks; null while not known. */
  readonly markTicks: number | null;
};

const BPS = 10_000;

/** Ticks; a reason where a signal that it is made of is not known. */
export function fairPriceOf(pricing: Pricing): number | Reason {
  const { market, parameters, markTicks } = pricing;
  const { markWeight } = parameters.fairPrice;
  const base = basePrice(pricing);
  if (base === null) return 'warming-up';
  const moved = base + (market.mid * signalBps(pricing)) / BPS;
  if (markWeight === 0) return moved;
  return markTicks === null ? 'mark-unknown' : (1 - markWeight) * moved + markWeight * markTicks;
}

function basePrice({ market, senses, parameters }: Pricing): number | null {
  const { mid, bestBid, bestAsk } = market;
  switch (parameters.fairPrice.model) {
    case 'mid':
      return mid;
    case 'microprice':
      return weightedMid(market);
    case 'book-imbalance': {
      const { imbalanceBps } = parameters.fairPrice;
      const whole = imbalanceBps === null ? (bestAsk.price - bestBid.price) / 2 : (mid * imbalanceBps) / BPS;
      return mid + imbalanceNow(market, parameters) * whole;
    }
    case 'stoikov-microprice':
      return senses.microPrice === null ? null : microPriceOf(senses.microPrice);
    default:
      throw new Error(`Cannot price by ${JSON.stringify(parameters.fairPrice.model satisfies never)}`);
  }
}

/**
 * Best prices weighted by the size opposite, bid x askSize + ask x bidSize over both: near the ask when bids are larger. Written as a
 * move of mid, so that a mirrored book gives the mirrored price to the last bit. (Gatheral, Oomen, "Zero-intelligence realized variance
 * estimation", Finance and Stochastics 14, 2010.)
 */
function weightedMid({ mid, bestBid, bestAsk }: Market): number {
  const both = bestBid.size + bestAsk.size;
  return both === 0 ? mid : mid + (((bestBid.size - bestAsk.size) / both) * (bestAsk.price - bestBid.price)) / 2;
}

/** What flow and momentum add, basis points; what is not watched yet adds nothing. */
function signalBps({ senses, parameters }: Pricing): number {
  const { flowBps, momentumWeight, signalBpsMax } = parameters.fairPrice;
  const flow = senses.flow === null ? 0 : flowBps * (flowRatio(senses.flow) ?? 0);
  const trend = senses.momentum === null || momentumWeight === 0 ? 0 : momentumWeight * momentumBps(senses.momentum);
  return Math.max(-signalBpsMax, Math.min(signalBpsMax, flow + trend));
}
