/** Whether the seeded market looks like one: the well-known facts of high-frequency prices and trades, and figures beside a real recording. */
import { describe, expect, test } from 'vitest';
import { readTape } from '../../../scripts/sim/tape-file.ts';
import { Random } from '../../../shared/random.ts';
import { FLOW_PROFILES, type FlowProfile } from '../../../shared/sim/flow-profile.ts';
import { type RegimeName, Regimes } from '../../../shared/sim/regimes.ts';
import { TapeBook } from '../../kit/tape-book.ts';
import { recorded } from '../../kit/data.ts';
import { FlowHarness, type HarnessOptions } from '../../kit/flow-harness.ts';

type Market = {
  readonly flow: FlowHarness;
  /** One a second. */
  readonly middles: readonly number[];
  readonly returns: readonly number[];
  readonly spreads: readonly number[];
  /** Trades of one taker at once, lots. */
  readonly sweeps: readonly number[];
  readonly tradesASecond: readonly number[];
  /** Market orders that traded. */
  readonly ordersASecond: readonly number[];
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]): number => mean(values.map((value) => (value - mean(values)) ** 2));
const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? Number.NaN;

function autocorrelation(values: readonly number[], lag: number): number {
  const middle = mean(values);
  return mean(values.slice(lag).map((value, i) => (value - middle) * ((values[i] ?? 0) - middle))) / variance(values);
}

function kurtosis(values: readonly number[]): number {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 4)) / variance(values) ** 2;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  return mean(a.map((value, i) => (value - ma) * ((b[i] ?? 0) - mb))) / Math.sqrt(variance(a) * variance(b));
}

/** Tail exponent of the largest share of the values (Hill): the smaller, the heavier the tail. */
function tailIndex(values: readonly number[], share = 0.05): number {
  const top = values.toSorted((a, b) => b - a).slice(0, Math.max(10, Math.floor(share * values.length)));
  const least = top.at(-1) ?? 1;
  return 1 / mean(top.slice(0, -1).map((value) => Math.log(value / least)));
}

const returnsOf = (prices: readonly number[], every = 1): readonly number[] => {
  const taken = prices.filter((_, i) => i % every === 0);
  return taken.slice(1).map((price, i) => Math.log(price / (taken[i] ?? price)));
};

function watch(options: HarnessOptions, seconds: number): Market {
  const flow = new FlowHarness(options);
  const [middles, spreads, sweeps, tradesASecond]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let second = 0; second < seconds; second++) {
    const before = flow.trades.length;
    flow.runFor(1_000);
    const { bestBid, bestAsk } = flow.view();
    middles.push(((bestBid ?? Number.NaN) + (bestAsk ?? Number.NaN)) / 2);
    spreads.push((bestAsk ?? Number.NaN) - (bestBid ?? Number.NaN));
    tradesASecond.push(flow.trades.length - before);
  }
  const ordersASecond = Array.from({ length: seconds }, () => 0);
  for (const [i, trade] of flow.trades.entries()) {
    const same = flow.trades[i - 1]?.atMs === trade.atMs;
    sweeps.push(same ? (sweeps.pop() ?? 0) + trade.size : trade.size);
    const second = Math.floor(trade.atMs / 1_000);
    if (!same && second < seconds) ordersASecond[second] = (ordersASecond[second] ?? 0) + 1;
  }
  return { flow, middles, returns: returnsOf(middles), spreads, sweeps, tradesASecond, ordersASecond };
}

const HALF_HOUR_S = 1_800;
const made = new Map<FlowProfile, Market>();
function marketOf(profile: FlowProfile): Market {
  const market = made.get(profile) ?? watch({ seed: 11, profile }, HALF_HOUR_S);
  made.set(profile, market);
  return market;
}

