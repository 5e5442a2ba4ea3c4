/** Orders in doubt, through the whole order side: silent, contradicted, unknown for too long, or never brought to agree. */
import { describe, expect, test } from 'vitest';
import type { CorrectionRow } from '../../../gateway/account/rows.ts';
import { wholeMode } from '../../../gateway/orders/degraded.ts';
import { wholeState } from '../../../gateway/orders/degraded-view.ts';
import { CONFIG, idOf, live, type OrderSide, place, settle, withBrain } from '../../kit/order-side.ts';
import { fault } from '../../kit/scripted-venue.ts';

const corrections = (side: OrderSide): readonly string[] =>
  side.written
    .flatMap((change) => change.corrections)
    .map((row: CorrectionRow) => `${row.kind} ${'from' in row ? `${row.from} ${row.to} ` : ''}${row.reason}`);
const BURIED = 'An order that was thought to have ended rests at the venue';
const UNKNOWN = 'Outcome of an order is unknown: nothing new is opened';

test('an order whose answer never comes is unknown in the end, and its cancel leaves all the same', async () => {
  const { side, brain } = await withBrain();
  side.venue.held = [];
  side.send(brain, place(side, brain));
  side.send(brain, { id: 2, type: 'cancel', clientId: idOf(brain, 1) });
  await live(side, brain, CONFIG.gateway.requestTimeoutMs);
  expect([side.status(idOf(brain, 1)), side.venue.count('cancel')]).toEqual(['sent', 0]);
  await live(side, brain, 3_000);
  expect(side.facts).toContain('Order is silent');
  expect(side.status(idOf(brain, 1))).toBe('rejected'); // asked for so late that its absence is proof
  expect(side.venue.count('cancel')).toBeGreaterThan(0);
});

test('an order that ended without a word is missed in the next list, and asked about', async () => {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  await live(side, brain, 6_000);
  side.venue.open.delete(idOf(brain, 1));
  await live(side, brain, CONFIG.gateway.reconcileMs + 2_000);
  expect(side.status(idOf(brain, 1))).toBe('canceled');
  expect(corrections(side)).toEqual(['order open canceled not-found']);
});

test('open orders and positions are read every period, all of the account every fourth time', async () => {
  const { side, brain } = await withBrain();
  const before = [side.venue.count('account'), side.venue.count('open-orders')];
  await live(side, brain, 4 * CONFIG.gateway.reconcileMs + 1_000);
  const after = [side.venue.count('account'), side.venue.count('open-orders')];
  expect(after.map((n, i) => n - (before[i] ?? 0))).toEqual([1, 3]);
});

describe('an order that was proved absent and lives all the same', () => {
  const buried = async () => {
    const { side, brain } = await withBrain();
    side.venue.answers.place.push(fault('unknown'));
    side.send(brain, place(side, brain));
    await live(side, brain, 8_000);
    const clientId = idOf(brain, 1);
    expect(side.core.keeper.ledger.order(clientId)).toMatchObject({ reason: 'not-found', order: { status: 'rejected' } });
    const { symbol, side: way, kind, timeInForce, reduceOnly, order } = side.core.keeper.ledger.orders()[0] ?? {};
    if (!order || !symbol || !way || !kind || !timeInForce) throw new Error('no row');
    await side.venue.orders.place({
      symbol,
      clientId,
      side: way,
      kind,
      timeInForce,
      reduceOnly: reduceOnly ?? false,
      price: order.price,
      size: order.size,
    });
    return { side, brain, clientId };
  };

  test('is found in a list of open orders, is ours again, and is cancelled', async () => {
    const { side, brain, clientId } = await buried();
    await live(side, brain, CONFIG.gateway.reconcileMs + 1_000);
    expect(side.facts).toContain(BURIED);
    expect([side.status(clientId), side.venue.open.size]).toEqual(['canceled', 0]);
    expect(corrections(side)).toEqual(['order unknown rejected not-found', 'order rejected open ended-here-open-there']);
  });

  test('is asked about at once when the stream speaks of it; a fill of it is booked', async () => {
    const { side, brain, clientId } = await buried();
    const order = side.venue.open.get(clientId);
    if (!order) throw new Error('it does not rest');
    side.venue.tell(order);
    side.venue.fillOrder(clientId, { size: 4, told: true });
    await live(side, brain, 2_000);
    expect(side.facts).toContain(BURIED);
    expect(side.core.keeper.ledger.positions.row('BTCUSDT').size).toBe(4);
    expect([side.status(clientId), side.venue.open.size]).toEqual(['canceled', 0]);
    expect(side.core.keeper.doubtCounts()).toMatchObject({ doubtsIllegalMove: 2, doubtsFillAfterEnd: 1 }); // two words, and the fill
  });
});

test('an order that stays unknown closes its symbol to all but what reduces, until the venue tells', async () => {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  await settle();
  side.venue.answers.place.push(fault('unknown'));
  side.venue.reachesAnyway = true;
  const unanswered = (n: number) => Array.from({ length: n }, () => fault('unknown'));
  side.venue.answers.query.push(...unanswered(8));
  side.venue.answers.cancel.push(...unanswered(12));
  side.send(brain, place(side, brain, { clientId: idOf(brain, 2), price: '59998.00' }));
  await live(side, brain, 1_000);
  expect([side.status(idOf(brain, 1)), side.status(idOf(brain, 2))]).toEqual(['open', 'unknown']);
  await live(side, brain, 1_000);
  expect(side.facts).toContain(UNKNOWN);
  expect(side.venue.count('cancel')).toBeGreaterThan(1); // both are pulled
  const third = () => side.send(brain, place(side, brain, { clientId: idOf(brain, 3), price: '59997.00' }));
  expect(third()).toMatchObject({ code: 'reduce-only-mode', sentence: expect.stringContaining('order-unknown') });
  await live(side, brain, 8_000);
  expect(side.facts).toContain('Outcome of every order is known again');
  expect(third()).toMatchObject({ type: 'taken' });
});

test('a reconcile that never comes to agree is an alarm, and nothing is opened until one agrees', async () => {
  const { side, brain } = await withBrain();
  let reads = 0;
  const steady = { value: 0, writable: true, configurable: true };
  Object.defineProperty(side.venue, 'position', { get: () => ++reads, set: () => undefined, configurable: true });
  side.reconciler.want('test');
  await live(side, brain, 40_000);
  expect(side.facts).toContain('Reconcile does not come to agree with the venue');
  expect(wholeMode(wholeState(side.core))).toMatchObject({ mode: 'reduce-only', reasons: ['reconcile'] });
  expect(side.send(brain, place(side, brain))).toMatchObject({ code: 'reduce-only-mode' });
  Object.defineProperty(side.venue, 'position', steady);
  await live(side, brain, 60_000);
  expect(side.facts).toContain('Reconcile agrees with the venue again');
  expect(side.send(brain, place(side, brain))).toMatchObject({ type: 'taken' });
});

test('a fill that only the list of trades told is recorded as such, and its order is asked for by the venue’s own id', async () => {
  const { side, brain } = await withBrain();
  side.venue.tell({ kind: 'stream', state: 'lost', reason: 'test' });
  side.venue.manualBuy(3);
  await live(side, brain, 3_000);
  side.venue.tell({ kind: 'stream', state: 'live', reason: '' });
  await live(side, brain, 1_000);
  expect(corrections(side)).toEqual(['fill in-trade-list-only']);
  expect(side.core.keeper.ledger.unnamed('BTCUSDT')).toEqual([]);
  expect(side.venue.count('order-of')).toBe(1);
});
