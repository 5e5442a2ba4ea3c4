import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { marketMaking, type MarketMakingState } from '../../../brain/strategy/market-making.ts';
import { REASONS } from '../../../brain/strategy/market-making/reasons.ts';
import type { OwnFill, SymbolView, WantedQuote } from '../../../brain/strategy/strategy.ts';
import type { MarketMakingParameters } from '../../../shared/config.ts';
import { lots, ticks, wallMs } from '../../../shared/units.ts';
import { levels, qty, view } from '../../kit/brain.ts';
import { stored, trade } from '../../kit/market-history.ts';
import { mmParameters, volatilityOf } from '../../kit/market-making.ts';
import { frozen, mirrored, someParameters, someViews } from '../../kit/market-making-runs.ts';
import { instrument } from '../../kit/orders.ts';

const decide = (seen: SymbolView, p: MarketMakingParameters, before?: MarketMakingState) => {
  const strategy = marketMaking(p);
  return strategy.decide(seen, before ?? strategy.initial());
};
const wish = (over: Parameters<typeof view>[0] = {}, p = mmParameters(), before?: MarketMakingState) => decide(view(over), p, before).wish;
const of = (side: string, quotes: readonly WantedQuote[]): number[] => quotes.filter((one) => one.side === side).map(({ price }) => price);
const prices = (side: string, over: Parameters<typeof view>[0] = {}, p = mmParameters()): number[] => of(side, wish(over, p).quotes);

/** The state after looks at a quiet market, as if sigma had been measured. */
function warm(p: MarketMakingParameters, sigma = 1): MarketMakingState {
  const { state } = decide(view({ trades: [] }), p);
  return { ...state, senses: { ...state.senses, volatility: volatilityOf(sigma) } };
}
function stateAfter(views: readonly SymbolView[], p: MarketMakingParameters): MarketMakingState {
  const strategy = marketMaking(p);
  return views.reduce((state, seen) => strategy.decide(seen, state).state, strategy.initial());
}

// mid 60000.05; half of 2 bps is 6.000005; rounded away from the market to ticks of 0.1
test('marketMaking() quotes half a spread from mid, rounded away from the market', () => {
  expect(wish().quotes).toEqual([
    { side: 'buy', price: 599_940, size: 10, level: 0 },
    { side: 'sell', price: 600_061, size: 10, level: 0 },
  ]);
  expect(wish()).toMatchObject({ reason: 'quoting', target: null, signals: { mid: 60_000.05, inventory: 0 } });
});

test('marketMaking() spaces its levels by the gap', () => {
  const two = mmParameters({ levels: 2, levelGapBps: 1, orderSize: '0.005' });
  expect([prices('buy', {}, two), prices('sell', {}, two)]).toEqual([
    [599_940, 599_880],
    [600_061, 600_121],
  ]);
});

test('marketMaking() stays a tick away from taking, however far the skew pushes', () => {
  const narrow = mmParameters({ spreadBps: 0.1, skewBps: 100 });
  expect(prices('sell', { position: qty('0.040') }, narrow)).toEqual([600_001]);
  expect(prices('buy', { position: qty('-0.040') }, narrow)).toEqual([600_000]);
});

test('marketMaking() trims the growing side to the room that is left, and stops it when there is none', () => {
  expect(wish({ position: qty('0.045') }).quotes).toMatchObject([
    { side: 'buy', size: 5 },
    { side: 'sell', size: 10 },
  ]);
  const full = wish({ position: qty('0.050') });
  expect([full.quotes.map(({ side }) => side), full.reason]).toEqual([['sell'], 'inventory-full']);
  expect(wish({ position: qty('-0.070') }).quotes.map(({ side }) => side)).toEqual(['buy']);
});

test('marketMaking() wants nothing where no size is worth sending', () => {
  expect(wish({}, mmParameters({ orderSize: '0.0001' }))).toMatchObject({ quotes: [], reason: 'size-below-minimum' });
});

test('marketMaking() asks for the least life of a quote where one is configured', () => {
  expect(wish({}, mmParameters({ minQuoteLifeMs: 250 })).quotes).toMatchObject([{ minLifeMs: 250 }, { minLifeMs: 250 }]);
});

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
      const { quotes } = wish(
        { bids: level(bid), asks: level(bid + spread), position: lots(position) },
        mmParameters({ spreadBps, skewBps }),
      );
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

