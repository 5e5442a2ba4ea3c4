import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PlanAction, plan } from '../../../brain/oms/plan.ts';
import type { WorkingOrder } from '../../../brain/oms/working.ts';
import type { WantedQuote } from '../../../brain/strategy/strategy.ts';
import { hasEnded, ORDER_STATUSES, type OrderStatus, type Side } from '../../../shared/order.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { working } from '../../kit/brain.ts';
import { id } from '../../kit/orders.ts';

const quote = (side: Side, price: number, size = 10): WantedQuote => ({ side, price: ticks(price), size: lots(size), level: 0 });
const order = (n: number, over: Partial<WorkingOrder> = {}): WorkingOrder =>
  working({ clientId: id(n), price: ticks(100_000), size: lots(10), ...over });
const run = (wanted: readonly WantedQuote[], orders: readonly WorkingOrder[], toleranceBps = 1) =>
  plan({ wanted, working: orders, toleranceBps });
const place = (side: Side, price: number): PlanAction => ({ kind: 'place', side, price: ticks(price), size: lots(10) });
const amend = (n: number, price: number, size = 10): PlanAction => ({
  kind: 'amend',
  clientId: id(n),
  price: ticks(price),
  size: lots(size),
});
const cancel = (n: number): PlanAction => ({ kind: 'cancel', clientId: id(n) });
const eaten = (filled: number): WorkingOrder => order(1, { status: 'partially-filled', filled: lots(filled) });

test.each<[string, readonly WantedQuote[], readonly WorkingOrder[], readonly PlanAction[]]>([
  ['places what is missing', [quote('buy', 100_000)], [], [place('buy', 100_000)]],
  ['leaves a quote in place alone', [quote('buy', 100_000)], [order(1)], []],
  ['leaves one within the tolerance alone', [quote('buy', 100_010)], [order(1)], []],
  ['amends one outside of it', [quote('buy', 100_011)], [order(1)], [amend(1, 100_011)]],
  ['leaves a partly filled quote that still rests by half', [quote('buy', 100_000)], [eaten(5)], []],
  ['fills up one that was eaten by more, its total counting what is filled', [quote('buy', 100_000)], [eaten(6)], [amend(1, 100_000, 16)]],
  ['shrinks a quote that is too large', [quote('buy', 100_000, 4)], [order(1)], [amend(1, 100_000, 4)]],
  ['cancels what is not wanted', [], [order(1)], [cancel(1)]],
  ['never touches a canceling order', [], [order(1, { status: 'canceling' })], []],
  ['replaces an order on its way out', [quote('buy', 100_000)], [order(1, { status: 'canceling' })], [place('buy', 100_000)]],
  ['does not send a quote again while the first is on its way', [quote('buy', 100_500)], [order(1, { status: 'sent' })], []],
  ['does not send it again while nobody knows what became of it', [quote('buy', 100_500)], [order(1, { status: 'unknown' })], []],
  ['leaves an amending order to its amend', [quote('buy', 100_500)], [order(1, { status: 'amending' })], []],
  [
    'cancels the settled one of two where one is wanted and the other cannot be touched',
    [quote('buy', 100_500)],
    [order(1, { status: 'sent', price: ticks(90_000) }), order(2)],
    [cancel(2)],
  ],
  [
    'cancels before it amends before it places',
    [quote('buy', 100_500), quote('sell', 101_000)],
    [order(1), order(2, { price: ticks(99_000) })],
    [cancel(2), amend(1, 100_500), place('sell', 101_000)],
  ],
  [
    'leaves two in place where pairing the nearest first would move one',
    [quote('buy', 100_000), quote('buy', 100_012)],
    [order(1, { price: ticks(100_007) }), order(2, { price: ticks(100_020) })],
    [],
  ],
])('plan() %s', (_name, wanted, orders, want) => {
  expect(run(wanted, orders)).toEqual(want);
});

const LIVE = ORDER_STATUSES.filter((status) => !hasEnded(status));
const BUSY: ReadonlySet<OrderStatus> = new Set(['sent', 'amending', 'unknown', 'canceling']);
const aSide = fc.constantFrom<Side>('buy', 'sell');
const aPrice = fc.integer({ min: 99_950, max: 100_050 });
const aSize = fc.integer({ min: 2, max: 20 });
const someWanted = fc
  .array(fc.record({ side: aSide, price: aPrice, size: aSize }), { maxLength: 5 })
  .map((rows) => rows.map(({ side, price, size }) => quote(side, price, size)));
