import { expect, test } from 'vitest';
import { UnknownOrders } from '../../../gateway/orders/unknown-orders.ts';
import type { OrderStatus } from '../../../shared/order.ts';
import { monoMs } from '../../../shared/units.ts';
import { OrderSide } from '../../kit/order-side.ts';
import { id, request } from '../../kit/orders.ts';

test('view() tells how many are unknown and for how long the oldest is, until an answer comes', async () => {
  const side = await OrderSide.started();
  const { ledger } = side.core.keeper;
  side.core.keeper.commit(ledger.take(request(), side.core.keeper.now()));
  const row = ledger.order(id(1));
  if (!row) throw new Error('the order is not in the ledger');
  const as = (clientId: string, status: OrderStatus) => [{ ...row, clientId, order: { ...row.order, status } }];
  const unknown = new UnknownOrders();
  expect(unknown.view(monoMs(0))).toBeNull();
  unknown.onOrders(as('a', 'open'), monoMs(5));
  unknown.onOrders(as('a', 'unknown'), monoMs(10));
  unknown.onOrders(as('b', 'unknown'), monoMs(20));
  unknown.onOrders(as('a', 'unknown'), monoMs(30)); // a cancel of it, say
  expect(unknown.view(monoMs(40))).toEqual({ count: 2, oldestMs: 30 });
  unknown.onOrders(as('a', 'canceled'), monoMs(50));
  expect(unknown.view(monoMs(50))).toEqual({ count: 1, oldestMs: 30 });
  unknown.onOrders(as('b', 'open'), monoMs(60));
  expect(unknown.view(monoMs(60))).toBeNull();
});