describe('marketMaking() over any market by any models', () => {
  test('never crosses, never meets itself, keeps the caps and the fee edge, and tells a reason that is known', () => {
    fc.assert(
      fc.property(someParameters, someViews, (p, views) => {
        const strategy = marketMaking(p);
        let state = strategy.initial();
        for (const seen of views) {
          const { wish: wanted, state: next } = strategy.decide(frozen(seen), frozen(state));
          state = next;
          expect(REASONS).toContain(wanted.reason);
          for (const value of Object.values(wanted.signals)) expect(typeof value !== 'number' || Number.isFinite(value)).toBe(true);
          checkQuotes(wanted.quotes, seen);
          checkEdge(wanted, { seen, p });
        }
      }),
      { numRuns: 150 },
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
      { numRuns: 50 },
    );
  });

  test('mirrors its quotes when the book, the trades and the inventory are mirrored', () => {
    fc.assert(
      fc.property(someParameters, someViews, (p, views) => {
        const seen = views.at(-1)!;
        const state = { ...warm(p, 1.5), grid: { tick: 0.1, step: 0.001 } };
        const [one, other] = [decide(seen, p, state).wish, decide(mirrored(seen), p, state).wish];
        const sum = seen.bestBid + seen.bestAsk;
        const turned = other.quotes.map((quote) => ({ ...quote, side: quote.side === 'buy' ? 'sell' : 'buy', price: sum - quote.price }));
        const order = (quotes: readonly { side: string; level: number }[]) =>
          quotes.toSorted((a, b) => a.level - b.level || a.side.localeCompare(b.side));
        expect(order(turned)).toEqual(order([...one.quotes]));
        expect(other.reason).toBe(one.reason);
      }),
      { numRuns: 300 },
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
      { numRuns: 300 },
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
      { numRuns: 300 },
    );
  });
});

function checkQuotes(quotes: readonly WantedQuote[], seen: SymbolView): void {
  const [bids, asks] = [quotes.filter(({ side }) => side === 'buy'), quotes.filter(({ side }) => side === 'sell')];
  for (const { price, size } of quotes) {
    expect(Number.isInteger(price) && Number.isInteger(size)).toBe(true);
    expect(size).toBeGreaterThan(0);
  }
  for (const { price } of bids) expect(price).toBeLessThan(seen.bestAsk);
  for (const { price } of asks) expect(price).toBeGreaterThan(seen.bestBid);
  for (const bid of bids) for (const ask of asks) expect(bid.price).toBeLessThan(ask.price);
  for (const [side, away] of [
    [bids, -1],
    [asks, 1],
  ] as const)
    for (const [i, { price }] of side.entries()) if (i > 0) expect(away * (price - side[i - 1]!.price)).toBeGreaterThanOrEqual(0);
  const total = (side: typeof quotes) => side.reduce((sum, { size }) => sum + size, 0);
  expect(bids.length === 0 || seen.position + total(bids) <= 50).toBe(true);
  expect(asks.length === 0 || -seen.position + total(asks) <= 50).toBe(true);
}

/** Every quote is worth half a round trip's fees and profit against the fair price that was told. */
function checkEdge({ quotes, signals }: ReturnType<typeof wish>, { seen, p }: { seen: SymbolView; p: MarketMakingParameters }): void {
  const { minProfitBps, exit, reducingShare } = p.edge;
  if (minProfitBps === null) return;
  const need = Math.max(0, (2 + (exit === 'taker' ? 5 : 2) + minProfitBps) / 2);
  const mid = (seen.bestBid + seen.bestAsk) / 2;
  for (const { side, price } of quotes) {
    const fair = Number(signals.fair) / 0.1;
    const earned = ((side === 'buy' ? fair - price : price - fair) / mid) * 10_000;
    const reduces = side === 'buy' ? seen.position < 0 : seen.position > 0;
    expect(earned).toBeGreaterThanOrEqual(need * (reduces ? reducingShare : 1) - 1e-3); // the fair price is told to a hundredth of a tick
  }
}

describe('marketMaking() keeps the levels apart', () => {
  test('behind the fee edge: the edge moves the first level, the gaps begin there', () => {
    const p = mmParameters({ spreadBps: 0.5, levels: 2, levelGapBps: 1, orderSize: '0.005', edge: { minProfitBps: 1 } });
    // half of 2 + 2 + 1 basis points of 60,000.05 are 15.0000125, a gap is 6.000005
    expect([prices('buy', {}, p), prices('sell', {}, p)]).toEqual([
      [599_850, 599_789],
      [600_151, 600_212],
    ]);
  });

  test('and does not come nearer than the edge to join the best', () => {
    const p = mmParameters({ edge: { minProfitBps: 1 }, placement: { mode: 'join', reachBps: 50 } });
    expect([prices('buy', {}, p), prices('sell', {}, p)]).toEqual([[599_850], [600_151]]);
    expect(prices('buy', {}, mmParameters({ placement: { mode: 'join', reachBps: 50 } }))).toEqual([600_000]);
  });

  test('where two sides that improve would meet', () => {
    const wide = { bids: levels(['60000.00', '1.000']), asks: levels(['60000.30', '1.000']) };
    const p = mmParameters({ placement: { mode: 'improve', improveTicks: 5, reachBps: 50 } });
    expect([prices('buy', wide, p), prices('sell', wide, p)]).toEqual([[600_001], [600_002]]);
  });
});

