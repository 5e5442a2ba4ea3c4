/** What holds of the market-making family whatever its models are and whatever the market does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { marketMaking } from '../../../brain/strategy/market-making.ts';
import type { MarketMakingState } from '../../../brain/strategy/market-making/state.ts';
import { REASONS } from '../../../brain/strategy/market-making/reasons.ts';
import type { SymbolView, WantedQuote, Wish } from '../../../brain/strategy/strategy.ts';
import type { MarketMakingParameters } from '../../../shared/config.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { view } from '../../kit/brain.ts';
import { stored } from '../../kit/market-history.ts';
import { mmParameters } from '../../kit/market-making.ts';
import { frozen, mirrored, someParameters, someViews, warm } from '../../kit/market-making-runs.ts';

const decide = (seen: SymbolView, p: MarketMakingParameters, before?: MarketMakingState) => {
  const strategy = marketMaking(p);
  return strategy.decide(seen, before ?? strategy.initial());
};
const of = (side: string, quotes: readonly WantedQuote[]): number[] => quotes.filter((one) => one.side === side).map(({ price }) => price);

// the first version of this strategy, kept as it was: reservation = mid (1 - inventory skew), distances from it
test('marketMaking() with nothing but the plain keys quotes as it always did, to the tick that rounding may take', () => {
  const plain = fc.record({
    spreadBps: fc.double({ min: 0.01, max: 50, noNaN: true }),
    skewBps: fc.double({ min: 0, max: 50, noNaN: true }),
    position: fc.integer({ min: -50, max: 50 }),
    bid: fc.integer({ min: 100_000, max: 1_000_000 }),
    spread: fc.integer({ min: 1, max: 500 }),
  });
  fc.assert(
    fc.property(plain, ({ spreadBps, skewBps, position, bid, spread }) => {
      const level = (price: number) => [{ price: ticks(price), size: lots(1_000) }];
      const seen = view({ bids: level(bid), asks: level(bid + spread), position: lots(position) });
      const { quotes } = decide(seen, mmParameters({ spreadBps, skewBps })).wish;
      const reservation = (bid + spread / 2) * (1 - ((position / 50) * skewBps) / 10_000);
      const distance = (reservation * spreadBps) / 2 / 10_000;
      const want = {
        buy: Math.min(Math.floor(reservation - distance), bid + spread - 1),
        sell: Math.max(Math.ceil(reservation + distance), bid + 1),
      };
      for (const { side, price } of quotes)
        expect(Math.abs(price - want[side])).toBeLessThanOrEqual(1 + (reservation * 0.005 * spreadBps) / 10_000);
    }),
  );
});

describe('marketMaking() over any market by any models', { timeout: 120_000 }, () => {
  test('never crosses, never meets itself, keeps the caps and the fee edge, and tells a reason that is known', () => {
    fc.assert(
      fc.property(someParameters, someViews, (p, views) => {
        const strategy = marketMaking(p);
        let state = strategy.initial();
        for (const seen of views) {
          const { wish: wanted, state: next } = strategy.decide(frozen(seen), frozen(state));
          state = next;
          expect(REASONS).toContain(wanted.reason);
          expect(Object.values(wanted.signals).every((value) => typeof value !== 'number' || Number.isFinite(value))).toBe(true);
          checkQuotes(wanted.quotes, seen);
          checkEdge(wanted, { seen, p });
        }
      }),
      { numRuns: 60 },
    );
  });

  test('has a state that is plain data, bounded, and the same after a restart from the store', () => {
    fc.assert(
      fc.property(someParameters, someViews, (p, views) => {
        const strategy = marketMaking(p);
        let [kept, restored] = [strategy.initial(), strategy.initial()];
        for (const seen of views) {
          const one = strategy.decide(seen, kept);
          expect(strategy.decide(seen, restored)).toEqual(one);
          [kept, restored] = [one.state, stored(one.state)];
        }
        expect(restored).toEqual(kept);
        expect(JSON.stringify(kept).length).toBeLessThan(20_000);
      }),
      { numRuns: 25 },
    );
  });

  test('mirrors its quotes when the book, the trades and the inventory are mirrored', () => {
    fc.assert(
      fc.property(someParameters, someViews, (p, views) => {
        const seen = views.at(-1)!;
        const state = warm(p, 1.5);
        const [one, other] = [decide(seen, p, state).wish, decide(mirrored(seen), p, state).wish];
        const sum = seen.bestBid + seen.bestAsk;
        const turned = other.quotes.map((quote) => ({ ...quote, side: quote.side === 'buy' ? 'sell' : 'buy', price: sum - quote.price }));
        const order = (quotes: readonly { side: string; level: number }[]) =>
          quotes.toSorted((a, b) => a.level - b.level || a.side.localeCompare(b.side));
        expect(order(turned)).toEqual(order([...one.quotes]));
        expect(other.reason).toBe(one.reason);
      }),
      { numRuns: 150 },
    );
  });

  test('moves its quotes down, never up, as the inventory grows', () => {
    fc.assert(
      fc.property(someParameters, someViews, fc.integer({ min: 1, max: 20 }), (p, views, more) => {
        const fixed = { ...p, edge: { ...p.edge, reducingShare: 1 }, placement: { ...p.placement, mode: 'model' as const } };
        const state = warm(p);
        const seen = { ...views.at(-1)!, trades: [] };
        const [less, fuller] = [0, more].map((by) => decide({ ...seen, position: lots(seen.position + by) }, fixed, state).wish.quotes);
        for (const one of fuller!) {
          const same = less!.find(({ side, level }) => side === one.side && level === one.level);
          if (same) expect(one.price).toBeLessThanOrEqual(same.price);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('stands further apart, never nearer, as sigma grows', () => {
    fc.assert(
      fc.property(
        someParameters,
        someViews,
        fc.double({ min: 0.01, max: 20, noNaN: true }),
        fc.double({ min: 1, max: 5, noNaN: true }),
        (p, views, sigma, times) => {
          const flat = { ...views.at(-1)!, position: lots(0), trades: [] };
          const model = { ...p, placement: { ...p.placement, mode: 'model' as const } };
          const [calm, wild] = [sigma, sigma * times].map((one) => decide(flat, model, warm(p, one)).wish.quotes);
          expect(of('buy', wild!)[0] ?? 0).toBeLessThanOrEqual(of('buy', calm!)[0] ?? Number.POSITIVE_INFINITY);
          expect(of('sell', wild!)[0] ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(of('sell', calm!)[0] ?? 0);
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** One comparison at the end: there are many quotes. */
function checkQuotes(quotes: readonly WantedQuote[], seen: SymbolView): void {
  const [bids, asks] = [quotes.filter(({ side }) => side === 'buy'), quotes.filter(({ side }) => side === 'sell')];
  const total = (side: typeof quotes) => side.reduce((sum, { size }) => sum + size, 0);
  const outwards = (side: typeof quotes, away: 1 | -1) => side.every(({ price }, i) => i === 0 || away * (price - side[i - 1]!.price) >= 0);
  expect({
    whole: quotes.every(({ price, size }) => Number.isInteger(price) && Number.isInteger(size) && size > 0),
    taking: bids.some(({ price }) => price >= seen.bestAsk) || asks.some(({ price }) => price <= seen.bestBid),
    meeting: bids.some((bid) => asks.some((ask) => bid.price >= ask.price)),
    outwards: outwards(bids, -1) && outwards(asks, 1),
    capped: (bids.length === 0 || seen.position + total(bids) <= 50) && (asks.length === 0 || -seen.position + total(asks) <= 50),
  }).toEqual({ whole: true, taking: false, meeting: false, outwards: true, capped: true });
}

/** Every quote is worth half a round trip's fees and profit against the fair price that was told. */
function checkEdge({ quotes, signals }: Wish, { seen, p }: { seen: SymbolView; p: MarketMakingParameters }): void {
  const { minProfitBps, exit, reducingShare } = p.edge;
  if (minProfitBps === null) return;
  const need = Math.max(0, (2 + (exit === 'taker' ? 5 : 2) + minProfitBps) / 2);
  const mid = (seen.bestBid + seen.bestAsk) / 2;
  const fair = Number(signals.fair) / 0.1; // told to a hundredth of a tick
  const missing = quotes.map(({ side, price }) => {
    const reduces = side === 'buy' ? seen.position < 0 : seen.position > 0;
    const earned = ((side === 'buy' ? fair - price : price - fair) / mid) * 10_000;
    return need * (reduces ? reducingShare : 1) - earned;
  });
  expect(Math.max(0, ...missing)).toBeLessThan(1e-3);
}
