/** The whole family on a real market: 345 seconds of BTCUSDT in August 2024, looked at ten times a second. */
import { beforeAll, describe, expect, test } from 'vitest';
import { marketMaking } from '../../../brain/strategy/market-making.ts';
import type { MarketMakingState } from '../../../brain/strategy/market-making/state.ts';
import { REASONS } from '../../../brain/strategy/market-making/reasons.ts';
import type { OwnFill, SymbolView, WantedQuote, Wish } from '../../../brain/strategy/strategy.ts';
import { lots } from '../../../shared/units.ts';
import { recorded } from '../../kit/data.ts';
import { mmParameters } from '../../kit/market-making.ts';
import { instrument } from '../../kit/orders.ts';
import { recordedViews } from '../../kit/recorded-views.ts';

const FULL = 50;
const RICH = {
  orderSize: '0.010',
  maxInventory: '0.050',
  levels: 3,
  levelGapBps: 0.5,
  levelGapFactor: 1.5,
  fairPrice: { model: 'stoikov-microprice', flowBps: 0.2, momentumWeight: 0.1 },
  spread: { model: 'glft', minBps: 0.5, maxBps: 20 },
  skew: { model: 'glft', maxBps: 10 },
  risk: { gamma: 0.1 },
  size: { inventoryShrink: 0.5, levelFactor: 1.2 },
  placement: { mode: 'behind-wall', reachBps: 0.5 },
  volatility: { highSpreadFactor: 1.5 },
  pull: {
    jump: { bps: 10, sigmas: 8, coolDownMs: 2_000 },
    burst: { factor: 20, baselineMs: 60_000, coolDownMs: 1_000 },
    toxicFlow: { vpin: 0.95, buckets: 10, bucketNotional: 500_000, coolDownMs: 1_000 },
    markout: { bps: -5, fills: 10, horizonMs: 2_000, coolDownMs: 5_000 },
  },
};

type Step = { readonly seen: SymbolView; readonly wish: Wish };

/** Quotes fill when a later trade goes through their price: enough to move the inventory, no claim about profit. */
function run(
  views: readonly SymbolView[],
  over: object,
): { readonly steps: readonly Step[]; readonly state: MarketMakingState; readonly filled: number } {
  const strategy = marketMaking(mmParameters(over));
  let [state, position, resting]: [MarketMakingState, number, readonly WantedQuote[]] = [strategy.initial(), 0, []];
  const steps: Step[] = [];
  let filled = 0;
  for (const seen of views) {
    const fills = resting.filter(({ side, price }) => seen.trades?.some((one) => (side === 'buy' ? one.price < price : one.price > price)));
    for (const { side, size } of fills) position += side === 'buy' ? size : -size;
    filled += fills.length;
    const own = fills.map(({ side, price, size }): OwnFill => ({ side, price, size, maker: true, atMs: seen.atMs }));
    const now = { ...seen, position: lots(position), fills: own };
    const decided = strategy.decide(now, state);
    [state, resting] = [decided.state, decided.wish.quotes];
    steps.push({ seen: now, wish: decided.wish });
  }
  return { steps, state, filled };
}