describe.each(FLOW_PROFILES)('%s', (profile) => {
  test('keeps its book whole: the spread is at least a tick, always', () => {
    const { spreads, flow } = marketOf(profile);
    expect(Math.min(...spreads)).toBeGreaterThanOrEqual(1);
    expect(flow.faults).toEqual([]);
  });

  test('has returns with fat tails, that remember their size longer than their sign', () => {
    const { middles } = marketOf(profile);
    const returns = returnsOf(middles, 5); // at five seconds the bounce between bid and ask no longer counts
    expect(kurtosis(returns)).toBeGreaterThan(3);
    const lags = [1, 2, 3, 4, 5, 6];
    const memory = (values: readonly number[]): number => mean(lags.map((lag) => autocorrelation(values, lag)));
    if (profile === 'fast') return; // its legs of drift are a memory of the sign, on purpose
    expect(memory(returns.map(Math.abs))).toBeGreaterThan(memory(returns));
    expect(Math.abs(memory(returns))).toBeLessThan(0.1);
  });

  test('has market orders that excite each other, trades in bursts, and a heavy tail of sizes', () => {
    const { tradesASecond, ordersASecond, sweeps } = marketOf(profile);
    // storms are driven by their price, not by each other
    const least = profile === 'normal' || profile === 'regimes' ? 0.06 : 0.005;
    expect(mean([1, 2, 3].map((lag) => autocorrelation(ordersASecond, lag)))).toBeGreaterThan(least);
    expect(variance(tradesASecond) / mean(tradesASecond)).toBeGreaterThan(2); // 1 for trades that know nothing of each other
    expect(quantile(sweeps, 0.99) / quantile(sweeps, 0.5)).toBeGreaterThan(6);
  });
});

test('profiles differ as they say: storms move more, a thin book is wide and small', () => {
  const sigma = (profile: FlowProfile): number => Math.sqrt(variance(marketOf(profile).returns));
  expect(sigma('storm')).toBeGreaterThan(2 * sigma('normal'));
  expect(sigma('normal')).toBeGreaterThan(2 * sigma('calm'));
  const [thin, normal] = [marketOf('thin'), marketOf('normal')];
  expect(quantile(normal.spreads, 0.5)).toBeLessThanOrEqual(2);
  expect(quantile(thin.spreads, 0.5)).toBeGreaterThanOrEqual(5);
  const lotsNear = ({ flow }: Market): number =>
    flow
      .levels('buy')
      .slice(0, 20)
      .reduce((sum, [, size]) => sum + size, 0);
  expect(lotsNear(thin)).toBeLessThan(lotsNear(normal) / 2);
});

test('Regimes take turns, each for minutes, in the same order for the same seed', () => {
  const run = (seed: number): readonly RegimeName[] => {
    const regimes = new Regimes(new Random(seed));
    return Array.from({ length: 24 * 60 }, (_, minute) => regimes.at(minute * 60_000).name);
  };
  const minutes = run(1);
  const share = (name: RegimeName): number => minutes.filter((one) => one === name).length / minutes.length;
  for (const name of ['calm', 'normal', 'storm'] as const) expect(share(name), name).toBeGreaterThan(0.05);
  expect(share('storm')).toBeLessThan(0.3);
  const turns = minutes.filter((name, i) => i > 0 && name !== minutes[i - 1]).length;
  expect(minutes.length / turns).toBeGreaterThan(3);
  expect(run(1)).toEqual(minutes);
  expect(run(2)).not.toEqual(minutes);
});

test('in regimes the volatility of minutes differs by more than the wandering of normal explains', () => {
  const ratio = (profile: FlowProfile): number => {
    const flow = new FlowHarness({ seed: 2, profile });
    const minutes = Array.from({ length: 60 }, () => {
      const middles = Array.from({ length: 30 }, () => {
        flow.runFor(2_000);
        const { bestBid, bestAsk } = flow.view();
        return ((bestBid ?? Number.NaN) + (bestAsk ?? Number.NaN)) / 2;
      });
      return Math.sqrt(variance(returnsOf(middles)));
    });
    return quantile(minutes, 0.95) / quantile(minutes, 0.05);
  };
  expect(ratio('regimes')).toBeGreaterThan(1.5 * ratio('normal'));
});

