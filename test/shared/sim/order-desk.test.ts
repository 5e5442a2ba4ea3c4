import { expect, test } from 'vitest';
import type { SimOrder, UserEvent } from '../../../shared/sim/exchange-events.ts';
import type { SelfTrade, TimeInForce } from '../../../shared/sim/matching.ts';
import type { TradingStatus } from '../../../shared/sim/trading-status.ts';
import { type DeskOrder, LEVEL_LOTS, MID, openStillDesk, START_MS, SYMBOL } from '../../kit/desk.ts';

type Told = readonly [execution: string, clientId: string, status: string, expiry: string];

const told = (events: readonly UserEvent[]): Told[] =>
  events.flatMap((event) =>
    event.kind === 'order' ? [[event.execution, event.order.clientId, event.order.status, event.order.expiry] as const] : [],
  );
const shown = (order: SimOrder | null) => order && [order.status, order.expiry, order.filled];
const errorOf = (result: { readonly ok: boolean; readonly error?: { readonly kind: string } }) =>
  result.ok ? 'accepted' : result.error?.kind;

/** A resting quote of 4 met by a taker of 6 that could go on into 10 of the public at the next price. */
function meetItself(taker: DeskOrder) {
  const { account, events } = openStillDesk();
  const one = account();
  one.place({ side: 'sell', price: MID, size: 4, clientId: 'quote' });
  const met = one.place({ price: MID + 1, size: 6, clientId: 'taker', ...taker });
  return { met, events, quote: shown(one.order('quote')), taker: shown(one.order('taker')) };
}

test.each<[SelfTrade, TimeInForce, unknown, unknown]>([
  ['expire-maker', 'gtc', ['expired-in-match', 'self-trade', 0], ['filled', 'none', 6]],
  ['expire-maker', 'ioc', ['expired-in-match', 'self-trade', 0], ['filled', 'none', 6]],
  ['expire-maker', 'gtd', ['expired-in-match', 'self-trade', 0], ['filled', 'none', 6]],
  ['expire-taker', 'gtc', ['new', 'none', 0], ['expired-in-match', 'self-trade', 0]],
  ['expire-taker', 'gtd', ['new', 'none', 0], ['expired-in-match', 'self-trade', 0]],
  ['expire-taker', 'ioc', ['new', 'none', 0], ['expired-in-match', 'ioc-self-trade', 0]],
  ['expire-both', 'gtc', ['expired-in-match', 'self-trade', 0], ['expired-in-match', 'self-trade', 0]],
  ['expire-both', 'ioc', ['expired-in-match', 'self-trade', 0], ['expired-in-match', 'ioc-self-trade', 0]],
  ['none', 'gtc', ['filled', 'none', 4], ['filled', 'none', 6]],
  ['expire-taker', 'fok', ['filled', 'none', 4], ['filled', 'none', 6]],
  ['expire-both', 'fok', ['filled', 'none', 4], ['filled', 'none', 6]],
])('place() that meets its own quote with %s as %s', (selfTrade, timeInForce, quote, taker) => {
  const goodTillMs = START_MS + 700_000;
  const met = meetItself({ selfTrade, timeInForce, ...(timeInForce === 'gtd' ? { goodTillMs } : {}) });
  expect([met.quote, met.taker]).toEqual([quote, taker]);
});

test('place() of a taker stopped by its own quote keeps what it had before', () => {
  const { account } = openStillDesk();
  const one = account();
  one.place({ side: 'sell', price: MID + 2, size: 4, clientId: 'quote' });
  one.place({ price: MID + 2, size: LEVEL_LOTS * 2 + 3, clientId: 'taker', selfTrade: 'expire-taker', timeInForce: 'ioc' });
  // the public was first at both prices
  expect(shown(one.order('taker'))).toEqual(['expired-in-match', 'ioc-self-trade', LEVEL_LOTS * 2]);
});

