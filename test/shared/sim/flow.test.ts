import { expect, test } from 'vitest';
import { notionalOf, priceNumber } from '../../../shared/instrument.ts';
import { Random } from '../../../shared/random.ts';
import type { FlowProfile } from '../../../shared/sim/flow-profile.ts';
import { aggregate, makeHistory } from '../../../shared/sim/history.ts';
import type { FlowView } from '../../../shared/sim/market.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { FlowHarness, OWN_KEYS_FROM } from '../../kit/flow-harness.ts';

const SIDES = ['buy', 'sell'] as const;
const PROFILES: readonly FlowProfile[] = ['calm', 'normal', 'fast'];
const whole = ({ bestBid, bestAsk }: FlowView): boolean => bestBid !== null && bestAsk !== null && bestBid < bestAsk;
const spreadOf = ({ bestBid, bestAsk }: FlowView): number => (bestAsk ?? Number.NaN) - (bestBid ?? Number.NaN);
const middleOf = ({ bestBid, bestAsk }: FlowView): number => ((bestBid ?? Number.NaN) + (bestAsk ?? Number.NaN)) / 2;

test.each(
  ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', '1000PEPEUSDT', 'DOGEUSDT'].flatMap((symbol) => PROFILES.map((profile) => [symbol, profile] as const)),
)('makeFlow() keeps a whole, deep and bounded book of %s in %s', (symbol, profile) => {
  for (const seed of [1, 2, 3]) {
    const flow = new FlowHarness({ symbol, profile, seed });
    let broken = 0;
    for (let second = 0; second < 60; second++) {
      flow.runFor(1_000, (view) => {
        if (!whole(view)) broken += 1;
      });
      for (const side of SIDES) expect(flow.levels(side).length, `levels, seed ${seed}`).toBeGreaterThanOrEqual(20);
      expect(flow.resting.size).toBeLessThanOrEqual(1_500);
    }
    expect([broken, flow.faults], `seed ${seed}`).toEqual([0, []]);
  }
});

test('makeFlow() acts at a believable pace, with a tight spread most of the time', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const flow = new FlowHarness({ seed });
    const [seconds, tight] = [120, { ms: 0 }];
    let [view, atMs] = [flow.view(), 0];
    flow.runFor(seconds * 1_000, (next) => {
      if (spreadOf(view) <= 3) tight.ms += flow.atMs - atMs;
      [view, atMs] = [next, flow.atMs];
    });
    const actions = flow.actions.length - 640; // without the opening book
    expect(actions / seconds, 'actions a second').toBeGreaterThan(20);
    expect(actions / seconds, 'actions a second').toBeLessThan(80);
    expect(flow.trades.length / seconds, 'trades a second').toBeGreaterThan(3);
    expect(tight.ms / flow.atMs, 'time with a spread of at most 3 ticks').toBeGreaterThan(0.85);
  }
});

test('makeFlow() rests some 200 orders a side', () => {
  const counts: number[] = [];
  for (const seed of [1, 2, 3]) {
    const flow = new FlowHarness({ seed });
    for (let second = 0; second < 120; second++) {
      flow.runFor(1_000);
      counts.push(flow.resting.size / 2);
    }
  }
  const sorted = counts.sort((a, b) => a - b);
  expect(sorted[sorted.length >> 1]).toBeGreaterThan(170);
  expect(sorted[sorted.length >> 1]).toBeLessThan(400);
});

test('makeFlow() repeats itself for a seed and differs for another', () => {
  const run = (seed: number): readonly unknown[] => {
    const flow = new FlowHarness({ seed });
    flow.runFor(20_000);
    return [flow.atMs, flow.actions];
  };
  expect(run(7)).toEqual(run(7));
  expect(run(7)).not.toEqual(run(8));
});

/** Yearly volatility of one-second middles. */
function volatility(profile: FlowProfile, seed: number): number {
  const flow = new FlowHarness({ profile, seed });
  let [sum, last, n] = [0, middleOf(flow.view()), 0];
  for (; n < 600; n++) {
    flow.runFor(1_000);
    const middle = middleOf(flow.view());
    sum += Math.log(middle / last) ** 2;
    last = middle;
  }
  return Math.sqrt((sum / n) * 365 * 86_400);
}

test.each([
  ['calm', 0.08, 0.4],
  ['normal', 0.4, 1.3],
] as const)('makeFlow() moves in %s with a yearly volatility between %d and %d', (profile, least, most) => {
  const mean = [1, 2, 3, 4].reduce((sum, seed) => sum + volatility(profile, seed), 0) / 4;
  expect(mean).toBeGreaterThan(least);
  expect(mean).toBeLessThan(most);
});

test('makeFlow() trends both ways in fast, by several percent within half an hour', () => {
  for (const seed of [1, 2, 3]) {
    const flow = new FlowHarness({ profile: 'fast', seed });
    const minutes: number[] = [];
    for (let minute = 0; minute < 45; minute++) {
      flow.runFor(60_000);
      minutes.push(middleOf(flow.view()));
    }
    const fiveMinutes = minutes.slice(5).map((price, i) => price / (minutes[i] ?? price) - 1);
    expect(Math.max(...fiveMinutes), 'best five minutes').toBeGreaterThan(0.01);
    expect(Math.min(...fiveMinutes), 'worst five minutes').toBeLessThan(-0.01);
    expect(flow.faults).toEqual([]);
  }
});

