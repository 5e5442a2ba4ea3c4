import { expect, test } from 'vitest';
import { Budget } from '../../../gateway/orders/budget.ts';
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
  ['orders in 10 s', { orders10s: 240 }],
  ['orders in 1 min', { orders1m: 960 }],
  ['request weight in 1 min', { weight: 1_920 }],
])('refusal() keeps a fifth of %s for what protects', (name, used) => {
  expect(ask(new Budget(), { used })).toContain(name);
  expect(ask(new Budget(), { used, protective: true })).toBeNull();
});

test('refusal() counts our own orders where the venue has not told yet, and forgets them with the window', () => {
  const budget = new Budget();
  for (let i = 0; i < 240; i++) budget.spend(monoMs(i));
  expect(ask(budget, { now: 300 })).toBe('orders in 10 s used 240, limit is 240 of 300');
  expect(ask(budget, { now: 10_300 })).toBeNull();
});

test('block() silences even what protects until the venue allows', () => {
  const budget = new Budget();
  budget.block({ until: 5_000 });
  expect(ask(budget, { now: 3_000, protective: true })).toContain('2000 ms');
  expect(ask(budget, { now: 5_000 })).toBeNull();
});