describe('marketMaking() does not quote', () => {
  const AT = 1_700_000_000_000; // a Tuesday, 22:13:20 UTC
  const next = { rate: 0.0001, nextMs: wallMs(AT + 10_000) };
  test.each<[string, object, Parameters<typeof view>[0], string]>([
    ['outside its hours', { sessions: { windows: [{ from: '08:00', to: '16:00' }] } }, {}, 'outside-session'],
    ['around the funding time', { funding: { window: 'pull' } }, { funding: next }, 'funding-window'],
    ['while the funding time is unknown and matters', { funding: { window: 'pull' } }, {}, 'funding-unknown'],
    ['while the funding rate is unknown and matters', { funding: { tiltWeight: 1 } }, {}, 'funding-unknown'],
    ['while the fees are unknown and matter', { edge: { minProfitBps: 0 } }, { commission: null }, 'commission-unknown'],
    ['while the mark price is unknown and matters', { fairPrice: { markWeight: 0.5 } }, { markTicks: null }, 'mark-unknown'],
    ['while the equity is unknown and matters', { size: { model: 'equity' } }, {}, 'equity-unknown'],
    ['while trades are missed that guard against toxic flow', { pull: { toxicFlow: { vpin: 0.9 } } }, {}, 'trades-unknown'],
    ['while trades are missed that guard against bursts', { pull: { burst: { factor: 9 } } }, {}, 'trades-unknown'],
    ['while sigma is unknown and matters', { spread: { model: 'glft' } }, {}, 'warming-up'],
    ['while the micro-price is unknown and matters', { fairPrice: { model: 'stoikov-microprice' } }, {}, 'warming-up'],
  ])('%s', (_name, over, seen, reason) => {
    expect(wish(seen, mmParameters(over))).toMatchObject({ quotes: [], target: null, reason });
    expect(wish(seen, mmParameters()).reason).toBe('quoting');
  });

  test('outside its hours but what takes the inventory home, where it may', () => {
    const p = mmParameters({ levels: 2, sessions: { windows: [{ from: '08:00', to: '16:00' }], outside: 'reduce' } });
    expect(wish({ position: qty('0.015') }, p)).toMatchObject({
      quotes: [
        { side: 'sell', size: 10 },
        { side: 'sell', size: 5 },
      ],
      reason: 'outside-session',
    });
    expect(wish({}, p)).toMatchObject({ quotes: [], reason: 'outside-session' });
  });

  test('after a price jump until the cool-down is over, and says why all the time', () => {
    const p = mmParameters({ pull: { jump: { bps: 5, coolDownMs: 1_000 } } });
    const at = (ms: number, bid: string, ask: string) =>
      view({ bids: levels([bid, '1.000']), asks: levels([ask, '1.000']), atMs: wallMs(AT + ms) });
    const looks = [
      at(0, '60000.00', '60000.10'),
      at(100, '60040.00', '60040.10'),
      at(1_300, '60040.00', '60040.10'),
      at(2_300, '60040.00', '60040.10'),
    ];
    const strategy = marketMaking(p);
    let state = strategy.initial();
    const reasons = looks.map((seen) => {
      const decided = strategy.decide(seen, state);
      state = decided.state;
      return [decided.wish.reason, decided.wish.quotes.length];
    });
    expect(reasons).toEqual([
      ['quoting', 2],
      ['pulled-price-jump', 0],
      ['quoting', 2],
      ['quoting', 2],
    ]);
  });

  test('after own fills that were run over; then the mean begins anew', () => {
    const p = mmParameters({ pull: { markout: { bps: -1, fills: 2, horizonMs: 1_000, coolDownMs: 5_000 } } });
    const fill: OwnFill = { side: 'buy', price: ticks(600_100), size: lots(1), maker: true, atMs: wallMs(AT) };
    const state = stateAfter([view({ fills: [fill, fill] })], p);
    const run = decide(view({ atMs: wallMs(AT + 1_000) }), p, state);
    expect(run.wish).toMatchObject({ reason: 'pulled-markout', quotes: [] });
    expect(run.state.senses.markouts.done).toEqual([]);
    expect(decide(view({ atMs: wallMs(AT + 5_999) }), p, run.state).wish.reason).toBe('pulled-markout');
    expect(decide(view({ atMs: wallMs(AT + 6_000) }), p, run.state).wish.reason).toBe('quoting');
  });

  test('on takers of one side, and on a burst of them', () => {
    const toxic = mmParameters({ pull: { toxicFlow: { vpin: 0.9, buckets: 2, bucketNotional: 600 } } });
    const flow = [view({ trades: null }), view({ trades: [trade('buy', 25, { atMs: AT })] })];
    expect(wish({ trades: [] }, toxic, stateAfter(flow, toxic))).toMatchObject({ reason: 'pulled-toxic-flow', signals: { vpin: 1 } });
    const burst = mmParameters({ pull: { burst: { factor: 4, baselineMs: 10_000, withinMs: 1_000 } } });
    const quiet = Array.from({ length: 120 }, (_, i) =>
      view({ atMs: wallMs(AT + i * 100), trades: i === 0 ? null : [trade('buy', 1, { atMs: AT + i * 100 })] }),
    );
    const loud = view({ atMs: wallMs(AT + 12_000), trades: [trade('sell', 200, { atMs: AT + 12_000 })] });
    expect(decide(loud, burst, stateAfter(quiet, burst)).wish.reason).toBe('pulled-volume-burst');
  });
});