test('a good-till-date order expires at its time and not before, unless it has ended', () => {
  const { exchange, account, events } = openStillDesk();
  const one = account();
  const goodTillMs = START_MS + 700_000;
  for (const clientId of ['stays', 'goes', 'moves']) one.place({ timeInForce: 'gtd', goodTillMs, clientId });
  one.cancel('goes');
  one.amend({ clientId: 'moves', price: MID - 900, size: 3 });
  exchange.advance(goodTillMs - 1);
  expect(['stays', 'goes', 'moves'].map((id) => one.order(id)?.status)).toEqual(['new', 'canceled', 'new']);
  events.length = 0;
  exchange.advance(goodTillMs + 10_000);
  expect(told(events)).toEqual([
    ['expired', 'stays', 'expired', 'none'],
    ['expired', 'moves', 'expired', 'none'],
  ]);
  expect(events.map(({ atMs }) => atMs)).toEqual([goodTillMs, goodTillMs]);
});

test('a good-till-date order that fills whole is not touched at its time', () => {
  const { exchange, account } = openStillDesk();
  const goodTillMs = START_MS + 700_000;
  account().place({ timeInForce: 'gtd', goodTillMs, price: MID + 1, clientId: 'a' });
  exchange.advance(goodTillMs + 1);
  expect(shown(account().order('a'))).toEqual(['filled', 'none', 2]);
});

test.each<[string, DeskOrder, unknown]>([
  ['what an IOC leaves', { price: MID + 1, size: 15, timeInForce: 'ioc' }, ['expired', 'ioc-left', 10]],
  ['what a market order leaves at its bound', { type: 'market', size: 500 }, ['expired', 'market-left', 300]],
])('place() expires %s', (_name, order, want) => {
  const { account } = openStillDesk();
  account().place({ ...order, clientId: 'a' });
  expect(shown(account().order('a'))).toEqual(want);
});

test('a market order takes nothing beyond its bound around the mark', () => {
  const { account } = openStillDesk({ accounts: ['one', 'two'], levels: 1 });
  const bound = Math.floor(MID * 1.05);
  account('two').place({ side: 'sell', price: bound, size: 5, clientId: 'inside' });
  account('two').place({ side: 'sell', price: bound + 1, size: 5, clientId: 'outside' });
  account().place({ type: 'market', size: 100, clientId: 'a' });
  expect(shown(account().order('a'))).toEqual(['expired', 'market-left', LEVEL_LOTS + 5]);
  expect(['inside', 'outside'].map((id) => account('two').order(id)?.status)).toEqual(['filled', 'new']);
});

test.each<[string, DeskOrder, string]>([
  ['a post-only that would take', { timeInForce: 'post-only', price: MID + 1 }, 'would-take'],
  ['a fill-or-kill that cannot fill', { timeInForce: 'fok', price: MID + 1, size: LEVEL_LOTS + 1 }, 'unfillable'],
])('place() refuses %s and records nothing', (_name, order, kind) => {
  const { account, events } = openStillDesk();
  expect(errorOf(account().place({ ...order, clientId: 'a' }))).toBe(kind);
  expect([account().order('a'), account().trader.orders.all(null), events]).toEqual([null, [], []]);
});

test('place() of a market order on an empty side is refused', () => {
  const { account } = openStillDesk({ levels: 0 });
  expect(errorOf(account().place({ type: 'market' }))).toBe('no-depth');
});

test('amend() loses its place in the queue', () => {
  const { account } = openStillDesk({ accounts: ['one', 'two'] });
  const one = account();
  one.place({ price: MID, clientId: 'first' });
  one.place({ price: MID, clientId: 'second' });
  one.amend({ clientId: 'first', price: MID, size: 1 });
  account('two').place({ side: 'sell', price: MID, size: 2, timeInForce: 'ioc' });
  expect(['first', 'second'].map((id) => one.order(id)?.filled)).toEqual([0, 2]);
});