describe('several symbols', () => {
  const seed = 4;
  const seconds = 900;
  const of = (symbol: string, base: string, own: number): Market => watch({ symbol, seed: own, common: { seed, base } }, seconds);
  const [btc, btcInUsdc, eth] = [of('BTCUSDT', 'BTC', 1), of('BTCUSDC', 'BTC', 2), of('ETHUSDT', 'ETH', 3)];

  test('move together, and the two contracts on one base asset hardly part', () => {
    expect(correlation(returnsOf(btc.middles, 10), returnsOf(eth.middles, 10))).toBeGreaterThan(0.35);
    expect(correlation(returnsOf(btc.middles, 10), returnsOf(btcInUsdc.middles, 10))).toBeGreaterThan(0.5);
    const parted = btc.middles.map((middle, i) => Math.abs(middle / (btcInUsdc.middles[i] ?? 0) - 1));
    expect(quantile(parted, 0.95)).toBeLessThan(0.001);
  });

  test('Bitcoin leads: what it did a second ago tells more of the other than the other way round', () => {
    const [a, b] = [btc.returns, eth.returns];
    expect(correlation(a.slice(0, -1), b.slice(1))).toBeGreaterThan(correlation(b.slice(0, -1), a.slice(1)));
  });

  test('agree whichever is asked first, and opening another changes none', () => {
    expect(of('BTCUSDT', 'BTC', 1).middles).toEqual(btc.middles);
  });
});

const recording = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
describe.runIf(recording !== null)('beside 345 seconds of BTCUSDT in August 2024', () => {
  /**
   * Broad factors on purpose: one recording of six minutes in the week of the largest sell-off of that year is no law, and our public
   * is some hundreds of orders, not the whole world. What must agree is the shape: a spread of one tick, trades in bursts, a heavy tail.
   */
  test('spread, bursts and tail are of the same order', async () => {
    const real = await readReal(recording ?? '');
    const ours = marketOf('normal');
    expect([quantile(real.spreads, 0.5), quantile(ours.spreads, 0.5)]).toEqual([1, 1]);
    const burst = ({ tradesASecond }: { readonly tradesASecond: readonly number[] }): number =>
      variance(tradesASecond) / mean(tradesASecond);
    expect(burst(real)).toBeGreaterThan(2);
    within(burst(ours) / burst(real), 30);
    within(mean(ours.tradesASecond) / mean(real.tradesASecond), 10);
    within(tailIndex(ours.flow.trades.map(({ size }) => size)) / tailIndex(real.sizes), 2.5);
    within(Math.sqrt(variance(ours.returns)) / Math.sqrt(variance(returnsOf(real.middles))), 4);
    within(share(ours.flow.levels('buy').map(([, size]) => size)) / share(real.bidSizes), 12);
  });
});

/** Part of the first twenty levels' size that stands at the best. */
const share = (sizes: readonly number[]): number => (sizes[0] ?? 0) / sizes.slice(0, 20).reduce((sum, size) => sum + size, 0);

function within(ratio: number, factor: number): void {
  expect(ratio).toBeGreaterThan(1 / factor);
  expect(ratio).toBeLessThan(factor);
}

async function readReal(file: string) {
  const book = new TapeBook();
  const [spreads, middles, sizes]: [number[], number[], number[]] = [[], [], []];
  const trades = new Map<number, number>();
  let second = 0;
  let bidSizes: readonly number[] = [];
  for await (const frame of readTape(file)) {
    if (frame.kind === 'snapshot') book.onSnapshot(frame);
    if (frame.kind === 'depth') book.onDiff(frame);
    if (frame.kind === 'trade' && Number(frame.size) > 0) {
      sizes.push(Number(frame.size));
      trades.set(Math.floor(frame.atMs / 1_000), (trades.get(Math.floor(frame.atMs / 1_000)) ?? 0) + 1);
    }
    if (frame.kind !== 'depth' || !book.synced || Math.floor(frame.atMs / 1_000) === second) continue;
    second = Math.floor(frame.atMs / 1_000);
    const top = book.top(20);
    const [bid, ask] = [Number(top?.bids[0]?.[0]), Number(top?.asks[0]?.[0])];
    spreads.push(Math.round((ask - bid) / 0.1));
    middles.push((bid + ask) / 2);
    bidSizes = (top?.bids ?? []).map(([, size]) => Number(size));
  }
  return { spreads, middles, sizes, tradesASecond: [...trades.values()], bidSizes };
}
