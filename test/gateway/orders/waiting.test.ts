import { describe, expect, test } from 'vitest';
import type { Client } from '../../../gateway/orders/desk.ts';
import type { Amend } from '../../../shared/command.ts';
import { CONFIG, idOf, live, OrderSide, place, settle } from '../../kit/order-side.ts';
import { fault } from '../../kit/scripted-venue.ts';

/** Full for quotes: one order of the 20 is kept back. */
const FULL = { weight: { used: 0, limit: 2_400 }, orders1m: { used: 19, limit: 20 }, orders10s: { used: 0, limit: 300 } };
const FREE = { ...FULL, orders1m: { used: 0, limit: 1_200 } };

async function withQuotes(count: number) {
  const config = { ...CONFIG, limits: { ...CONFIG.limits, default: { ...CONFIG.limits.default, maxOpenOrders: 50 } } };
  const side = await OrderSide.started(config as typeof CONFIG);
  const brain = side.client('brain');
  for (let n = 1; n <= count; n++) side.send(brain, quote(side, brain, n));
  await settle();
  return { side, brain };
}
const quote = (side: OrderSide, brain: Client, n: number, over = {}) =>
  place(side, brain, { clientId: idOf(brain, n), price: `${59_990 - n}.00`, size: '0.001', ...over });
const amend = (side: OrderSide, brain: Client, n: number, price: string): Amend => ({
  id: 7,
  type: 'amend',
  clientId: idOf(brain, n),
  price,
  size: '0.001',
  basedOn: side.basedOn,
  ttlMs: 500,
});
const priceOf = (side: OrderSide, clientId: string): number | null | undefined => side.venue.open.get(clientId)?.price;

test('a place without budget waits in the ledger, and leaves when there is room again', async () => {
  const { side, brain } = await withQuotes(0);
  side.venue.budgets = FULL;
  expect(side.send(brain, quote(side, brain, 1))).toMatchObject({ type: 'taken' });
  await settle();
  expect([side.status(idOf(brain, 1)), side.venue.count('place'), side.desk.waiting.size]).toEqual(['sent', 0, 1]);
  side.venue.budgets = FREE;
  await live(side, brain, 100);
  expect([side.status(idOf(brain, 1)), side.venue.count('place'), side.desk.waiting.size]).toEqual(['open', 1, 0]);
});

test('a place that waited past its time ends as rejected, and has never been sent', async () => {
  const { side, brain } = await withQuotes(0);
  side.venue.budgets = FULL;
  side.send(brain, quote(side, brain, 1));
  await live(side, brain, 700);
  expect(side.core.keeper.ledger.order(idOf(brain, 1))).toMatchObject({ reason: 'ttl-expired', order: { status: 'rejected' } });
  side.venue.budgets = FREE;
  await live(side, brain, 300);
  expect([side.venue.count('place'), side.desk.waiting.size]).toEqual([0, 0]);
});

test('a cancel takes a waiting place out without a word to the venue', async () => {
  const { side, brain } = await withQuotes(0);
  side.venue.budgets = FULL;
  side.send(brain, quote(side, brain, 1));
  expect(side.send(brain, { id: 2, type: 'cancel', clientId: idOf(brain, 1) })).toMatchObject({ type: 'taken' });
  side.venue.budgets = FREE;
  await live(side, brain, 200);
  expect(side.core.keeper.ledger.order(idOf(brain, 1))).toMatchObject({ reason: 'not-sent', order: { status: 'canceled' } });
  expect([side.venue.count('place'), side.venue.count('cancel'), side.desk.waiting.size]).toEqual([0, 0, 0]);
});

test('of several amends that wait for one order only the newest leaves', async () => {
  const { side, brain } = await withQuotes(1);
  side.venue.budgets = FULL;
  for (const price of ['59980.00', '59970.00', '59960.00'])
    expect(side.send(brain, amend(side, brain, 1, price))).toMatchObject({ type: 'taken' });
  expect([side.status(idOf(brain, 1)), side.desk.waiting.size]).toEqual(['open', 1]);
  side.venue.budgets = FREE;
  await live(side, brain, 100);
  expect([side.venue.count('amend'), priceOf(side, idOf(brain, 1))]).toEqual([1, 599_600]);
});

