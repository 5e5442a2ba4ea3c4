import { describe, expect, test } from 'vitest';
import type { Client } from '../../../gateway/orders/desk.ts';
import { makeClientId } from '../../../shared/client-id.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { idOf, live, OrderSide, place, settle, withBrain } from '../../kit/order-side.ts';
import { report } from '../../kit/orders.ts';
import { fault } from '../../kit/scripted-venue.ts';

describe('deaths', () => {
  test('a brain without progress loses its lease and its quotes within the lease and half a second', async () => {
    const { side, brain } = await withBrain();
    side.send(brain, place(side, brain));
    await live(side, brain, 500);
    await side.run(2_500);
    expect([side.status(idOf(brain, 1)), side.core.lease.epoch]).toEqual(['canceled', 0]);
    expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ code: 'no-lease' });
  });

  test('a second brain is refused while the first is connected, and starts from an empty book after it', async () => {
    const { side, brain } = await withBrain();
    side.send(brain, place(side, brain));
    await settle();
    const second: Client = { id: 2, socket: 'brain', role: null, epoch: 0 };
    const hello = {
      id: 0,
      type: 'hello',
      role: 'brain',
      schema: 1,
      environment: 'sim',
      configHash: side.core.identity.configHash,
    } as const;
    expect(side.send(second, hello)).toMatchObject({ code: 'brain-present' });
    side.desk.closed(brain);
    expect(side.send(second, hello)).toMatchObject({ type: 'taken', welcome: { brainEpoch: 3 } });
    await settle();
    expect(side.status(idOf(brain, 1))).toBe('canceled');
  });

  test('a lost book pulls the quotes of its symbol at once and refuses new ones', async () => {
    const { side, brain } = await withBrain();
    side.send(brain, place(side, brain));
    await settle();
    side.venue.status = 'stale';
    side.venue.events?.onBookLive('BTCUSDT', false, 'gap');
    await settle();
    expect(side.status(idOf(brain, 1))).toBe('canceled');
    expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ code: 'book-not-live' });
  });

  test('a lost account stream pulls all quotes; nothing is known until the account was read again', async () => {
    const { side, brain } = await withBrain();
    side.send(brain, place(side, brain));
    await settle();
    side.venue.tell({ kind: 'stream', state: 'lost', reason: 'closed' });
    await settle();
    expect(side.status(idOf(brain, 1))).toBe('canceled');
    expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ code: 'position-unknown' });
    side.venue.answers.account.push(fault('unknown'));
    side.venue.tell({ kind: 'stream', state: 'live', reason: '' });
    await settle();
    expect(side.core.keeper.known).toBe(false);
    await live(side, brain, 1_000);
    expect(side.core.keeper.known).toBe(true);
  });

  test('Redis down pulls the brain quotes and leaves those of an operator', async () => {
    const { side, brain } = await withBrain();
    const operator = side.client('operator', 2);
    side.send(brain, place(side, brain));
    side.send(operator, place(side, operator, { price: '59990.00' }));
    await settle();
    side.watch.setRedisDown(true);
    await settle();
    expect([side.status(idOf(brain, 1)), side.status(idOf(operator, 1))]).toEqual(['canceled', 'open']);
  });

  test('fills during a break of the stream come from the trades', async () => {
    const { side, brain } = await withBrain();
    side.send(brain, place(side, brain));
    await settle();
    side.venue.answers.cancel.push(fault('unreachable'));
    side.venue.tell({ kind: 'stream', state: 'lost', reason: 'closed' });
    side.venue.fillOrder(idOf(brain, 1), { size: 10, told: false });
    await settle();
    side.venue.tell({ kind: 'stream', state: 'live', reason: '' });
    await live(side, brain, 2_000);
    const { size, baseline } = side.core.keeper.ledger.positions.row('BTCUSDT');
    expect([size, baseline, side.core.keeper.known]).toEqual([10, 0, true]);
    expect(side.facts).not.toContain('Position corrected to the venue');
  });

  test('a position that no trade explains is corrected in the open', async () => {
    const { side, brain } = await withBrain();
    side.venue.position = 7;
    side.reconciler.want('test');
    await live(side, brain, 4_000);
    expect(side.facts).toContain('Position corrected to the venue');
    expect(side.core.keeper.ledger.positions.row('BTCUSDT')).toMatchObject({ size: 7, baseline: 7 });
  });
});

