import { describe, expect, test } from 'vitest';
import { marketMaking } from '../../../brain/strategy/market-making.ts';
import type { MarketMakingState } from '../../../brain/strategy/market-making/state.ts';
import type { OwnFill, SymbolView, WantedQuote } from '../../../brain/strategy/strategy.ts';
import type { MarketMakingParameters } from '../../../shared/config.ts';
import { lots, ticks, wallMs } from '../../../shared/units.ts';
import { levels, qty, view } from '../../kit/brain.ts';
import { trade } from '../../kit/market-history.ts';
import { mmParameters } from '../../kit/market-making.ts';
import { warm } from '../../kit/market-making-runs.ts';
import { instrument } from '../../kit/orders.ts';

const decide = (seen: SymbolView, p: MarketMakingParameters, before?: MarketMakingState) => {
  const strategy = marketMaking(p);
  return strategy.decide(seen, before ?? strategy.initial());
};
const wish = (over: Parameters<typeof view>[0] = {}, p = mmParameters(), before?: MarketMakingState) => decide(view(over), p, before).wish;
const of = (side: string, quotes: readonly WantedQuote[]): number[] => quotes.filter((one) => one.side === side).map(({ price }) => price);
const prices = (side: string, over: Parameters<typeof view>[0] = {}, p = mmParameters()): number[] => of(side, wish(over, p).quotes);

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
