import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Budget, usedOf } from '../../../gateway/orders/budget.ts';
import { monoMs } from '../../../shared/units.ts';

const budgets = (over: { readonly weight?: number; readonly orders10s?: number; readonly orders1m?: number } = {}) => ({
  weight: { used: over.weight ?? 0, limit: 2_400 },
  orders10s: { used: over.orders10s ?? 0, limit: 300 },
  orders1m: { used: over.orders1m ?? 0, limit: 1_200 },
});
const ask = (
  budget: Budget,
  { now = 0, protective = false, used = {} }: { now?: number; protective?: boolean; used?: Parameters<typeof budgets>[0] } = {},
) => budget.refusal({ budgets: budgets(used), now: monoMs(now), protective });

test.each([
  ['orders in 10 s', { orders10s: 288 }],
  ['orders in 1 min', { orders1m: 1_152 }],
  ['request weight in 1 min', { weight: 1_920 }],
])('refusal() keeps a share of %s for what protects', (name, used) => {
  expect(ask(new Budget(), { used })).toContain(name);
  expect(ask(new Budget(), { used, protective: true })).toBeNull();
});

test.each([
  ['orders in 10 s', { orders10s: 300 }],
  ['orders in 1 min', { orders1m: 1_200 }],
])('refusal() lets nothing go beyond %s', (name, used) => {
  expect(ask(new Budget(), { used, protective: true })).toContain(name);
});

test('refusal() lets a close go whatever weight is used up: placing one weighs nothing', () => {
  const used = { weight: 2_400 };
  expect(ask(new Budget(), { used, protective: true })).toBeNull();
  expect(ask(new Budget(), { used })).toContain('request weight');
});

/** Times at which orders left when asked for at these times, in ms. */
function sentOf(budget: Budget, asked: readonly number[], limits = budgets()): number[] {
  return asked.filter((now) => {
    if (budget.refusal({ budgets: limits, now: monoMs(now), protective: false }) !== null) return false;
    budget.spend(monoMs(now), limits);
    return true;
  });
}
const most = (times: readonly number[], periodMs: number): number =>
  Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + periodMs).length));

test('demand above the ceiling uses at least 90 % of every minute, from a pace that never stops for long', () => {
  const asked = Array.from({ length: 5 * 60 * 50 }, (_, i) => i * 20);
  const sent = sentOf(new Budget(), asked);
  for (let minute = 0; minute < 5; minute++) {
    const count = sent.filter((at) => Math.floor(at / 60_000) === minute).length;
    expect(count).toBeGreaterThanOrEqual(1_080);
    expect(count).toBeLessThanOrEqual(1_152);
  }
  expect(Math.max(...sent.slice(1).map((at, i) => at - (sent[i] ?? 0)))).toBeLessThanOrEqual(80);
});

test('no stretch of 10 s or 1 min, wherever it begins, holds more than 96 % of its limit, whatever is asked and whatever the limits', () => {
  const anyLimits = fc.record({ orders1m: fc.integer({ min: 20, max: 600 }), orders10s: fc.integer({ min: 20, max: 150 }) });
  const anyGaps = fc.array(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 9_000 })), {
    minLength: 200,
    maxLength: 900,
  });
  fc.assert(
    fc.property(anyLimits, anyGaps, (limit, gaps) => {
      let now = 0;
      const asked = gaps.map((gap) => {
        now += gap;
        return now;
      });
      const limits = {
        weight: { used: 0, limit: 2_400 },
        orders1m: { used: 0, limit: limit.orders1m },
        orders10s: { used: 0, limit: limit.orders10s },
      };
      const sent = sentOf(new Budget(), asked, limits);
      expect(most(sent, 60_000)).toBeLessThanOrEqual(Math.floor(limit.orders1m * 0.96));
      expect(most(sent, 10_000)).toBeLessThanOrEqual(Math.floor(limit.orders10s * 0.96));
    }),
    { numRuns: 40 },
  );
});

const BATCH = { orders10s: 5, orders1m: 1, weight: 5 };

test('requests of five lift the pace to what the ten seconds allow, and no stretch of time beyond any limit', () => {
  const budget = new Budget();
  const limits = budgets();
  const left: { readonly at: number; readonly orders: number; readonly minute: number; readonly weight: number }[] = [];
  for (let at = 0; at < 5 * 60_000; at += 25) {
    const free = (cost?: typeof BATCH): boolean =>
      budget.refusal({ budgets: limits, now: monoMs(at), protective: false, ...(cost && { cost }) }) === null;
    for (; free(BATCH); left.push({ at, orders: 5, minute: 1, weight: 5 })) budget.spend(monoMs(at), limits, BATCH);
    for (; free(); left.push({ at, orders: 1, minute: 1, weight: 0 })) budget.spend(monoMs(at), limits);
  }
  const sum = (what: 'orders' | 'minute' | 'weight', from: number, periodMs: number): number =>
    left.reduce((total, one) => total + (one.at >= from && one.at < from + periodMs ? one[what] : 0), 0);
  for (let from = 0; from < 4 * 60_000; from += 2_500) {
    expect(sum('orders', from, 60_000)).toBeGreaterThanOrEqual(1_500); // 25 a second; without them at most 1152
    expect(sum('minute', from, 60_000)).toBeLessThanOrEqual(1_152);
    expect(sum('orders', from, 10_000)).toBeLessThanOrEqual(288);
    expect(sum('weight', from, 60_000)).toBeLessThanOrEqual(600);
  }
});

test('a request of five waits where its weight or its orders have no room', () => {
  const asks = (used: Parameters<typeof budgets>[0]) =>
    new Budget().refusal({ budgets: budgets(used), now: monoMs(0), protective: false, cost: BATCH });
  expect([asks({ orders10s: 283 }), asks({ weight: 1_915 })]).toEqual([null, null]);
  expect(asks({ orders10s: 284 })).toContain('orders in 10 s');
  expect(asks({ weight: 1_916 })).toContain('request weight');
});

test('what protects is not paced, and quotes pay for it afterwards', () => {
  const budget = new Budget();
  for (let i = 0; i < 60; i++) {
    expect(ask(budget, { protective: true })).toBeNull();
    budget.spend(monoMs(0), budgets());
  }
  expect(ask(budget)).toContain('paced');
  expect(ask(budget, { now: 1_900 })).toContain('paced'); // 36 beyond the burst of 24, at 18.8 a second
  expect(ask(budget, { now: 2_000 })).toBeNull();
});

test('block() silences even what protects until the venue allows', () => {
  const budget = new Budget();
  budget.block({ until: 5_000 });
  expect(ask(budget, { now: 3_000, protective: true })).toContain('2000 ms');
  expect(ask(budget, { now: 5_000 })).toBeNull();
});

test('block() of orders alone leaves cancels to go', () => {
  const budget = new Budget();
  budget.block({ until: 5_000, ordersOnly: true });
  expect(ask(budget, { now: 3_000, protective: true })).toContain('2000 ms');
  expect(budget.blockedUntil).toBe(0);
});

test('usedOf() tells the use of each window for metrics', () => {
  expect(usedOf(budgets({ weight: 7, orders1m: 5, orders10s: 3 }))).toEqual({ weightUsed: 7, ordersUsed1m: 5, ordersUsed10s: 3 });
});
