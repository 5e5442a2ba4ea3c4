/**
 * The market-making family: a fair price, a spread around it, a skew against the inventory, sizes and levels, each by a model of its own
 * that config.json names; and what forbids to quote at all. Every number that led to a quote is told in the signals.
 */
import type { MarketMakingParameters } from '../../shared/config.ts';
import type { Instrument } from '../../shared/instrument.ts';
import { forgetMarkouts } from '../signals/markouts.ts';
import { fundingTimes, inFundingWindow, needsFunding } from './market-making/funding.ts';
import { gapsOf } from './market-making/levels.ts';
import { type Market, marketOf } from './market-making/market.ts';
import { type Priced, priceOf } from './market-making/price.ts';
import { pullAfter } from './market-making/pull.ts';
import { quotesOf } from './market-making/quotes.ts';
import type { Reason } from './market-making/reasons.ts';
import { lotWorth, needsTrades, sense, sigmaNow } from './market-making/senses.ts';
import { isOpen, openHours, type OpenHours } from './market-making/sessions.ts';
import { type Counted, countedOf } from './market-making/sizes.ts';
import { INITIAL, type MarketMakingState } from './market-making/state.ts';
import { marketSignals, pricedSignals } from './market-making/told.ts';
import type { Strategy, SymbolView, WantedQuote, Wish } from './strategy.ts';

/** What follows from the parameters alone. */
type Setting = {
  readonly parameters: MarketMakingParameters;
  readonly hours: readonly OpenHours[];
  readonly gapsBps: readonly number[];
  readonly counted: (instrument: Instrument) => Counted;
};
/** One look: the market, and the state after it. */
type Look = Setting & {
  readonly view: SymbolView;
  readonly market: Market;
  readonly state: MarketMakingState;
  /** Basis points per square root of a second; null while not known. */
  readonly sigma: number | null;
};

export function marketMaking(parameters: MarketMakingParameters): Strategy<MarketMakingState> {
  const setting = { parameters, hours: openHours(parameters.sessions), gapsBps: gapsOf(parameters), counted: countedOnce(parameters) };
  return {
    name: 'market-making',
    role: 'quote',
    initial: () => INITIAL,
    decide: (view, before) => {
      const look = lookAt(setting, { view, before: onGrid(before, view.instrument) });
      return { wish: wishOf(look), state: look.state };
    },
  };
}

function lookAt(setting: Setting, { view, before }: { readonly view: SymbolView; readonly before: MarketMakingState }): Look {
  const { parameters } = setting;
  const { atMs } = view;
  const market = marketOf(view);
  const sensed = sense(before.senses, { view, market, parameters });
  const sigma = sigmaNow(sensed, parameters);
  const shock = { parameters, senses: sensed, sigma, mid: market.mid, atMs, lotWorth: lotWorth(view, market.mid) };
  const { pulled, fresh } = pullAfter(before.pulled, shock);
  const senses = fresh === 'pulled-markout' ? { ...sensed, markouts: forgetMarkouts(sensed.markouts) } : sensed;
  const funding = fundingTimes(before.funding, { funding: view.funding, atMs });
  return { ...setting, view, market, sigma, state: { grid: before.grid, senses, pulled, funding } };
}

function onGrid(state: MarketMakingState, { tickSize, stepSize }: Instrument): MarketMakingState {
  const [tick, step] = [Number(tickSize), Number(stepSize)];
  if (state.grid?.tick === tick && state.grid.step === step) return state;
  return { ...INITIAL, grid: { tick, step }, funding: state.funding };
}

function wishOf(look: Look): Wish {
  const { parameters, view, market, state, sigma } = look;
  const { senses } = state;
  const widens = parameters.funding.window === 'widen' && inFundingWindow(state.funding, { parameters, atMs: view.atMs });
  const widen = widens ? parameters.funding.widenFactor : 1;
  const priced = priceOf({ parameters, view, market, senses, sigma, widen, counted: look.counted(view.instrument) });
  const blocked = blockedBy(look);
  const seen = marketSignals({ parameters, view, market, senses, sigma });
  if (typeof priced === 'string') return { quotes: [], target: null, reason: blocked ?? priced, signals: seen };
  const signals = { ...seen, ...pricedSignals({ parameters, view, market, priced }) };
  if (blocked !== null) return { quotes: [], target: null, reason: blocked, signals };
  return { ...quote(look, priced), target: null, signals };
}

/** Why nothing may be quoted whatever the price is; null when there is no such reason. */
function blockedBy({ parameters, hours, view: { atMs, trades, funding: told }, state: { pulled, funding } }: Look): Reason | null {
  if (parameters.sessions.outside === 'pull' && !isOpen(hours, atMs)) return 'outside-session';
  if (told === null && needsFunding(parameters)) return 'funding-unknown';
  if (parameters.funding.window === 'pull' && inFundingWindow(funding, { parameters, atMs })) return 'funding-window';
  if (trades === null && needsTrades(parameters)) return 'trades-unknown';
  return pulled?.why ?? null;
}

function quote(look: Look, priced: Priced): { readonly quotes: WantedQuote[]; readonly reason: Reason } {
  const { parameters, view, gapsBps, market, hours } = look;
  const { bids, asks, mid } = market;
  const reduces = !isOpen(hours, view.atMs);
  const quotes = quotesOf({ ...priced, parameters, view, gapsBps, bids, asks, mid, reduces });
  if (reduces) return { quotes, reason: 'outside-session' };
  const sides = new Set(quotes.map(({ side }) => side)).size;
  return { quotes, reason: sides === 0 ? 'size-below-minimum' : sides === 1 ? 'inventory-full' : 'quoting' };
}

/** Decimals are counted once for each version of an instrument. */
function countedOnce(parameters: MarketMakingParameters): (instrument: Instrument) => Counted {
  const made = new WeakMap<Instrument, Counted>();
  return (instrument) => {
    const before = made.get(instrument);
    if (before) return before;
    const counted = countedOf(parameters, instrument);
    made.set(instrument, counted);
    return counted;
  };
}
