import { expect, test } from 'vitest';
import { EMPTY_OMS, look, noteSent } from '../../../brain/oms/notes.ts';
import { takeBack } from '../../../brain/oms/take-back.ts';
import { ORDER_STATUSES } from '../../../shared/order.ts';
import { monoMs } from '../../../shared/units.ts';
import { LEASE, SYMBOL, working } from '../../kit/brain.ts';
import { id } from '../../kit/orders.ts';

const now = monoMs(1_000);
const cancels = (orders: Parameters<typeof takeBack>[0]['orders'], oms = EMPTY_OMS, at = now) =>
  takeBack({ oms, orders, symbol: SYMBOL, now: at });

test('all that rests or may rest a moment later is taken back, and nothing else', () => {
  const orders = ORDER_STATUSES.map((status, n) => working({ clientId: id(n), status }));
  const asked = cancels(orders).map(({ clientId }) => orders.find((order) => order.clientId === clientId)?.status);
  expect(asked).toEqual(['sent', 'open', 'partially-filled', 'amending', 'unknown']);
});

test('orders of the ladder, of a person and of the stop are left alone', () => {
  expect(cancels(['close', 'stop', 'operator', 'test'].map((role, n) => working({ clientId: id(n), role })))).toEqual([]);
});

test('a cancel that did not take is asked for again after a second, not before', () => {
  const order = working({ clientId: id(1), status: 'unknown' });
  const { oms } = look(EMPTY_OMS, { shown: [order], pending: [], lease: LEASE, now });
  const after = noteSent(oms, { commands: cancels([order], oms), isFlip: () => false, now });
  expect([cancels([order], after, monoMs(1_999)).length, cancels([order], after, monoMs(2_000)).length]).toEqual([0, 1]);
});
