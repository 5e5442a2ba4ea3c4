import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeadMan, type SymbolView } from '../../../gateway/orders/dead-man.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { monoMs } from '../../../shared/units.ts';

const OPTIONS = { countdownMs: 30_000, refreshMs: 10_000, exclusive: false };
const ARMED = { symbol: 'BTCUSDT', ms: 30_000 };
const view = (over: Partial<SymbolView> = {}): SymbolView => ({
  symbol: 'BTCUSDT',
  ownOrders: 1,
  foreignOrders: 0,
  healthy: true,
  ...over,
});
const tick = (deadMan: DeadMan, at: number, over: Partial<SymbolView> = {}) =>
  deadMan.tick([view(over)], { now: monoMs(at), weightLimit: 2_400 });

test('it is armed with the first order and re-armed in time, for as long as there are orders', () => {
  const clock = new VirtualClock();
  const deadMan = new DeadMan(OPTIONS);
  const armedAt: number[] = [];
  clock.every(250, () => {
    if (tick(deadMan, clock.monoMs()).length > 0) armedAt.push(clock.monoMs());
  });
  clock.advance(31_000);
  expect(armedAt).toEqual([250, 10_250, 20_250, 30_250]);
});

test('it is let run out when something is dead, and left alone without orders', () => {
  const deadMan = new DeadMan(OPTIONS);
  expect(tick(deadMan, 0, { ownOrders: 0 })).toEqual([]);
  expect(tick(deadMan, 0)).toEqual([ARMED]);
  expect(tick(deadMan, 15_000, { healthy: false })).toEqual([]);
});

test('a foreign order on the symbol disarms it, unless the account is exclusive', () => {
  const deadMan = new DeadMan(OPTIONS);
  tick(deadMan, 0);
  expect(tick(deadMan, 100, { foreignOrders: 1 })).toEqual([{ symbol: 'BTCUSDT', ms: 0 }]);
  expect(tick(deadMan, 200, { foreignOrders: 1 })).toEqual([]);
  expect(tick(new DeadMan({ ...OPTIONS, exclusive: true }), 0, { foreignOrders: 1 })).toEqual([ARMED]);
});

test('a call that failed is tried again in a second', () => {
  const deadMan = new DeadMan(OPTIONS);
  tick(deadMan, 0);
  deadMan.failed('BTCUSDT', monoMs(50));
  expect(tick(deadMan, 1_000)).toEqual([]);
  expect(tick(deadMan, 1_050)).toHaveLength(1);
});

test.each([
  [1, { refreshMs: 10_000, countdownMs: 30_000 }],
  [4, { refreshMs: 10_000, countdownMs: 30_000 }],
  [12, { refreshMs: 12_000, countdownMs: 30_000 }],
  [20, { refreshMs: 20_000, countdownMs: 40_000 }],
  [100, { refreshMs: 100_000, countdownMs: 200_000 }],
])('%d symbols stretch the interval, and the countdown with it', (symbols, pace) => {
  expect(new DeadMan(OPTIONS).pace({ symbols, weightLimit: 2_400 })).toEqual(pace);
});

test('it spends at most a quarter of the weight, however many symbols quote, and the pace shown is the one kept', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 150 }), fc.integer({ min: 600, max: 6_000 }), (symbols, weightLimit) => {
      const deadMan = new DeadMan(OPTIONS);
      const views = Array.from({ length: symbols }, (_, i) => view({ symbol: `S${i}` }));
      const armedAt = new Map<string, number>();
      let calls = 0;
      for (let now = 0; now <= 600_000; now += 250)
        for (const { symbol, ms } of deadMan.tick(views, { now: monoMs(now), weightLimit })) {
          const before = armedAt.get(symbol) ?? now;
          expect(now - before).toBeLessThanOrEqual(ms / 2 + 250);
          expect(ms).toBe(deadMan.current?.countdownMs);
          armedAt.set(symbol, now);
          if (now > 0) calls++; // the first round is the start of quoting
        }
      expect(calls * 10).toBeLessThanOrEqual((weightLimit / 4) * 10);
    }),
    { numRuns: 20 },
  );
});

test('symbols without orders of ours take no share of the weight', () => {
  const deadMan = new DeadMan(OPTIONS);
  const views = Array.from({ length: 40 }, (_, i) => view({ symbol: `S${i}`, ownOrders: i === 0 ? 1 : 0 }));
  expect(deadMan.current).toBeNull();
  deadMan.tick(views, { now: monoMs(0), weightLimit: 2_400 });
  expect(deadMan.current).toEqual({ refreshMs: 10_000, countdownMs: 30_000 });
});

test('disarmAll() names what is armed, once', () => {
  const deadMan = new DeadMan(OPTIONS);
  tick(deadMan, 0);
  expect([deadMan.disarmAll(), deadMan.disarmAll()]).toEqual([[{ symbol: 'BTCUSDT', ms: 0 }], []]);
});