test('who came first goes first, and a newcomer does not overtake', async () => {
  const { side, brain } = await withQuotes(0);
  side.venue.budgets = FULL;
  for (const n of [1, 2, 3]) side.send(brain, quote(side, brain, n));
  side.venue.budgets = FREE;
  side.send(brain, quote(side, brain, 4));
  await live(side, brain, 100);
  const placed = side.venue.calls.filter(({ what }) => what === 'place').map(({ clientId }) => clientId);
  expect(placed).toEqual([1, 2, 3, 4].map((n) => idOf(brain, n)));
});

test('whatever waits is judged again: a book that is lost meanwhile lets nothing out', async () => {
  const { side, brain } = await withQuotes(0);
  side.venue.budgets = FULL;
  side.send(brain, quote(side, brain, 1));
  [side.venue.status, side.venue.budgets] = ['stale', FREE];
  await live(side, brain, 100);
  expect(side.core.keeper.ledger.order(idOf(brain, 1))).toMatchObject({ reason: 'book-not-live', order: { status: 'rejected' } });
  expect(side.venue.count('place')).toBe(0);
});

test('a stall drops all that waits', async () => {
  const { side, brain } = await withQuotes(1);
  side.venue.budgets = FULL;
  side.send(brain, quote(side, brain, 2));
  side.send(brain, amend(side, brain, 1, '59980.00'));
  side.desk.waiting.dropAll('stalled');
  side.venue.budgets = FREE;
  await live(side, brain, 100);
  expect(side.core.keeper.ledger.order(idOf(brain, 2))).toMatchObject({ reason: 'stalled', order: { status: 'rejected' } });
  expect([side.venue.count('amend'), side.venue.count('place')]).toEqual([0, 1]);
});

test('a reduce-only order takes the room that is kept back', async () => {
  const { side, brain } = await withQuotes(1);
  side.venue.fillOrder(idOf(brain, 1), { size: 1, told: true });
  side.venue.budgets = FULL;
  side.send(brain, quote(side, brain, 2, { side: 'sell', price: '60010.00', reduceOnly: true }));
  await settle();
  expect([side.venue.count('place'), side.desk.waiting.size]).toEqual([2, 0]);
});

test('after three equal refusals the kind is refused here; a close and a cancel go on; resume lifts it', async () => {
  const { side, brain } = await withQuotes(1);
  side.venue.fillOrder(idOf(brain, 1), { size: 1, told: true });
  for (const n of [2, 3, 4]) {
    side.venue.answers.place.push(fault('rejected', 'insufficient-margin'));
    side.send(brain, quote(side, brain, n));
    await settle();
  }
  expect(side.send(brain, quote(side, brain, 5))).toMatchObject({ code: 'rejections' });
  expect(side.core.router.breaker.isTripped('BTCUSDT')).toBe(true);
  const operator = side.client('operator', 2);
  side.send(operator, { id: 9, type: 'resume' });
  expect(side.send(brain, quote(side, brain, 6))).toMatchObject({ type: 'taken' });
  side.send(brain, { id: 3, type: 'closePosition', symbol: 'BTCUSDT', reason: 'test', ladder: 'taker' });
  await live(side, brain, 1_000);
  expect(side.venue.position).toBe(0);
});

