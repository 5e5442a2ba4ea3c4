/** Spread and skew by the chosen models, basis points, with every number that went into them. */
import type { MarketMakingParameters } from '../../../shared/config.ts';
import { reservationShift, stoikovSpread } from './avellaneda-stoikov.ts';
import { glftShiftPerOrder, glftSpread } from './glft.ts';
import { needsIntensity, type Senses } from './senses.ts';

/** `told`: where A and k are from, and why not from the market when they could be. */
export type Arrivals = {
  readonly a: number;
  readonly k: number;
  readonly told:
    | 'calibrated'
    | 'configured'
    | 'configured: too few observations'
    | 'configured: no decay in them'
    | 'configured: too uncertain';
};
export type Optimal = {
  /** Distance between the own quotes, before the fee edge. */
  readonly spreadBps: number;
  /** How far both quotes lie below the fair price. */
  readonly shiftBps: number;
  /** Null where no model asks for it. */
  readonly arrivals: Arrivals | null;
};
type Inputs = {
  readonly parameters: MarketMakingParameters;
  readonly senses: Senses;
  /** 0 where no model asks for it. */
  readonly sigma: number;
  /** Share of the largest inventory, -1 to 1. */
  readonly inventory: number;
  /** Inventory in orders of the base size. */
  readonly orders: number;
};

export function optimalOf(inputs: Inputs): Optimal {
  const { parameters, senses } = inputs;
  const arrivals = needsIntensity(parameters) ? arrivalsOf(senses, parameters) : null;
  const { skew, spread, volatility } = parameters;
  const factor = senses.regime === 'high' ? volatility.highSpreadFactor : senses.regime === 'low' ? volatility.lowSpreadFactor : 1;
  return {
    spreadBps: Math.max(spread.minBps, Math.min(spread.maxBps, spreadOf(inputs, arrivals) * factor)),
    shiftBps: Math.max(-skew.maxBps, Math.min(skew.maxBps, shiftOf(inputs, arrivals))),
    arrivals,
  };
}

/** Calibrated where the fit is good enough, else as configured. */
export function arrivalsOf({ intensity }: Senses, { intensity: configured }: MarketMakingParameters): Arrivals {
  const { source, perSecond: a, decayPerBps: k, observationsMin, errorMax } = configured;
  if (source === 'configured') return { a, k, told: 'configured' };
  const fit = intensity?.fit ?? null;
  if (fit === null) return { a, k, told: intensity?.counts ? 'configured: no decay in them' : 'configured: too few observations' };
  if (fit.observations < observationsMin) return { a, k, told: 'configured: too few observations' };
  if (Math.max(fit.errorA, fit.errorK) > errorMax) return { a, k, told: 'configured: too uncertain' };
  return { a: fit.a, k: fit.k, told: 'calibrated' };
}

function spreadOf({ parameters: { spread, spreadBps, risk }, sigma }: Inputs, arrivals: Arrivals | null): number {
  switch (spread.model) {
    case 'fixed':
      return spreadBps;
    case 'volatility':
      return spreadBps + spread.volatilityFactor * sigma;
    case 'avellaneda-stoikov':
      return stoikovSpread({ gamma: risk.gamma, sigma, horizonS: risk.horizonMs / 1_000, k: known(arrivals).k });
    case 'glft':
      return glftSpread({ gamma: risk.gamma, sigma, ...known(arrivals) });
    default:
      throw new Error(`Cannot space quotes by ${JSON.stringify(spread.model satisfies never)}`);
  }
}

function shiftOf({ parameters: { skew, skewBps, risk }, sigma, inventory, orders }: Inputs, arrivals: Arrivals | null): number {
  switch (skew.model) {
    case 'linear':
      return inventory * skewBps;
    case 'avellaneda-stoikov':
      return reservationShift({ gamma: risk.gamma, sigma, horizonS: risk.horizonMs / 1_000, orders });
    case 'glft':
      return orders * glftShiftPerOrder({ gamma: risk.gamma, sigma, ...known(arrivals) });
    default:
      throw new Error(`Cannot skew by ${JSON.stringify(skew.model satisfies never)}`);
  }
}

function known(arrivals: Arrivals | null): Arrivals {
  if (arrivals === null) throw new Error('Cannot use A and k: no model was said to need them');
  return arrivals;
}