const recording = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
/** Seconds of work, however busy the machine is. */
const PATIENCE_MS = 120_000;
describe.runIf(recording !== null)('on 345 recorded seconds of BTCUSDT', { timeout: PATIENCE_MS }, () => {
  let views: readonly SymbolView[] = [];
  let rich: ReturnType<typeof run>;
  beforeAll(async () => {
    views = await recordedViews(recording ?? '', { instrument: instrument(), everyMs: 100 });
    rich = run(views, RICH);
  }, PATIENCE_MS);

  test('sigma, A and k are of a plausible size: a volatile hour moved a basis point in a second, one trade in two or three went that far', () => {
    const last = rich.steps.at(-1)!.wish.signals;
    expect(last.arrivals).toBe('calibrated');
    expect(last.sigma).toBeGreaterThan(0.3);
    expect(last.sigma).toBeLessThan(4);
    expect(last.a).toBeGreaterThan(0.15);
    expect(last.a).toBeLessThan(1);
    expect(last.k).toBeGreaterThan(0.5);
    expect(last.k).toBeLessThan(2);
    const fit = rich.state.senses.intensity!.fit!;
    expect(Math.max(fit.errorA, fit.errorK)).toBeLessThan(0.12);
    expect(fit.observations).toBeGreaterThan(600);
  });

  test('A and k say how often a trade really reached a quote, within a third', () => {
    const { a, k } = rich.state.senses.intensity!.fit!;
    for (const bps of [0.5, 1, 2]) {
      const reached = views.flatMap((seen, i) => {
        const mid = (seen.bestBid + seen.bestAsk) / 2;
        const next = views.slice(i + 1, i + 11).flatMap(({ trades }) => trades ?? []);
        return i % 10 === 0
          ? [next.some(({ price }) => price >= mid * (1 + bps / 10_000)), next.some(({ price }) => price <= mid * (1 - bps / 10_000))]
          : [];
      });
      const share = reached.filter((one) => one).length / reached.length;
      const model = 1 - Math.exp(-a * Math.exp(-k * bps));
      expect(share / model).toBeGreaterThan(0.66);
      expect(share / model).toBeLessThan(1.5);
    }
  });

  test('the micro-price foretells mid a second ahead better than mid itself, knowing only the past', () => {
    const [known, errors] = [
      rich.steps
        .slice(0, -10)
        .map(({ wish }, i) => ({ wish, i }))
        .filter(({ wish }) => wish.signals.fair !== undefined),
      [0, 0] as [number, number],
    ];
    const plain = run(views, { fairPrice: { model: 'stoikov-microprice' } }).steps;
    for (const { i } of known) {
      const [fair, mid, later] = [
        Number(plain[i]!.wish.signals.fair),
        Number(plain[i]!.wish.signals.mid),
        Number(plain[i + 10]!.wish.signals.mid),
      ];
      errors[0] += (later - fair) ** 2;
      errors[1] += (later - mid) ** 2;
    }
    expect(known.length).toBeGreaterThan(2_500);
    expect(errors[0]).toBeLessThan(errors[1]);
  });

  const leanings = [
    ['all that there is', RICH],
    ['a fixed spread', {}],
    ['spread by sigma, joining the best', { spread: { model: 'volatility' }, placement: { mode: 'join' }, levels: 2 }],
    [
      'Avellaneda-Stoikov, improving on the best',
      {
        spread: { model: 'avellaneda-stoikov', maxBps: 5 },
        skew: { model: 'avellaneda-stoikov', maxBps: 3 },
        placement: { mode: 'improve' },
        fairPrice: { model: 'microprice' },
      },
    ],
    ['the fee edge', { edge: { minProfitBps: 1 }, fairPrice: { model: 'book-imbalance' } }],
  ] as const;
  test.each(leanings)('%s quotes sanely: inside the market, inside the caps, for reasons that are known', (_name, over) => {
    const { steps, filled } = over === RICH ? rich : run(views, over);
    for (const { seen, wish } of steps) {
      const [bids, asks] = [wish.quotes.filter(({ side }) => side === 'buy'), wish.quotes.filter(({ side }) => side === 'sell')];
      const total = (quotes: readonly WantedQuote[]): number => quotes.reduce((sum, { size }) => sum + size, 0);
      const sane =
        REASONS.some((reason) => reason === wish.reason) &&
        bids.every(({ price }) => price < seen.bestAsk) &&
        asks.every(({ price }) => price > seen.bestBid) &&
        bids.every((bid) => asks.every((ask) => bid.price < ask.price)) &&
        Math.abs(seen.position) <= FULL &&
        seen.position + total(bids) <= FULL &&
        seen.position - total(asks) >= -FULL;
      if (!sane) expect({ wish, position: seen.position, bid: seen.bestBid, ask: seen.bestAsk }).toBe('sane');
    }
    expect(steps.filter(({ wish }) => wish.quotes.length > 0).length).toBeGreaterThan(steps.length / 2);
    expect(filled).toBeGreaterThan(over === leanings[4][1] ? 0 : 20);
  });

  test('quotes are pulled when the market falls by 57 at once, and only for so long', () => {
    const pulled = rich.steps.filter(({ wish }) => wish.reason === 'pulled-price-jump').length;
    expect(pulled).toBeGreaterThan(0);
    expect(pulled).toBeLessThan(rich.steps.length / 5);
  });

  test('the state stays small, and plain data', () => {
    expect(JSON.stringify(rich.state).length).toBeLessThan(30_000);
    expect(JSON.parse(JSON.stringify(rich.state))).toEqual(rich.state);
  });
});
