import { expect, test } from 'vitest';
import { OrderStore } from '../../../shared/sim/order-store.ts';
import { MID, openStillDesk, START_MS, SYMBOL } from '../../kit/desk.ts';

const DAY_MS = 86_400_000;

/** `a` is canceled unfilled, `b` canceled with a fill, `c` filled, `d` stays open, all at the start. */
function liveAndEnd() {
  const { account, exchange } = openStillDesk({ accounts: ['one', 'two'] });
  const one = account();
  one.place({ clientId: 'a' });
  one.cancel('a');
  one.place({ clientId: 'b', price: MID, size: 5 });
  account('two').place({ side: 'sell', price: MID, size: 2, timeInForce: 'ioc' });
  one.cancel('b');
  one.place({ clientId: 'c', price: MID + 1 });
  one.place({ clientId: 'd' });
  return { ...one, exchange };
}

test.each([
  [3 * DAY_MS, 'abcd', 2],
  [3 * DAY_MS + 1, 'bcd', 2],
  [90 * DAY_MS, 'bcd', 2],
  [90 * DAY_MS + 1, 'd', 0],
])('after %i ms the orders that can be asked for are %s', (ageMs, names, tradesCount) => {
  let nowMs = START_MS;
  const { trader, exchange } = liveAndEnd();
  const store = new OrderStore({ nowMs: () => nowMs });
  for (const order of trader.orders.all(null)) store.put(order);
  for (const trade of trader.orders.trades(null)) store.putTrade(trade);
  expect(exchange.nowMs).toBe(START_MS);
  nowMs += ageMs;
  const asked = [...'abcd'].filter((clientId) => store.find({ symbol: SYMBOL, clientId }) !== null);
  expect(asked.join('')).toBe(names);
  expect(
    store
      .all(SYMBOL)
      .map(({ clientId }) => clientId)
      .join(''),
  ).toBe(names);
  expect(store.all(null).filter(({ id }) => store.find({ symbol: SYMBOL, id }) === null)).toEqual([]);
  expect(store.trades(null)).toHaveLength(tradesCount);
});

test('a client id given again names the newer order; the id of the older one still finds it', () => {
  const { account } = openStillDesk();
  const one = account();
  const first = one.place({ clientId: 'a' });
  one.cancel('a');
  one.place({ clientId: 'a', price: MID - 500 });
  expect(one.order('a')).toMatchObject({ price: MID - 500, status: 'new' });
  const id = first.ok ? first.value.id : '';
  expect(one.trader.orders.find({ symbol: SYMBOL, id, clientId: 'a' })).toMatchObject({ price: MID - 1_000, status: 'canceled' });
});

test('ended orders beyond the bound are forgotten, oldest first, and never an open one', () => {
  const { account } = openStillDesk();
  const one = account();
  one.place({ clientId: 'open' });
  for (let i = 0; i <= 20_000; i++) {
    one.place({ clientId: `o${i}` });
    one.cancel(`o${i}`);
  }
  expect([one.order('open')?.status, one.order('o0'), one.order('o1')?.status]).toEqual(['new', null, 'canceled']);
});

test('a lean store keeps what is open and little of what has ended', () => {
  const { trader } = liveAndEnd();
  const [first] = trader.orders.all(null);
  const [trade] = trader.orders.trades(null);
  const open = trader.orders.open(SYMBOL)[0];
  if (!first || !trade || !open) throw new Error('There was no order');
  const store = new OrderStore({ nowMs: () => START_MS, lean: true });
  store.put(open);
  for (let key = 1_000; key < 2_000; key++) {
    store.put({ ...first, key, id: String(key), clientId: `lean-${key}` });
    store.putTrade({ ...trade, id: key });
  }
  expect([store.openCount(SYMBOL), store.all(null).length, store.get(1_999)?.clientId]).toEqual([1, 101, 'lean-1999']);
  expect(store.trades(null).length).toBeLessThanOrEqual(100);
});