describe('where the venue takes several orders in one request', () => {
  /** No room for a single order, room for a batch: what the pace of a minute leaves when many wait. */
  async function waitingMany(count: number) {
    const { side, brain } = await withQuotes(0);
    side.venue.takeBatches();
    side.venue.budgets = FULL;
    for (let n = 1; n <= count; n++) side.send(brain, quote(side, brain, n));
    await settle();
    return { side, brain };
  }
  const requests = (side: OrderSide): string[] => side.venue.calls.map(({ what }) => what).filter((what) => /^(place|amend)-/.test(what));

  test('five that wait leave together, and what is left over alone', async () => {
    const { side, brain } = await waitingMany(7);
    side.venue.budgets = FREE;
    await live(side, brain, 100);
    expect([requests(side), side.venue.count('place'), side.desk.waiting.size]).toEqual([['place-5'], 7, 0]);
    for (let n = 1; n <= 7; n++) expect(side.status(idOf(brain, n))).toBe('open');
  });

  test('each of them counts as an order that left', async () => {
    const { side, brain } = await waitingMany(7);
    side.venue.budgets = FREE;
    await live(side, brain, 100);
    expect(side.core.pace.lastHour(side.clock.monoMs()).orders).toBe(7);
  });

  test('each has its own outcome: refused, taken without an answer, gone through', async () => {
    const { side, brain } = await waitingMany(5);
    side.venue.budgets = FREE;
    side.venue.answers.place.push(fault('rejected', 'post-only-would-take'), fault('unknown', 'time-out'));
    await live(side, brain, 100);
    expect([1, 2, 3].map((n) => side.status(idOf(brain, n)))).toEqual(['rejected', 'unknown', 'open']);
    expect(side.venue.calls.filter(({ what, clientId }) => what === 'place' && clientId === idOf(brain, 2))).toHaveLength(1);
  });

  test('those that the venue took without an answer are found, and none is sent twice', async () => {
    const { side, brain } = await waitingMany(5);
    side.venue.budgets = FREE;
    side.venue.reachesAnyway = true;
    side.venue.answers.place.push(...Array.from({ length: 5 }, () => fault('unknown', 'time-out')));
    await live(side, brain, 1_000);
    expect([1, 2, 3, 4, 5].map((n) => side.status(idOf(brain, n)))).toEqual(Array(5).fill('open'));
    expect([side.venue.count('place'), side.venue.open.size]).toEqual([5, 5]);
  });

  test('one that is cancelled meanwhile is not among them', async () => {
    const { side, brain } = await waitingMany(6);
    side.send(brain, { id: 2, type: 'cancel', clientId: idOf(brain, 3) });
    side.venue.budgets = FREE;
    await live(side, brain, 100);
    expect([requests(side), side.status(idOf(brain, 3)), side.venue.count('place')]).toEqual([['place-5'], 'canceled', 5]);
  });

  test('all rules are asked again for each of them', async () => {
    const { side, brain } = await waitingMany(5);
    [side.venue.status, side.venue.budgets] = ['stale', FREE];
    await live(side, brain, 100);
    expect([side.venue.count('place'), side.status(idOf(brain, 1))]).toEqual([0, 'rejected']);
  });

  test('amends leave together as well; an unanswered one stays unknown while the venue may act on it, and changes nothing twice', async () => {
    const { side, brain } = await withQuotes(5);
    side.venue.takeBatches();
    side.venue.budgets = FULL;
    for (let n = 1; n <= 5; n++) side.send(brain, amend(side, brain, n, `${59_900 + n}.00`));
    side.venue.budgets = FREE;
    side.venue.answers.amend.push(fault('unknown', 'time-out'));
    await live(side, brain, 1_000);
    expect([requests(side), side.venue.count('amend')]).toEqual([['amend-5'], 5]);
    expect([2, 3, 4, 5].map((n) => priceOf(side, idOf(brain, n)))).toEqual([599_020, 599_030, 599_040, 599_050]);
    expect(side.status(idOf(brain, 1))).toBe('unknown'); // the venue may act on the amend until its window is over
  });

  test('amends of one request count together against the limits', async () => {
    const { side, brain } = await withQuotes(5);
    side.venue.takeBatches();
    side.venue.budgets = FULL;
    for (let n = 1; n <= 5; n++) side.send(brain, { ...amend(side, brain, n, '59900.00'), size: '0.150' });
    side.venue.budgets = FREE;
    await live(side, brain, 100);
    expect(side.venue.count('amend')).toBe(3); // 3 x 0.150 and 2 x 0.001 fit into 0.500, four do not
  });
});

test('cancels of one batch are one request of the venue', async () => {
  const { side, brain } = await withQuotes(4);
  const many = side.venue.orders.cancelMany;
  const asked: number[] = [];
  side.venue.orders.cancelMany = (order) => {
    asked.push(order.clientIds.length);
    return many(order);
  };
  const cancel = (n: number) => ({ id: n, type: 'cancel', clientId: idOf(brain, n) }) as const;
  const commands = [cancel(1), cancel(2), cancel(9), cancel(3), quote(side, brain, 5), cancel(4)];
  const answer = side.send(brain, { id: 1, type: 'batch', commands });
  await settle();
  expect(answer.type === 'batch' && answer.answers.map(({ type }) => type)).toEqual([
    'taken',
    'taken',
    'refused',
    'taken',
    'taken',
    'taken',
  ]);
  expect([asked, side.venue.count('cancel'), [...side.venue.open.keys()]]).toEqual([[3], 4, [idOf(brain, 5)]]);
});