function ema(values: readonly number[], period: number): number[] {
  let last = values[0] ?? 0;
  return values.map((value) => {
    last += (value - last) * (2 / (period + 1));
    return last;
  });
}

/** MACD(12, 26) minus its signal line(9), at the last two values. */
function macdTurn(closes: readonly number[]): boolean {
  const slow = ema(closes, 26);
  const line = ema(closes, 12).map((fast, i) => fast - (slow[i] ?? 0));
  const signal = ema(line, 9);
  const [before = 0, now = 0] = line.map((value, i) => value - (signal[i] ?? 0)).slice(-2);
  return before * now < 0;
}

test('makeFlow() in fast turns the MACD of five-minute bars within half an hour, whatever the history before', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const flow = new FlowHarness({ profile: 'fast', seed });
    const { bars } = makeHistory({
      instrument: flow.instrument,
      random: new Random(seed + 100),
      endMs: 1_790_000_100_000,
      endPrice: priceNumber(flow.instrument, middleOf(flow.view())),
      days: 2,
    });
    const closes = aggregate(bars, 300_000).map((bar) => Number(bar.close));
    const turned = Array.from({ length: 6 }, () => {
      flow.runFor(300_000);
      closes.push(priceNumber(flow.instrument, middleOf(flow.view())));
      return macdTurn(closes);
    });
    expect(turned, `seed ${seed}`).toContain(true);
  }
});

/** First time own quotes so far from the middle fill, requoted behind the queue ten times a second; null for not in 20 s. */
function firstFillMs(seed: number, away: number): number | null {
  const flow = new FlowHarness({ seed });
  let keys: number[] = [];
  while (flow.atMs < 20_000) {
    for (const key of keys) flow.cancelOwn(key);
    const { bestBid, bestAsk } = flow.view();
    if (bestBid === null || bestAsk === null) throw new Error('one side is empty');
    const middle = (bestBid + bestAsk) / 2;
    const [bid, ask] = [Math.min(bestAsk - 1, Math.floor(middle - away)), Math.max(bestBid + 1, Math.ceil(middle + away))];
    keys = [flow.own('buy', ticks(bid), 10), flow.own('sell', ticks(ask), 10)];
    flow.runFor(100);
    if (flow.trades.some((trade) => trade.makerKey >= OWN_KEYS_FROM)) return flow.atMs;
  }
  return null;
}

test.each([2, 5, 10, 64])('makeFlow() fills a market maker %d ticks from the middle within 20 s', (away) => {
  const missed = Array.from({ length: 25 }, (_, seed) => seed + 1).filter((seed) => firstFillMs(seed, away) === null);
  expect(missed, 'seeds without a fill').toEqual([]);
});

test.each([
  ['a wall under a trending market', 'fast', ['buy']],
  ['walls on both sides that pin the price', 'normal', ['buy', 'sell']],
] as const)('makeFlow() lives with %s', (_name, profile, sides) => {
  for (const seed of [1, 2, 3, 4]) {
    const flow = new FlowHarness({ seed, profile });
    flow.runFor(2_000);
    const { bestBid, bestAsk } = flow.view();
    for (const side of sides) flow.own(side, side === 'buy' ? bestBid : bestAsk, 50_000_000);
    let broken = 0;
    flow.runFor(120_000, (view) => {
      if (!whole(view) || (view.bestBid ?? 0) < (bestBid ?? 0)) broken += 1;
    });
    expect([broken, flow.faults]).toEqual([0, []]);
    if (sides.length === 2) expect(flow.trades.some((trade) => trade.makerKey >= OWN_KEYS_FROM)).toBe(true);
    for (const side of SIDES) expect(flow.levels(side).length).toBeGreaterThanOrEqual(20);
  }
});

test('makeFlow() rebuilds a book that the user swept empty', () => {
  const flow = new FlowHarness({ seed: 3 });
  flow.runFor(2_000);
  const before = middleOf(flow.view());
  flow.own('buy', null, 1_000_000_000);
  flow.own('sell', null, 1_000_000_000);
  expect(flow.view()).toEqual({ bestBid: null, bestAsk: null });
  flow.runFor(10_000);
  expect(whole(flow.view())).toBe(true);
  for (const side of SIDES) expect(flow.levels(side).length).toBeGreaterThan(20);
  expect(Math.abs(middleOf(flow.view()) / before - 1)).toBeLessThan(0.01);
  expect(flow.faults).toEqual([]);
});

test('makeFlow() sends sizes and prices that the instrument allows', () => {
  const flow = new FlowHarness({ seed: 5, profile: 'fast' });
  flow.runFor(60_000);
  const { instrument } = flow;
  const sized = flow.actions.filter((action) => action.kind !== 'cancel');
  expect(sized.every(({ size }) => Number.isInteger(size) && size >= instrument.minLots && size <= instrument.maxLots)).toBe(true);
  const limits = flow.actions.filter((action) => action.kind === 'limit');
  const small = limits.filter(
    (action) => notionalOf(instrument, { price: action.price, size: lots(action.size) }) < instrument.minNotionalAtoms,
  );
  expect(small.length / limits.length).toBeLessThan(0.01);
});