test('own orders found at the venue that no ledger held are cancelled', async () => {
  const side = new OrderSide();
  const clientId = makeClientId({ role: 'quote', epoch: 999, counter: 1 });
  await side.venue.orders.place({
    symbol: 'BTCUSDT',
    clientId,
    side: 'buy',
    kind: 'limit',
    timeInForce: 'gtc',
    price: 599_000 as never,
    size: lots(5),
    reduceOnly: false,
  });
  await side.venue.start({ onAccount: (event) => side.watch.onAccount(event), onBookLive: () => undefined, onTrade: () => undefined });
  await side.run(200);
  expect([side.venue.open.size, side.status(clientId)]).toEqual([0, 'canceled']);
});

test('a foreign order is shown, never touched, and nobody quotes beside it', async () => {
  const { side, brain } = await withBrain();
  const order = {
    symbol: 'BTCUSDT',
    clientId: 'web_1',
    side: 'buy',
    kind: 'limit',
    timeInForce: 'gtc',
    size: lots(5),
    reduceOnly: false,
  } as const;
  await side.venue.orders.place({ ...order, price: 599_000 as never });
  side.reconciler.want('test');
  await live(side, brain, 500);
  expect(side.core.keeper.ledger.foreignOrders().map(({ clientId }) => clientId)).toEqual(['web_1']);
  expect(side.send(brain, place(side, brain))).toMatchObject({ code: 'foreign-order' });
  side.send(brain, { id: 5, type: 'cancelAll' });
  await settle();
  expect(side.venue.open.has('web_1')).toBe(true);
});

test('a foreign order whose end nobody told forbids quoting for seconds, not until the next periodic read; one that rests goes on forbidding', async () => {
  const { side, brain } = await withBrain();
  const order = { symbol: 'BTCUSDT', side: 'buy', kind: 'limit', timeInForce: 'gtc', size: lots(5), reduceOnly: false } as const;
  for (const clientId of ['web_1', 'web_2']) await side.venue.orders.place({ ...order, clientId, price: 599_000 as never });
  side.reconciler.want('test');
  await live(side, brain, 500);
  side.venue.open.delete('web_1');
  await live(side, brain, 12_000);
  expect(side.core.keeper.ledger.foreignOrders().map(({ clientId }) => clientId)).toEqual(['web_2']);
  expect(side.send(brain, place(side, brain))).toMatchObject({ code: 'foreign-order' });
  side.venue.open.delete('web_2');
  await live(side, brain, 12_000);
  expect(side.send(brain, place(side, brain))).toMatchObject({ type: 'taken' });
});

test('the countdown is armed with the first order and re-armed while it lives', async () => {
  const { side, brain } = await withBrain();
  expect(side.venue.count('arm')).toBe(0);
  side.send(brain, place(side, brain));
  expect(side.venue.calls.slice(-2).map(({ what }) => what)).toEqual(['arm', 'place']);
  await live(side, brain, 11_000);
  expect(side.venue.count('arm')).toBe(2);
});

test.each([
  ['market', null, 0],
  ['resting', ticks(599_000), 1],
] as const)('a foreign order (%s) that is seen open takes the countdown away or leaves it', async (_name, price, times) => {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  await live(side, brain, 300);
  side.core.keeper.handle(report({ clientId: 'web_1', venueId: '77', price, size: lots(5) }));
  await live(side, brain, 1_000);
  expect(side.core.keeper.ledger.foreignOrders()).toHaveLength(1);
  expect([side.venue.count('arm'), side.venue.count('disarm')]).toEqual([1, times]);
});