test('amend() fills when the new price takes, and tells AMENDMENT between the notice and its result', () => {
  const { account, events } = openStillDesk();
  const one = account();
  one.place({ clientId: 'a', size: 2 });
  events.length = 0;
  one.amend({ clientId: 'a', price: MID + 1, size: 3, modifyId: '-7' });
  expect(events.map((event) => (event.kind === 'order' ? event.execution : event.kind))).toEqual(['fill', 'amended', 'account', 'trade']);
  expect(shown(one.order('a'))).toEqual(['filled', 'none', 3]);
  expect(events.find((event) => event.kind === 'order')).toMatchObject({ modifyId: '-7', order: { amends: 1 } });
});

test.each([
  ['a crossing post-only', { timeInForce: 'post-only' as const }, { price: MID + 1, size: 2 }, 0],
  ['a partly filled order made no larger than its fills', { price: MID, size: 20 }, { price: MID, size: 5 }, 5],
])('amend() cancels %s', (_name, order, change, filled) => {
  const { account, events } = openStillDesk({ accounts: ['one', 'two'] });
  const one = account();
  one.place({ ...order, clientId: 'a' });
  if (filled > 0) account('two').place({ side: 'sell', price: MID, size: filled, timeInForce: 'ioc' });
  events.length = 0;
  const amended = one.amend({ clientId: 'a', ...change });
  expect(amended.ok && shown(amended.value)).toEqual(['canceled', 'none', filled]);
  expect(told(events)).toEqual([['canceled', 'a', 'canceled', 'none']]);
});

test('amend() refuses the ten thousand and first time, and leaves the order as it is', () => {
  const { account } = openStillDesk();
  const one = account();
  one.place({ clientId: 'a' });
  for (let i = 0; i < 10_000; i++) expect(one.amend({ clientId: 'a', price: MID - 500 - (i % 2), size: 2 }).ok).toBe(true);
  expect(errorOf(one.amend({ clientId: 'a', price: MID - 400, size: 2 }))).toBe('too-many-amends');
  expect(one.order('a')).toMatchObject({ price: MID - 501, amends: 10_000, status: 'new' });
});

test('amend() of a reduce-only order takes no more than the position', () => {
  const { account } = openStillDesk();
  const one = account();
  one.place({ price: MID + 1, size: 5 });
  one.place({ side: 'sell', price: MID + 50, size: 3, reduceOnly: true, clientId: 'r' });
  one.amend({ clientId: 'r', side: 'sell', price: MID - 2, size: 9 });
  expect([one.position(), shown(one.order('r'))]).toEqual([0, ['filled', 'none', 5]]);
});

test('amendments are kept with before, after and count, newest first', () => {
  const { account, exchange } = openStillDesk();
  const one = account();
  one.place({ clientId: 'a' });
  one.place({ clientId: 'b' });
  one.amend({ clientId: 'a', price: MID - 900, size: 3 });
  one.amend({ clientId: 'b', price: MID - 900, size: 3 });
  one.amend({ clientId: 'a', price: MID - 800, size: 3 });
  const { amendments } = one.trader.orders;
  const key = one.order('a')?.key ?? 0;
  expect(amendments.of(key, exchange.nowMs).map(({ id, price, size, order }) => [id, price, size, order.amends])).toEqual([
    [3, { before: MID - 900, after: MID - 800 }, { before: 3, after: 3 }, 2],
    [1, { before: MID - 1_000, after: MID - 900 }, { before: 2, after: 3 }, 1],
  ]);
  expect(amendments.of(key, exchange.nowMs + 91 * 86_400_000)).toEqual([]);
});

test('place() refuses an order beyond the limit on open ones until one of them ends', () => {
  const { account } = openStillDesk({ instrument: { maxOpenOrders: 2 } });
  const one = account();
  one.place({ clientId: 'a' });
  one.place();
  expect(errorOf(one.place())).toBe('too-many-orders');
  one.cancel('a');
  expect(errorOf(one.place())).toBe('accepted');
});

