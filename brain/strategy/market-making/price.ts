/** Everything that decides where the quotes stand, or the reason why it is not known. */
import type { MarketMakingParameters } from '../../../shared/config.ts';
import type { SymbolView } from '../strategy.ts';
import { edgeOf } from './edge.ts';
import { fairPriceOf } from './fair-price.ts';
import { tiltBps } from './funding.ts';
import type { Market } from './market.ts';
import { type Optimal, optimalOf } from './optimal.ts';
import type { Reason } from './reasons.ts';
import { lotWorth, needsSigma, type Senses } from './senses.ts';
import { baseLots, type Counted } from './sizes.ts';

export type Priced = Optimal & {
  /** Fractional ticks, the funding tilt in it, the skew not. */
  readonly fair: number;
  readonly tiltBps: number;
  /** Null: the fee edge is not looked at. */
  readonly edgeBps: number | null;
  readonly baseLots: number;
  readonly fullLots: number;
  /** Share of the largest inventory, -1 to 1. */
  readonly inventory: number;
};
type Pricing = {
  readonly parameters: MarketMakingParameters;
  readonly view: SymbolView;
  readonly market: Market;
  readonly senses: Senses;
  /** Basis points per square root of a second; null while not known. */
  readonly sigma: number | null;
  readonly counted: Counted;
  /** Times the spread that the models want. */
  readonly widen: number;
};

const BPS = 10_000;

export function priceOf(pricing: Pricing): Priced | Reason {
  const { parameters, view, market, senses, sigma, counted } = pricing;
  if (sigma === null && needsSigma(parameters)) return 'warming-up';
  const untilted = fairPriceOf({ market, senses, parameters, markTicks: view.markTicks });
  if (typeof untilted === 'string') return untilted;
  const edgeBps = edgeOf(parameters, view.commission);
  if (typeof edgeBps === 'string') return edgeBps;
  const base = baseLots(parameters, { counted, lotWorth: lotWorth(view, market.mid), equity: view.equity ?? null });
  if (typeof base === 'string') return base;
  const { fullLots } = counted;
  const inventory = fullLots === 0 ? 0 : Math.max(-1, Math.min(1, view.position / fullLots));
  const tilt = tiltBps(view.funding, { parameters, atMs: view.atMs });
  const orders = base === 0 ? 0 : view.position / base;
  const optimal = optimalOf({ parameters, senses, sigma: sigma ?? 0, inventory, orders });
  const fair = untilted + (market.mid * tilt) / BPS;
  const spreadBps = optimal.spreadBps * pricing.widen;
  return { ...optimal, spreadBps, fair, tiltBps: tilt, edgeBps, baseLots: base, fullLots, inventory };
}