const someOrders = (statuses: readonly OrderStatus[]) =>
  fc
    .array(fc.record({ side: aSide, price: aPrice, size: aSize, status: fc.constantFrom(...statuses) }), { maxLength: 6 })
    .map((rows) =>
      rows.map(({ side, price, size, status }, n) =>
        order(n, { side, price: ticks(price), size: lots(size), status, filled: lots(status === 'partially-filled' ? 1 : 0) }),
      ),
    );

/** What the venue makes of the commands when each of them goes well and all that was on its way arrives. */
function obey(orders: readonly WorkingOrder[], actions: readonly PlanAction[]): WorkingOrder[] {
  const after = new Map(orders.map((one) => [one.clientId, one]));
  let n = 100;
  for (const action of actions) {
    const before = action.kind === 'place' ? undefined : after.get(action.clientId);
    if (action.kind === 'cancel') after.delete(action.clientId);
    else if (action.kind === 'place') after.set(id(n), order(n++, { side: action.side, price: action.price, size: action.size }));
    else if (before) after.set(before.clientId, { ...before, price: action.price, size: action.size });
  }
  return [...after.values()].filter(({ status }) => status !== 'canceling').map((one) => ({ ...one, status: 'open' }));
}

test('plan() is done after at most two rounds, with just the wanted orders', () => {
  fc.assert(
    fc.property(someWanted, someOrders(LIVE), fc.integer({ min: 0, max: 5 }), (wanted, orders, toleranceBps) => {
      const once = obey(orders, run(wanted, orders, toleranceBps));
      const twice = obey(once, run(wanted, once, toleranceBps));
      expect(twice).toHaveLength(wanted.length);
      expect(run(wanted, twice, toleranceBps)).toEqual([]);
      if (orders.every(({ status }) => !BUSY.has(status))) expect(twice).toEqual(once);
    }),
    { numRuns: 500 },
  );
});

test('plan() gives every order at most one command, never one that is on its way', () => {
  fc.assert(
    fc.property(someWanted, someOrders(LIVE), fc.integer({ min: 0, max: 5 }), (wanted, orders, toleranceBps) => {
      const named = run(wanted, orders, toleranceBps).flatMap((action) => (action.kind === 'place' ? [] : [action.clientId]));
      expect(new Set(named).size).toBe(named.length);
      expect(orders.filter(({ status, clientId }) => BUSY.has(status) && named.includes(clientId))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('plan() places only what is still missing once everything on its way has arrived', () => {
  fc.assert(
    fc.property(someWanted, someOrders(LIVE), (wanted, orders) => {
      const actions = run(wanted, orders);
      for (const side of ['buy', 'sell'] as const) {
        const placed = actions.filter((one) => one.kind === 'place' && one.side === side).length;
        const count = obey(orders, actions).filter((one) => one.side === side).length;
        expect(placed === 0 || count <= wanted.filter((one) => one.side === side).length).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

/** Fewest commands by trying every assignment of orders to quotes. */
function fewest(quotes: readonly WantedQuote[], { orders, tolerance }: { orders: readonly WorkingOrder[]; tolerance: number }): number {
  const [first, ...rest] = quotes;
  if (!first) return orders.length;
  const choices = orders.map((one) => {
    const near = Math.abs((one.price ?? 0) - first.price) <= (first.price * tolerance) / 10_000;
    return (near ? 0 : 1) + fewest(rest, { orders: orders.filter((other) => other !== one), tolerance });
  });
  return Math.min(1 + fewest(rest, { orders, tolerance }), ...choices);
}

test('plan() needs as few commands as any assignment of orders to quotes', () => {
  const oneSide = fc.array(aPrice, { maxLength: 4 });
  fc.assert(
    fc.property(oneSide, oneSide, fc.integer({ min: 0, max: 5 }), (prices, resting, tolerance) => {
      const wanted = prices.map((price) => quote('buy', price));
      const orders = resting.map((price, n) => order(n, { price: ticks(price) }));
      expect(run(wanted, orders, tolerance)).toHaveLength(fewest(wanted, { orders, tolerance }));
    }),
    { numRuns: 500 },
  );
});