test('a reduce-only order of better price displaces the one before it', () => {
  const { account, events } = openStillDesk();
  const one = account();
  one.place({ price: MID + 1, size: 5 });
  one.place({ side: 'sell', price: MID + 60, size: 5, reduceOnly: true, clientId: 'far' });
  events.length = 0;
  one.place({ side: 'sell', price: MID + 50, size: 3, reduceOnly: true, clientId: 'near' });
  expect(one.order('far')).toMatchObject({ status: 'new', size: 2 });
  one.place({ side: 'sell', price: MID + 40, size: 4, reduceOnly: true, clientId: 'nearest' });
  expect(told(events)).toEqual([
    ['new', 'near', 'new', 'none'],
    ['new', 'nearest', 'new', 'none'],
    ['expired', 'far', 'expired', 'reduce-only'],
  ]);
  expect(one.order('near')).toMatchObject({ status: 'new', size: 1 });
});

test('hedge mode keeps two positions; an order that closes is reduce-only and never larger than its side', () => {
  const { account } = openStillDesk();
  const one = account();
  one.trader.account.hedge = true;
  one.place({ positionSide: 'long', price: MID + 1, size: 5 });
  one.place({ positionSide: 'short', side: 'sell', price: MID - 1, size: 3 });
  expect([one.position('long'), one.position('short'), one.position('both')]).toEqual([5, -3, 0]);
  expect(errorOf(one.place({ positionSide: 'long', side: 'sell', price: MID + 50, size: 6 }))).toBe('reduce-only');
  expect(errorOf(one.place({ positionSide: 'short', side: 'buy', price: MID - 50, size: 4 }))).toBe('reduce-only');
  one.place({ positionSide: 'long', side: 'sell', price: MID + 50, size: 5, clientId: 'close' });
  expect(one.order('close')).toMatchObject({ reduceOnly: true, status: 'new' });
  expect(errorOf(one.place({ positionSide: 'long', side: 'sell', price: MID + 60, size: 1 }))).toBe('reduce-only'); // covered already
  one.place({ positionSide: 'long', side: 'sell', type: 'market', size: 2 });
  expect([one.position('long'), one.order('close')?.size]).toEqual([3, 3]);
  one.place({ positionSide: 'short', side: 'buy', type: 'market', size: 3 });
  expect([one.position('short'), one.position('long')]).toEqual([0, 3]);
});

test.each<[TradingStatus, string, string]>([
  ['PENDING_TRADING', 'symbol-not-trading', 'symbol-not-trading'],
  ['SETTLING', 'symbol-not-opening', 'symbol-not-trading'],
  ['PRE_DELIVERING', 'symbol-not-opening', 'symbol-not-trading'],
  ['CLOSE', 'symbol-closed', 'symbol-closed'],
])('in status %s an opening order is refused with %s, a closing one with %s', (status, opening, closing) => {
  const { exchange, account } = openStillDesk();
  const one = account();
  one.place({ price: MID + 1 });
  exchange.setTradingStatus(SYMBOL, status);
  expect(errorOf(one.place())).toBe(opening);
  expect(errorOf(one.place({ side: 'sell', price: MID + 50, reduceOnly: true }))).toBe(closing);
  exchange.setTradingStatus(SYMBOL, 'TRADING');
  expect(errorOf(one.place())).toBe('accepted');
});

test('a symbol that stops trading expires every open order and refuses amendments', () => {
  const { exchange, account, events, market } = openStillDesk({ accounts: ['one', 'two'] });
  account('one').place({ clientId: 'a', price: MID });
  account('two').place({ clientId: 'b' });
  events.length = 0;
  exchange.setTradingStatus(SYMBOL, 'SETTLING');
  expect(told(events)).toEqual([
    ['expired', 'a', 'expired', 'delisted'],
    ['expired', 'b', 'expired', 'delisted'],
  ]);
  expect(errorOf(account('one').amend({ clientId: 'a', price: MID - 10, size: 1 }))).toBe('amend-not-trading');
  expect(market.best('buy')).toEqual({ price: MID - 1, size: LEVEL_LOTS });
});
