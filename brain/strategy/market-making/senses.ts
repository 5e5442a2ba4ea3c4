/** Everything the market-making family remembers of the market: the signals its configuration needs, each plain data and bounded. */
import { bookImbalance } from '../../signals/book-imbalance.ts';
import { type Intensity, intensity } from '../../signals/intensity.ts';
import { type Markouts, markouts, NO_MARKOUTS } from '../../signals/markouts.ts';
import { type MicroPrice, microPrice } from '../../signals/micro-price.ts';
import { type Momentum, momentum } from '../../signals/momentum.ts';
import { type PriceRange, priceRange } from '../../signals/price-range.ts';
import { type TradeFlow, tradeFlow } from '../../signals/trade-flow.ts';
import { sigmaOf, usualSigmaOf, type Volatility, volatility } from '../../signals/volatility.ts';
import { type Regime, regimeAfter } from '../../signals/volatility-regime.ts';
import { type Vpin, vpin } from '../../signals/vpin.ts';
import type { MarketMakingParameters } from '../../../shared/config.ts';
import type { SymbolView } from '../strategy.ts';
import type { Market } from './market.ts';

/** Null: not looked at yet, or not needed. `nowFlow` and `usualFlow` are of the volume burst. */
export type Senses = {
  readonly volatility: Volatility | null;
  readonly regime: Regime;
  readonly momentum: Momentum | null;
  readonly flow: TradeFlow | null;
  readonly markouts: Markouts;
  readonly intensity: Intensity | null;
  readonly microPrice: MicroPrice | null;
  readonly range: PriceRange | null;
  readonly nowFlow: TradeFlow | null;
  readonly usualFlow: TradeFlow | null;
  readonly vpin: Vpin | null;
};

export const NO_SENSES: Senses = {
  volatility: null,
  regime: 'normal',
  momentum: null,
  flow: null,
  markouts: NO_MARKOUTS,
  intensity: null,
  microPrice: null,
  range: null,
  nowFlow: null,
  usualFlow: null,
  vpin: null,
};

const ATOMS = 1e8;

/** A model asks for A and k, which may be calibrated. */
export const needsIntensity = ({ spread, skew }: MarketMakingParameters): boolean =>
  spread.model === 'avellaneda-stoikov' || spread.model === 'glft' || skew.model === 'glft';

export const needsSigma = ({ spread, skew }: MarketMakingParameters): boolean => spread.model !== 'fixed' || skew.model !== 'linear';

/** The guards that watch public trades; without them they guard nothing. */
export const needsTrades = ({ pull }: MarketMakingParameters): boolean => pull.burst.factor !== null || pull.toxicFlow.vpin !== null;

/** Worth of one lot at a price, quote units. */
export const lotWorth = ({ instrument }: SymbolView, price: number): number => (price * Number(instrument.atomsPerTickLot)) / ATOMS;

export type Sensing = { readonly view: SymbolView; readonly market: Market; readonly parameters: MarketMakingParameters };

export function sense(before: Senses, sensing: Sensing): Senses {
  const { view, market, parameters } = sensing;
  const { atMs, trades, fills } = view;
  const { mid } = market;
  const { fairPrice, pull } = parameters;
  const next = volatility(before.volatility, { mid, atMs, options: parameters.volatility });
  return {
    volatility: next,
    regime: next === before.volatility ? before.regime : regimeOf(before.regime, { next, parameters }),
    momentum: momentum(before.momentum, { mid, atMs, fastMs: fairPrice.momentumFastMs, slowMs: fairPrice.momentumSlowMs }),
    flow: tradeFlow(before.flow, { trades, atMs, halfLifeMs: fairPrice.flowHalfLifeMs }),
    markouts: markouts(before.markouts, { fills, mid, atMs, horizonMs: pull.markout.horizonMs, keep: pull.markout.fills }),
    ...senseWhereNeeded(before, sensing),
  };
}

function senseWhereNeeded(before: Senses, { view, market, parameters }: Sensing) {
  const { atMs, trades } = view;
  const { mid, bestBid: bid, bestAsk: ask } = market;
  const { pull } = parameters;
  const calibrates = needsIntensity(parameters) && parameters.intensity.source === 'calibrated';
  const ranges = pull.jump.bps !== null || pull.jump.sigmas !== null;
  const bursts = pull.burst.factor !== null;
  const { bucketNotional, buckets } = pull.toxicFlow;
  return {
    intensity: calibrates ? intensity(before.intensity, { mid, atMs, trades, options: parameters.intensity }) : null,
    microPrice: parameters.fairPrice.model === 'stoikov-microprice' ? microPrice(before.microPrice, { bid, ask, atMs }) : null,
    range: ranges ? priceRange(before.range, { mid, atMs, withinMs: pull.jump.withinMs }) : null,
    nowFlow: bursts ? tradeFlow(before.nowFlow, { trades, atMs, halfLifeMs: pull.burst.withinMs }) : null,
    usualFlow: bursts ? tradeFlow(before.usualFlow, { trades, atMs, halfLifeMs: pull.burst.baselineMs }) : null,
    vpin: pull.toxicFlow.vpin === null ? null : vpin(before.vpin, { trades, bucketLots: bucketNotional / lotWorth(view, mid), buckets }),
  };
}

function regimeOf(
  before: Regime,
  { next, parameters }: { readonly next: Volatility; readonly parameters: MarketMakingParameters },
): Regime {
  const options = parameters.volatility;
  const [sigma, usual] = [sigmaOf(next, options), usualSigmaOf(next, options)];
  return sigma === null || usual === null || usual === 0 ? before : regimeAfter(before, { ratio: sigma / usual, options });
}

export const sigmaNow = ({ volatility: state }: Senses, parameters: MarketMakingParameters): number | null =>
  state === null ? null : sigmaOf(state, parameters.volatility);

export const imbalanceNow = ({ bids, asks }: Market, { fairPrice }: MarketMakingParameters): number =>
  bookImbalance({ bids, asks, levels: fairPrice.imbalanceLevels });
