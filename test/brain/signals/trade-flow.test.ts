import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flowRate, flowRatio, tradeFlow } from '../../../brain/signals/trade-flow.ts';
import { after, type Look, sinceGap, someHistory, stored, trade } from '../../kit/market-history.ts';

const halfLifeMs = 2_000;
const update = (before: ReturnType<typeof tradeFlow> | null, { trades, atMs }: Look) => tradeFlow(before, { trades, atMs, halfLifeMs });

// 8 lots bought two half-lives ago are 2, 6 sold now are 6: (2 - 6) / 8
test('tradeFlow() forgets by half-life', () => {
  const looks = [
    { atMs: 0, mid: 1, trades: null },
    { atMs: 1_000, mid: 1, trades: [trade('buy', 8, { atMs: 1_000 })] },
    { atMs: 5_000, mid: 1, trades: [trade('sell', 6, { atMs: 5_000 })] },
  ];
  const flow = after(looks, update);
  expect(flow).toMatchObject({ buys: 2, sells: 6 });
  expect(flowRatio(flow)).toBe(-0.5);
});

test('tradeFlow() agrees with the sum over every trade since some were last missed, over a restart too', () => {
  fc.assert(
    fc.property(someHistory, (history) => {
      const end = history.at(-1)!.atMs;
      const seen = sinceGap(history)
        .slice(1)
        .flatMap(({ trades }) => trades ?? []);
      const sum = (side: string): number =>
        seen.reduce((total, { aggressor, size, atMs }) => total + (aggressor === side ? size * 2 ** (-(end - atMs) / halfLifeMs) : 0), 0);
      const flow = after<ReturnType<typeof tradeFlow>>(history, (before, look) => update(stored(before), look));
      expect([flow.buys, flow.sells]).toEqual([expect.closeTo(sum('buy'), 8), expect.closeTo(sum('sell'), 8)]);
    }),
  );
});

test('flowRatio() of no trades is 0, of one side 1 or -1, and unknown before anything was watched', () => {
  expect(flowRatio({ buys: 0, sells: 0, sinceMs: 0, atMs: 1 })).toBe(0);
  expect(flowRatio({ buys: 0, sells: 0, sinceMs: 1, atMs: 1 })).toBeNull();
  expect([flowRatio({ buys: 3, sells: 0, sinceMs: 0, atMs: 1 }), flowRatio({ buys: 0, sells: 3, sinceMs: 0, atMs: 1 })]).toEqual([1, -1]);
});

test('flowRate() is lots a second from the first half-life on, not only when it has warmed up', () => {
  const steady = Array.from({ length: 300 }, (_, i) => ({
    atMs: i * 100,
    mid: 1,
    trades: i === 0 ? null : [trade('buy', 5, { atMs: i * 100 - 50 })],
  }));
  for (const looks of [steady.slice(0, 20), steady]) expect(flowRate(after(looks, update), halfLifeMs)).toBeCloseTo(50, 0);
  expect(flowRate(tradeFlow(null, { trades: [], atMs: 0, halfLifeMs }), halfLifeMs)).toBeNull();
});
