import { expect, test } from 'vitest';
import { makeInstrument } from '../../../shared/instrument.ts';
import { Random } from '../../../shared/random.ts';
import { Exchange } from '../../../shared/sim/exchange.ts';
import type { MarketEvent, UserEvent } from '../../../shared/sim/exchange-events.ts';
import { makeFlow } from '../../../shared/sim/flow.ts';
import { makeHistory } from '../../../shared/sim/history.ts';
import { findInstrument } from '../../../shared/sim/instruments.ts';
import type { Side } from '../../../shared/sim/market.ts';
import type { PlaceRequest } from '../../../shared/sim/order-desk.ts';
import { lots, parseAtoms, ticks, ZERO_ATOMS } from '../../../shared/units.ts';

const START_MS = 1_700_000_000_000;
const KEYS = ['one', 'two'];

function openExchange(seed: number) {
  const found = findInstrument('BTCUSDT');
  const instrument = found ? makeInstrument(found.spec) : 'BTCUSDT is unknown';
  if (!found || typeof instrument === 'string') throw new Error(String(instrument));
  const random = new Random(seed);
  const { startPrice } = found;
  const history = makeHistory({ instrument, random: random.fork('history'), endMs: START_MS, endPrice: startPrice, days: 1 }).bars;
  const flow = makeFlow({ instrument, random: random.fork('flow'), startPrice, profile: 'fast' });
  const events: (MarketEvent | UserEvent)[] = [];
  const balances = { USDT: parseAtoms('1000000') ?? ZERO_ATOMS };
  const exchange = new Exchange({
    startMs: START_MS,
    random: random.fork('exchange'),
    markets: [{ kind: 'flow', flow, history, startPrice }],
    accounts: KEYS.map((apiKey) => ({ apiKey, balances })),
    onMarket: (event) => events.push(event),
    onUser: (event) => events.push(event),
  });
  return { exchange, events };
}

const request = (over: Partial<PlaceRequest>): PlaceRequest => ({
  symbol: 'BTCUSDT',
  side: 'buy',
  positionSide: 'both',
  type: 'limit',
  timeInForce: 'gtc',
  selfTrade: 'expire-maker',
  price: ticks(639_000),
  size: lots(50),
  reduceOnly: false,
  clientId: 'c',
  ...over,
});

/** A busy minute of two accounts that quote, take and cancel by a seed of their own. */
function liveAMinute(seed: number) {
  const { exchange, events } = openExchange(seed);
  const random = new Random(99);
  for (let turn = 0; turn < 600; turn++) {
    exchange.advance(START_MS + turn * 100);
    const trader = exchange.trader(random.pick(['one', 'two']));
    const market = exchange.market('BTCUSDT');
    const side = random.pick<Side>(['buy', 'sell']);
    const best = market.best(side)?.price ?? ticks(640_000);
    const reduceOnly = random.chance(0.3);
    const type = random.chance(0.2) ? ('market' as const) : ('limit' as const);
    const terms =
      type === 'market' ? { price: null, timeInForce: 'ioc' as const } : { price: ticks(best + random.int({ min: -20, max: 20 })) };
    exchange.desk.place(
      trader,
      request({ side, type, size: lots(random.int({ min: 1, max: 400 })), reduceOnly, clientId: `c${turn}`, ...terms }),
    );
    if (random.chance(0.1)) exchange.desk.cancelAll(trader, 'BTCUSDT');
  }
  return { exchange, events };
}

test('the same seed and commands give the same events, another seed others', () => {
  const texts = [1, 1, 2].map((seed) =>
    JSON.stringify(liveAMinute(seed).events, (_name, value) => (typeof value === 'bigint' ? `${value}n` : (value as unknown))),
  );
  expect(texts[0]).toBe(texts[1]);
  expect(texts[0]).not.toBe(texts[2]);
});

test('positions equal the fills told, reduce-only orders never exceed them, and event times never go back', () => {
  const { exchange, events } = liveAMinute(3);
  for (const apiKey of KEYS) {
    const trades = events.flatMap((event) => (event.kind === 'fill' && event.apiKey === apiKey ? [event.trade] : []));
    expect(trades.length).toBeGreaterThan(50);
    const sum = trades.reduce((size, { order, size: filled }) => size + (order.side === 'buy' ? filled : -filled), 0);
    const trader = exchange.trader(apiKey);
    const { size } = trader.account.position('BTCUSDT');
    expect(size).toBe(sum);
    const reducing = trader.orders.open('BTCUSDT').filter(({ reduceOnly }) => reduceOnly);
    expect(reducing.reduce((left, order) => left + order.size - order.filled, 0)).toBeLessThanOrEqual(Math.abs(size));
    for (const { order } of trades.filter(({ order: { reduceOnly } }) => reduceOnly)) expect(order.filled).toBeLessThanOrEqual(order.size);
    expect(new Set(trades.map(({ id }) => id)).size).toBe(trades.length);
  }
  const times = events.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('a reduce-only fill never turns a position round', () => {
  const { events } = liveAMinute(4);
  const before = new Map<string, number>();
  let reducing = 0;
  for (const event of events) {
    if (event.kind !== 'order' || !event.trade) continue;
    const { order, size } = event.trade;
    const held = before.get(event.apiKey) ?? 0;
    const after = held + (order.side === 'buy' ? size : -size);
    before.set(event.apiKey, after);
    if (!order.reduceOnly) continue;
    reducing++;
    expect(Math.abs(after)).toBe(Math.abs(held) - size);
  }
  expect(reducing).toBeGreaterThan(10);
});

test('open orders of the desk and of the book are the same', () => {
  const { exchange } = liveAMinute(5);
  const market = exchange.market('BTCUSDT');
  for (const apiKey of KEYS) {
    const { orders } = exchange.trader(apiKey);
    for (const order of orders.open(null)) expect(market.cancel(order.key)).toBe(order.size - order.filled);
    for (const order of orders.all(null)) expect(market.cancel(order.key)).toBeNull();
  }
});
