import { expect, test } from 'vitest';
import { DeadMan, type SymbolView } from '../../../gateway/orders/dead-man.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { monoMs } from '../../../shared/units.ts';

const OPTIONS = { countdownMs: 30_000, refreshMs: 10_000, exclusive: false };
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
  expect(tick(deadMan, 0)).toEqual([{ kind: 'arm', symbol: 'BTCUSDT' }]);
  expect(tick(deadMan, 15_000, { healthy: false })).toEqual([]);
});

test('a foreign order on the symbol disarms it, unless the account is exclusive', () => {
  const deadMan = new DeadMan(OPTIONS);
  tick(deadMan, 0);
  expect(tick(deadMan, 100, { foreignOrders: 1 })).toEqual([{ kind: 'disarm', symbol: 'BTCUSDT' }]);
  expect(tick(deadMan, 200, { foreignOrders: 1 })).toEqual([]);
  expect(tick(new DeadMan({ ...OPTIONS, exclusive: true }), 0, { foreignOrders: 1 })).toEqual([{ kind: 'arm', symbol: 'BTCUSDT' }]);
});

test('a call that failed is tried again in a second', () => {
  const deadMan = new DeadMan(OPTIONS);
  tick(deadMan, 0);
  deadMan.failed('BTCUSDT', monoMs(50));
  expect(tick(deadMan, 1_000)).toEqual([]);
  expect(tick(deadMan, 1_050)).toHaveLength(1);
});

test('many symbols stretch the interval to their share of the weight, never beyond half the countdown', () => {
  const deadMan = new DeadMan(OPTIONS);
  expect(deadMan.refreshMs({ symbols: 4, weightLimit: 2_400 })).toBe(10_000);
  expect(deadMan.refreshMs({ symbols: 12, weightLimit: 2_400 })).toBe(12_000);
  expect(deadMan.refreshMs({ symbols: 100, weightLimit: 2_400 })).toBe(15_000);
});

test('disarmAll() names what is armed, once', () => {
  const deadMan = new DeadMan(OPTIONS);
  tick(deadMan, 0);
  expect([deadMan.disarmAll(), deadMan.disarmAll()]).toEqual([[{ kind: 'disarm', symbol: 'BTCUSDT' }], []]);
});
