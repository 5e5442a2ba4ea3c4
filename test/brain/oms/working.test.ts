import { expect, test } from 'vitest';
import { isSettled, openLots, type OrderCommand, type Pending, stillPending, termsOf, workingOrders } from '../../../brain/oms/working.ts';
import { lots, monoMs, ticks } from '../../../shared/units.ts';
import { LEASE, px, SYMBOL, working } from '../../kit/brain.ts';
import { id } from '../../kit/orders.ts';

const place: OrderCommand = {
  kind: 'place',
  symbol: SYMBOL,
  clientId: id(1),
  side: 'buy',
  timeInForce: 'post-only',
  price: ticks(599_900),
  size: lots(10),
  reduceOnly: false,
  reason: 'quoting',
  strategy: 'mm',
};
const amend: OrderCommand = { kind: 'amend', symbol: SYMBOL, strategy: 'mm', clientId: id(1), price: ticks(600_100), size: lots(12) };
const cancel: OrderCommand = { kind: 'cancel', symbol: SYMBOL, clientId: id(1) };
const pending = (command: OrderCommand, visibleFrom: number | null = null): Pending => ({
  command,
  role: 'quote',
  sentAt: monoMs(1_000),
  visibleFrom,
});
type At = { readonly seq?: number; readonly lease?: number; readonly now?: number };

test.each<[string, number | null, At, boolean]>([
  ['keeps an unanswered command', null, {}, true],
  ['keeps it while the gateway may still take it and show it', null, { now: 2_500 }, true],
  ['drops it when its time is over', null, { now: 2_501 }, false],
  ['keeps a taken command until the snapshot of its number', 51, {}, true],
  ['drops it from that number on', 50, {}, false],
  ['keeps a taken command however long the snapshot takes', 51, { now: 90_000 }, true],
  ['drops what belongs to an older lease, whatever its number', 90_000, { lease: LEASE + 1, seq: 1 }, false],
  ['keeps it while no lease is in force: ours may come back', 51, { lease: 0 }, true],
])('stillPending() %s', (_name, visibleFrom, { seq = 50, lease = LEASE, now = 1_100 }, kept) => {
  const one = pending(place, visibleFrom);
  expect(stillPending({ pending: [one], seq, lease, now: monoMs(now), ttlMs: 500 })).toEqual(kept ? [one] : []);
});

test('workingOrders() adds a place that the snapshot does not show', () => {
  const [one, ...more] = workingOrders({ orders: [], pending: [pending(place)] });
  expect([one, more]).toMatchObject([{ clientId: id(1), role: 'quote', status: 'sent', price: 599_900, size: 10, filled: 0 }, []]);
});

test('workingOrders() believes the snapshot where it shows the order already', () => {
  const shown = working({ status: 'partially-filled', filled: lots(3) });
  expect(workingOrders({ orders: [shown], pending: [pending(place)] })).toEqual([shown]);
  expect(workingOrders({ orders: [{ ...shown, status: 'filled' }], pending: [pending(place)] })).toEqual([]);
});

test('workingOrders() shows an amended order as amending, where it is and where it will be', () => {
  const [one] = workingOrders({ orders: [working()], pending: [pending(amend)] });
  expect(one).toMatchObject({ status: 'amending', price: 599_900, size: 10, amendTo: { price: 600_100, size: 12 } });
  expect(one && [termsOf(one), openLots(one), isSettled(one)]).toEqual([{ price: 600_100, size: 12 }, 12, false]);
});

test('openLots() of an order that is being made smaller counts what it still is', () => {
  expect(openLots(working({ filled: lots(3), amendTo: { price: px('59990.00'), size: lots(5) } }))).toBe(7);
  expect(openLots(working({ filled: lots(3) }))).toBe(7);
});

test('workingOrders() amends and cancels an order that is itself still on its way', () => {
  expect(workingOrders({ orders: [], pending: [pending(place), pending(amend)] })).toMatchObject([
    { status: 'amending', amendTo: { price: 600_100 } },
  ]);
  expect(workingOrders({ orders: [], pending: [pending(place), pending(cancel)] })).toMatchObject([{ status: 'canceling' }]);
});

test('workingOrders() keeps a cancelled order as canceling: it may still fill', () => {
  expect(workingOrders({ orders: [working()], pending: [pending(cancel)] })).toMatchObject([{ status: 'canceling', size: 10 }]);
});

test('workingOrders() makes nothing of an amend or cancel of an order that nobody shows', () => {
  expect(workingOrders({ orders: [], pending: [pending(amend), pending(cancel)] })).toEqual([]);
});

test.each(['filled', 'canceled', 'expired', 'rejected'] as const)('workingOrders() leaves out what is %s', (status) => {
  expect(workingOrders({ orders: [working({ status })], pending: [] })).toEqual([]);
});
