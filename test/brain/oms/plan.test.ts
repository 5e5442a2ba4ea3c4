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
type More = Omit<Parameters<typeof plan>[0], 'wanted' | 'working' | 'tolerance'>;
const run = (
  wanted: readonly WantedQuote[],
  orders: readonly WorkingOrder[],
  { priceBps = 1, ...more }: More & { priceBps?: number } = {},
) => plan({ wanted, working: orders, tolerance: { priceBps, sizeUnder: 0.5, sizeOver: 0 }, ...more });
/** What leaves, without the why. */
type Brief = { readonly kind: string; readonly n?: number; readonly side?: Side; readonly price?: number; readonly size?: number };
const brief = (action: PlanAction): Brief => {
  const { kind } = action;
  if (action.kind === 'cancel') return { kind, n: Number(action.order.clientId.slice(10, 17)) };
  if (action.kind === 'amend') return { kind, n: Number(action.order.clientId.slice(10, 17)), price: action.price, size: action.size };
  const { side, price, size } = action.quote;
  return { kind, side, price, size, ...(action.kind === 'replace' ? { n: Number(action.order.clientId.slice(10, 17)) } : {}) };
};
const place = (side: Side, price: number): Brief => ({ kind: 'place', side, price, size: 10 });
const amend = (n: number, price: number, size = 10): Brief => ({ kind: 'amend', n, price, size });
const cancel = (n: number): Brief => ({ kind: 'cancel', n });
const eaten = (filled: number): WorkingOrder => order(1, { status: 'partially-filled', filled: lots(filled) });

test.each<[string, readonly WantedQuote[], readonly WorkingOrder[], readonly Brief[]]>([
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
    'moves one that is near enough, and in the way of the other side',
    [quote('buy', 99_999), quote('sell', 100_001)],
    [order(1, { price: ticks(100_001) })],
    [amend(1, 99_999), place('sell', 100_001)],
  ],
  [
    'leaves a quote at its very price alone, whatever the other side wants',
    [quote('buy', 100_000), quote('sell', 100_000)],
    [order(1)],
    [place('sell', 100_000)],
  ],
  [
    'leaves two in place where pairing the nearest first would move one',
    [quote('buy', 100_000), quote('buy', 100_012)],
    [order(1, { price: ticks(100_007) }), order(2, { price: ticks(100_020) })],
    [],
  ],
])('plan() %s', (_name, wanted, orders, want) => {
  expect(run(wanted, orders).map(brief)).toEqual(want);
});

test('plan() amends the order that the venue amends, and cancels the nearer one that it does not', () => {
  const canAmend = ({ clientId }: WorkingOrder): boolean => clientId !== id(1);
  const orders = [order(1), order(2, { price: ticks(99_000) })];
  expect(run([quote('buy', 100_500)], orders, { canAmend }).map(brief)).toEqual([cancel(1), amend(2, 100_500)]);
  const replaced = run([quote('buy', 100_500)], [order(1)], { canAmend });
  expect(replaced.map(brief)).toEqual([{ kind: 'replace', n: 1, side: 'buy', price: 100_500, size: 10 }]);
});

test.each([
  [true, 100_000],
  [false, 100_005],
])('plan() makes a quote smaller where it stands, if that keeps its place: %s', (shrinkKeepsPlace, price) => {
  expect(run([quote('buy', 100_005, 4)], [order(1)], { shrinkKeepsPlace }).map(brief)).toEqual([amend(1, price, 4)]);
});

test('plan() says what is urgent: what takes back, what is too large, what stands too near, the rest', () => {
  const orders = [
    order(1),
    order(2, { price: ticks(100_600) }),
    order(3, { price: ticks(101_000), size: lots(30) }),
    order(4, { side: 'sell' }),
  ];
  const wanted = [quote('buy', 100_100), quote('buy', 100_500), quote('buy', 101_000)];
  expect(run(wanted, orders).map(({ urgency }) => urgency)).toEqual(['cancel', 'reduce', 'danger', 'rest']);
  expect(run([{ ...quote('sell', 100_000), reduceOnly: true }], [])).toMatchObject([{ kind: 'place', urgency: 'reduce' }]);
});

const LIVE = ORDER_STATUSES.filter((status) => !hasEnded(status));
const BUSY: ReadonlySet<OrderStatus> = new Set(['sent', 'amending', 'unknown', 'canceling']);
const aSide = fc.constantFrom<Side>('buy', 'sell');
const aPrice = fc.integer({ min: 99_950, max: 100_050 });
const aSize = fc.integer({ min: 2, max: 20 });
const someWanted = fc
  .array(fc.record({ side: aSide, price: aPrice, size: aSize }), { maxLength: 5 })
  .map((rows) =>
    rows.map(({ side, price, size }) => quote(side, side === 'buy' ? Math.min(price, 99_999) : Math.max(price, 100_000), size)),
  );
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
    if (action.kind !== 'place' && action.kind !== 'amend') after.delete(action.order.clientId);
    if (action.kind === 'amend') after.set(action.order.clientId, { ...action.order, price: action.price, size: action.size });
    if (action.kind !== 'place' && action.kind !== 'replace') continue;
    const { side, price, size } = action.quote;
    after.set(id(n), order(n++, { side, price, size }));
  }
  return [...after.values()].filter(({ status }) => status !== 'canceling').map((one) => ({ ...one, status: 'open' }));
}

test('plan() is done after at most two rounds, with just the wanted orders', () => {
  fc.assert(
    fc.property(someWanted, someOrders(LIVE), fc.integer({ min: 0, max: 5 }), (wanted, orders, priceBps) => {
      const once = obey(orders, run(wanted, orders, { priceBps }));
      const twice = obey(once, run(wanted, once, { priceBps }));
      expect(twice).toHaveLength(wanted.length);
      expect(run(wanted, twice, { priceBps })).toEqual([]);
      if (orders.every(({ status }) => !BUSY.has(status))) expect(twice).toEqual(once);
    }),
    { numRuns: 500 },
  );
});

test('plan() gives every order at most one command, never one that is on its way', () => {
  fc.assert(
    fc.property(someWanted, someOrders(LIVE), fc.integer({ min: 0, max: 5 }), (wanted, orders, priceBps) => {
      const named = run(wanted, orders, { priceBps }).flatMap((action) => (action.kind === 'place' ? [] : [action.order.clientId]));
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
        const placed = actions.filter((one) => one.kind === 'place' && one.quote.side === side).length;
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
      expect(run(wanted, orders, { priceBps: tolerance })).toHaveLength(fewest(wanted, { orders, tolerance }));
    }),
    { numRuns: 500 },
  );
});
