/** Generated configurations of the market-making family, and views that follow each other as a market does. */
import fc from 'fast-check';
import type { MarketMakingParameters } from '../../shared/config.ts';
import { marketMaking } from '../../brain/strategy/market-making.ts';
import type { MarketMakingState } from '../../brain/strategy/market-making/state.ts';
import type { Level, SymbolView } from '../../brain/strategy/strategy.ts';
import { lots, ticks, wallMs } from '../../shared/units.ts';
import { view } from './brain.ts';
import { someHistory } from './market-history.ts';
import { mmParameters, volatilityOf } from './market-making.ts';

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** Any models together, warm after two samples, nothing pulled. */
export const someParameters: fc.Arbitrary<MarketMakingParameters> = fc
  .record({
    spreadBps: between(0.01, 20),
    skewBps: between(0, 20),
    levels: fc.integer({ min: 1, max: 4 }),
    levelGapBps: between(0, 5),
    levelGapFactor: between(1, 3),
    minQuoteLifeMs: fc.constantFrom(0, 500),
    fairPrice: fc.record({
      model: fc.constantFrom('mid', 'microprice', 'book-imbalance'),
      imbalanceLevels: fc.integer({ min: 1, max: 5 }),
      flowBps: between(0, 3),
      markWeight: fc.constantFrom(0, 0.3),
    }),
    spread: fc.record({
      model: fc.constantFrom('fixed', 'volatility', 'avellaneda-stoikov', 'glft'),
      minBps: between(0, 1),
      maxBps: between(1, 30),
    }),
    skew: fc.record({ model: fc.constantFrom('linear', 'avellaneda-stoikov', 'glft'), maxBps: between(0, 20) }),
    risk: fc.record({ gamma: between(0.001, 2), horizonMs: fc.integer({ min: 1_000, max: 300_000 }) }),
    volatility: fc.record({ samplesMin: fc.constant(2), estimator: fc.constantFrom('ewma', 'realized') }),
    size: fc.record({ levelFactor: between(0.5, 2), inventoryShrink: between(0, 1) }),
    placement: fc.record({
      mode: fc.constantFrom('model', 'join', 'improve', 'behind-wall'),
      improveTicks: fc.integer({ min: 1, max: 5 }),
      reachBps: between(0, 3),
      wallFactor: between(1, 3),
    }),
    edge: fc.record({
      minProfitBps: fc.constantFrom(null, -5, 0, 3),
      exit: fc.constantFrom('maker', 'taker'),
      reducingShare: fc.constantFrom(0, 0.5, 1),
    }),
  })
  .map((over) => mmParameters(over));

const someBook = fc.record({
  spread: fc.integer({ min: 1, max: 60 }),
  gaps: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }),
  sizes: fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 8, maxLength: 8 }),
  mark: fc.integer({ min: -300, max: 300 }),
  position: fc.integer({ min: -80, max: 80 }),
});

/** Four levels a side around `mid`. */
export function bookAround(
  mid: number,
  { spread, gaps, sizes }: { readonly spread: number; readonly gaps: readonly number[]; readonly sizes: readonly number[] },
) {
  const side = (best: number, step: 1 | -1, of: readonly number[]): Level[] => {
    let price = best;
    return of.map((size, i) => {
      if (i > 0) price += step * gaps[i - 1]!;
      return { price: ticks(price), size: lots(size) };
    });
  };
  const bid = Math.floor(mid - spread / 2);
  return { bids: side(bid, -1, sizes.slice(0, 4)), asks: side(bid + spread, 1, sizes.slice(4)) };
}

/** A market over time: views with books, trades and a position of their own. */
export const someViews: fc.Arbitrary<readonly SymbolView[]> = fc
  .tuple(someHistory, fc.array(someBook, { minLength: 1, maxLength: 10 }))
  .map(([history, books]) =>
    history.map(({ atMs, mid, trades }, i) => {
      const book = books[i % books.length]!;
      return view({ ...bookAround(mid, book), trades, atMs: wallMs(atMs), position: lots(book.position), markTicks: mid + book.mark });
    }),
  );

/** The same look in a mirror that stands at mid: prices, sides, trades and position turned over. */
export function mirrored(seen: SymbolView): SymbolView {
  const sum = seen.bestBid + seen.bestAsk;
  const turn = (levels: readonly Level[]): Level[] => levels.map(({ price, size }) => ({ price: ticks(sum - price), size }));
  const other = (side: 'buy' | 'sell') => (side === 'buy' ? ('sell' as const) : ('buy' as const));
  return view({
    ...seen,
    bids: turn(seen.asks),
    asks: turn(seen.bids),
    position: lots(-seen.position),
    markTicks: seen.markTicks === null ? null : sum - seen.markTicks,
    funding: seen.funding === null ? null : { ...seen.funding, rate: -seen.funding.rate },
    trades: seen.trades?.map((one) => ({ ...one, price: ticks(sum - one.price), aggressor: other(one.aggressor) })) ?? null,
  });
}

/** The state after a look at a quiet market, as if sigma had been measured; basis points per square root of a second. */
export function warm(p: MarketMakingParameters, sigma = 1): MarketMakingState {
  const strategy = marketMaking(p);
  const { state } = strategy.decide(view({ trades: [] }), strategy.initial());
  return { ...state, senses: { ...state.senses, volatility: volatilityOf(sigma) } };
}

/** Throws where anybody writes into it afterwards. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value))
    for (const one of Object.values(Object.freeze(value))) frozen(one);
  return value;
}