describe('marketMaking() tells', () => {
  test('the numbers of GLFT, and that A and k are not from the market', () => {
    const p = mmParameters({
      spread: { model: 'glft' },
      skew: { model: 'glft' },
      edge: { minProfitBps: 0 },
      intensity: { perSecond: 0.9, decayPerBps: 0.3 },
      risk: { gamma: 0.01 },
    });
    // the numbers of the paper's figures: half a spread of 3.3129, 0.0679 for each of the 2 orders held
    expect(wish({ position: qty('0.020') }, p, warm(p, 0.3)).signals).toMatchObject({
      sigma: 0.3,
      halfSpreadBps: 3.3129,
      skewBps: 0.1357,
      gamma: 0.01,
      a: 0.9,
      k: 0.3,
      arrivals: 'configured: too few observations',
      edgeBps: 2,
      inventory: 0.4,
      fair: 60_000.05,
      reservation: 59_999.2356,
    });
  });

  test('only what its models use', () => {
    const { signals } = wish();
    expect(Object.keys(signals).toSorted()).toEqual(
      [
        'fair',
        'flow',
        'halfSpreadBps',
        'imbalance',
        'inventory',
        'mid',
        'momentumBps',
        'regime',
        'reservation',
        'sigma',
        'skewBps',
      ].toSorted(),
    );
  });

  test('what it sees even while it does not quote', () => {
    expect(wish({}, mmParameters({ spread: { model: 'glft' } })).signals).toMatchObject({ mid: 60_000.05, sigma: null, regime: 'normal' });
  });
});

test('marketMaking() tilts both quotes down before longs pay, and widens around the funding time', () => {
  const near = { rate: 0.0003, nextMs: wallMs(1_700_000_000_000) };
  const tilted = mmParameters({ funding: { tiltWeight: 1 } });
  // 3 basis points of 60,000.05 are 18.000015
  expect([prices('buy', { funding: near }, tilted), prices('sell', { funding: near }, tilted)]).toEqual([
    [599_760],
    [599_881].map((one) => Math.max(one, 600_001)),
  ]);
  const widened = mmParameters({ funding: { window: 'widen', widenFactor: 2 } });
  expect([prices('buy', { funding: near }, widened), prices('sell', { funding: near }, widened)]).toEqual([[599_880], [600_121]]);
});

test('marketMaking() sizes by worth and by equity', () => {
  const sizes = (over: object, equity: number | null = null): number[] =>
    wish({ equity }, mmParameters({ size: over })).quotes.map(({ size }) => size);
  expect(sizes({ model: 'notional', notional: 1_500 })).toEqual([24, 24]); // a lot is worth 60.00005
  expect(sizes({ model: 'equity', equityPercent: 10 }, 6_000.1)).toEqual([10, 10]);
});

test('marketMaking() begins anew on another grid of prices: what was counted in other ticks is no move of the market', () => {
  const p = mmParameters({ pull: { jump: { bps: 5 } }, spread: { model: 'volatility' } });
  const coarse = instrument({ tickSize: '1' });
  const level = (price: number) => [{ price: ticks(price), size: lots(1_000) }];
  const moved = decide(view({ instrument: coarse, bids: level(60_000), asks: level(60_001), atMs: wallMs(1_700_000_000_500) }), p, warm(p));
  expect(moved.wish.reason).toBe('warming-up');
  expect(moved.state.senses.volatility?.samples).toBe(0);
});
