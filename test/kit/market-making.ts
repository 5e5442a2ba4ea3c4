/** Builders of the market-making family: parameters with anything changed, senses, a market. */
import { MarketMakingParameters } from '../../shared/config.ts';
import { overlay } from '../../shared/config.ts';
import { type Market, marketOf } from '../../brain/strategy/market-making/market.ts';
import { NO_SENSES, type Senses } from '../../brain/strategy/market-making/senses.ts';
import type { Volatility } from '../../brain/signals/volatility.ts';
import type { SymbolView } from '../../brain/strategy/strategy.ts';
import { view } from './brain.ts';

const BASE = { spreadBps: 2, skewBps: 1, orderSize: '0.010', maxInventory: '0.050', refreshToleranceBps: 0.2 };

/** `over` is laid on key by key, as config.local.json is. */
export const mmParameters = (over: object = {}): MarketMakingParameters => MarketMakingParameters.parse(overlay(BASE, over));

export const senses = (over: Partial<Senses> = {}): Senses => ({ ...NO_SENSES, ...over });

export const marketIn = (over: Partial<SymbolView> = {}): Market => marketOf(view(over));

/** A volatility that has warmed up, by either estimator; `sigma` in basis points per square root of a second. */
export const volatilityOf = (sigma: number): Volatility => {
  const sum = { squares: 1_000 * sigma * sigma, seconds: 1_000, samples: 1_000 };
  const [atMs, bucketMs] = [1_699_999_999_900, 5_000];
  const window = { bucketMs, open: { id: Math.floor(atMs / bucketMs), value: sum }, closed: [] };
  return { mid: 600_000.5, atMs, samples: 1_000, recent: sum, usual: sum, window };
};
