import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkOrder } from '../../../gateway/orders/guard.ts';
import { NO_STOPS, worstCase } from '../../../gateway/orders/guard-rules/exposure.ts';
import type { GuardView } from '../../../gateway/orders/guard-rules/rule.ts';
import type { LedgerOrder } from '../../../gateway/account/rows.ts';
import type { BookView, OrderRequest } from '../../../gateway/venues/venue.ts';
import { Book } from '../../../shared/book.ts';
import type { OrderStatus } from '../../../shared/order.ts';
import { atoms, lots, monoMs, parseAtoms, ticks, wallMs, ZERO_ATOMS } from '../../../shared/units.ts';
import { at, id, instrument, ledger, request } from '../../kit/orders.ts';

const LIMITS = { maxPosition: '0.050', maxOrderNotional: '2000', maxOpenOrders: 3, collarPercent: 1 };

/** 59999.9 x 60000.1, mid exactly 60000. */
function bookView(over: Partial<BookView> = {}): BookView {
  const book = new Book();
  book.bids.set(599_999, 1_000);
  book.asks.set(600_001, 1_000);
  return {
    status: 'live',
    reason: '',
    book,
    lastUpdateId: 1,
    exchangeMs: wallMs(1),
    knownFrom: null,
    knownTo: null,
    top: null,
    receivedAt: monoMs(9_900),
    ...over,
  };
}

const crossed = (): BookView => {
  const view = bookView();
  view.book.bids.set(600_005, 1);
  return view;
};

const view = (over: Partial<GuardView> = {}): GuardView => ({
  now: monoMs(10_000),
  instrument: instrument(),
  limits: LIMITS,
  maxGrossNotional: parseAtoms('10000') ?? ZERO_ATOMS,
  shares: { maxOrderPercent: 0.5, maxPositionPercent: 2, maxDailyLossPercent: 1 },
  equity: parseAtoms('1000000'),
  liquidationPercent: null,
  minLiquidationPercent: 5,
  book: bookView(),
  markPrice: '60000.12345678',
  markAgeMs: 300,
  accountKnown: true,
  held: { low: lots(0), high: lots(0) },
  own: [],
  stops: NO_STOPS,
  foreignOrders: 0,
  stopMissing: false,
  unknownOrder: null,
  exclusive: false,
  otherGross: ZERO_ATOMS,
  degraded: { mode: 'normal', reasons: [] },
  mode: { halted: null, stopped: false, shuttingDown: false, paused: false, closing: false },
  basedOnAt: monoMs(9_700),
  ttlMs: 500,
  budget: null,
  pace: null,
  ...over,
});

const mode = (over: Partial<GuardView['mode']>): Partial<GuardView> => ({
  degraded: { mode: 'normal', reasons: [] },
  mode: { halted: null, stopped: false, shuttingDown: false, paused: false, closing: false, ...over },
});

function resting(over: Partial<OrderRequest> & { readonly status?: OrderStatus; readonly statedFilled?: number } = {}): LedgerOrder {
  const { status = 'open', statedFilled = 0, ...rest } = over;
  const [row] = ledger().take(request({ clientId: id(50), price: ticks(599_000), ...rest }), at(1)).orders;
  if (!row) throw new Error('no row');
  return { ...row, statedFilled: lots(statedFilled), order: { ...row.order, status } };
}

/** All of it is filled and booked, and an amend on its way makes it larger. */
function growing(over: Partial<OrderRequest> & { readonly to: number }): LedgerOrder {
  const { to, ...rest } = over;
  const row = resting({ status: 'amending', ...rest });
  return { ...row, amendTo: { price: row.order.price ?? ticks(0), size: lots(to) }, order: { ...row.order, filled: row.order.size } };
}

const good = (over: Partial<OrderRequest> = {}): OrderRequest => request({ price: ticks(599_990), ...over });

test('checkOrder() lets a sound order through', () => {
  expect(checkOrder({ request: good(), replaces: null, view: view() })).toBeNull();
});

const CASES: readonly [string, string, Partial<OrderRequest>, Partial<GuardView>, RegExp][] = [
  ['the gateway shuts down', 'shutting-down', {}, mode({ shuttingDown: true }), /shutting down/],
  ['the emergency stop holds', 'stopped', {}, mode({ stopped: true }), /emergency stop/],
  ['the outcome of an order is unknown', 'reduce-only-mode', {}, { unknownOrder: id(7) }, /order-unknown: 47/],
  ['trading is paused', 'paused', {}, mode({ paused: true }), /paused/],
  ['the symbol is being closed', 'closing', {}, mode({ closing: true }), /BTCUSDT is being closed/],
  ['the symbol does not trade', 'not-trading', {}, { instrument: instrument({ trading: false }) }, /not trading/],
  ['the size is below the least', 'filter', { size: lots(0) }, {}, /size is 0\.000, allowed is 0\.001 to 1000\.000/],
  [
    'a market order is above the market lot',
    'filter',
    { kind: 'market', timeInForce: 'ioc', price: null, size: lots(121) },
    {},
    /0\.121, allowed is 0\.001 to 0\.120/,
  ],
  ['a market order could rest', 'filter', { kind: 'market', timeInForce: 'gtc', price: null }, {}, /only ioc/],
  ['a limit order has no price', 'filter', { price: null }, {}, /needs a price/],
  ['a market order has a price', 'filter', { kind: 'market', timeInForce: 'ioc' }, {}, /has no price/],
  ['the price is below the least', 'filter', { price: ticks(999) }, {}, /price is 99\.90, allowed is 100\.00/],
  ['a buy is above the band around the mark', 'filter', { price: ticks(630_002) }, {}, /limit around mark 60000\.12345678 is 63000\.10/],
  ['a sell is below the band around the mark', 'filter', { side: 'sell', price: ticks(570_000) }, {}, /limit around mark/],
  [
    'the notional is below the least',
    'filter',
    { size: lots(1), price: ticks(499_999) },
    { limits: { ...LIMITS, collarPercent: 20 }, markPrice: null },
    /notional is 49\.9999, the venue's least is 50/,
  ],
  ['the account is not known', 'position-unknown', {}, { accountKnown: false }, /not known now/],
  [
    'the book is stale',
    'book-not-live',
    {},
    { book: bookView({ status: 'stale', reason: 'silent', receivedAt: monoMs(9_260) }) },
    /book is stale \(silent\), last proved 740 ms ago/,
  ],
  ['the book is crossed', 'book-not-live', {}, { book: crossed() }, /crossed/],
  ['the snapshot is not ours', 'stale-snapshot', {}, { basedOnAt: null }, /not one of this run/],
  ['the snapshot is too old', 'ttl-expired', {}, { basedOnAt: monoMs(9_260) }, /its snapshot is 740 ms old, limit is 500 ms/],
  ['a foreign order rests there', 'foreign-order', {}, { foreignOrders: 2 }, /2 foreign orders/],
  ['the price is outside the collar', 'collar', { price: ticks(593_999) }, {}, /1\.000 % from mid 60000\.00, limit is 1 %/],
  ['the price is far from the mark though near the mid', 'collar', {}, { markPrice: '61000' }, /1\.641 % from mark 61000, limit is 1 %/],
  ['no mark is known', 'collar', {}, { markPrice: null, markAgeMs: null }, /mark price of BTCUSDT is not known/],
  ['the mark is old', 'collar', {}, { markAgeMs: 5_001 }, /mark price of BTCUSDT is 5001 ms old/],
  [
    'the size is above a limit of its own',
    'limit-order-size',
    { size: lots(11) },
    { limits: { ...LIMITS, maxOrderSize: '0.010' } },
    /size is 0\.011, limit is 0\.010/,
  ],
  [
    'the order is too large for the account',
    'limit-equity',
    {},
    { equity: parseAtoms('100000') },
    /notional would be 599\.99, limit is 500 \(0\.5 % of an equity of 100000\)/,
  ],
  ['nothing is left of the account', 'limit-equity', {}, { equity: parseAtoms('-1') }, /limit is 0 /],
  ['the equity is not known', 'balance-unknown', {}, { equity: null }, /equity of the account is not known/],
  [
    'the worst-case position is too large for the account',
    'limit-equity',
    {},
    { held: { low: lots(40), high: lots(40) }, equity: parseAtoms('140000') },
    /worst-case position would be 3000, limit is 2800 \(2 % of an equity of 140000\)/,
  ],
  [
    'the liquidation price is near',
    'liquidation-near',
    {},
    { held: { low: lots(1), high: lots(1) }, liquidationPercent: 4.99 },
    /4\.99 % from its liquidation price, at least 5 % is wanted/,
  ],
  [
    'commands come too fast',
    'limit-rate',
    {},
    { pace: { code: 'limit-rate', why: 'more than 50 commands came within a second' } },
    /more than 50/,
  ],
  ['the order is too large', 'limit-order-notional', { size: lots(34) }, {}, /notional is 2039\.966, limit is 2000/],
  ['the symbol has no limits', 'collar', {}, { limits: null }, /limit is 0 %/],
  ['too many orders are open', 'limit-open-orders', {}, { own: [resting(), resting(), resting()] }, /open order number 4, limit is 3/],
  ['it would meet an own order', 'self-cross', {}, { own: [resting({ side: 'sell', price: ticks(599_990) })] }, /meet own order/],
  [
    'an order filled whole is about to rest again, and two others do',
    'limit-open-orders',
    {},
    { own: [growing({ size: lots(1), to: 2 }), resting(), resting()] },
    /open order number 4/,
  ],
  [
    'it would meet what an amend adds to an own order',
    'self-cross',
    {},
    { own: [growing({ side: 'sell', price: ticks(599_990), size: lots(1), to: 2 })] },
    /meet own order/,
  ],
  [
    'it would meet an own order where its amend puts it',
    'self-cross',
    {},
    { own: [{ ...resting({ side: 'sell', price: ticks(601_000) }), amendTo: { price: ticks(599_990), size: lots(10) } }] },
    /meet own order/,
  ],
  [
    'a market order would meet an own order',
    'self-cross',
    { kind: 'market', timeInForce: 'ioc', price: null },
    { own: [resting({ side: 'sell', price: ticks(650_000) })] },
    /meet own order/,
  ],
  [
    'the worst-case position is too long',
    'limit-position',
    {},
    { held: { low: lots(41), high: lots(41) } },
    /long position would be 0\.051, limit is 0\.050/,
  ],
  [
    'the worst-case position is too short',
    'limit-position',
    { side: 'sell', price: ticks(600_100) },
    { held: { low: lots(-41), high: lots(-41) } },
    /short position would be 0\.051/,
  ],
  ['an unknown order may have filled', 'limit-position', {}, { own: [resting({ status: 'unknown', size: lots(41) })] }, /0\.051/],
  [
    'fills of an ended order are on their way',
    'limit-position',
    {},
    { own: [resting({ status: 'canceled', size: lots(41), statedFilled: 41 })] },
    /0\.051/,
  ],
  ['an order filled whole is being made larger', 'limit-position', {}, { own: [growing({ size: lots(6), to: 47 })] }, /0\.051/],
  ['ledger and venue disagree', 'limit-position', {}, { held: { low: lots(0), high: lots(41) } }, /0\.051/],
  [
    'all symbols together are too much',
    'limit-gross-notional',
    {},
    { otherGross: atoms(950_000_000_000n) },
    /gross notional would be 10100/,
  ],
  ['another symbol cannot be valued', 'limit-gross-notional', {}, { otherGross: null }, /cannot be valued/],
  ['the budget is used up', 'budget', {}, { budget: 'orders in 10 s used 240, limit is 240 of 300' }, /used 240/],
];

test.each(CASES)('checkOrder() refuses when %s: %s', (_name, code, order, over, sentence) => {
  const refusal = checkOrder({ request: good(order), replaces: null, view: view(over) });
  expect(refusal).toMatchObject({ code, sentence: expect.stringMatching(sentence) });
  expect(refusal?.sentence).toContain(`Cannot place order "${id(1)}": `);
});

const REDUCING: readonly [string, Partial<OrderRequest>, Partial<GuardView>][] = [
  ['a pause', {}, mode({ paused: true })],
  ['an old snapshot', {}, { basedOnAt: null }],
  ['a small notional', { size: lots(1), price: ticks(499_999) }, { markPrice: null }],
  ['a far price', { price: ticks(580_000) }, {}],
  ['an unknown equity', {}, { equity: null }],
  ['an old mark', {}, { markAgeMs: 60_000 }],
  ['a near liquidation', { side: 'sell', price: ticks(600_100) }, { held: { low: lots(20), high: lots(20) }, liquidationPercent: 0.1 }],
  ['a rate limit of our own', {}, { pace: { code: 'limit-rate', why: 'too fast' } }],
  ['absent limits', {}, { limits: null }],
  ['a foreign order', {}, { foreignOrders: 1 }],
];

test.each(REDUCING)('checkOrder() lets a reduce-only order through despite %s', (_name, order, over) => {
  expect(checkOrder({ request: good({ ...order, reduceOnly: true }), replaces: null, view: view(over) })).toBeNull();
});

test.each(['stopped', 'shuttingDown', 'closing'] as const)('checkOrder() refuses even a reduce-only order while %s', (name) => {
  expect(checkOrder({ request: good({ reduceOnly: true }), replaces: null, view: view(mode({ [name]: true })) })).not.toBeNull();
});

describe('an amend', () => {
  const old = resting({ size: lots(30) });

  test('does not count the order it changes twice', () => {
    const checked = { request: good({ size: lots(30) }), replaces: old, view: view({ own: [old] }) };
    expect(checkOrder(checked)).toBeNull();
    expect(checkOrder({ ...checked, replaces: null })).toMatchObject({ code: 'limit-position' });
  });

  test('counts the larger of both sizes until the venue has answered', () => {
    const large = resting({ size: lots(51) });
    expect(checkOrder({ request: good({ size: lots(10) }), replaces: large, view: view({ own: [large] }) })).toMatchObject({
      code: 'limit-position',
      sentence: expect.stringContaining('Cannot amend order'),
    });
  });
});

test('worstCase() holds whatever subset of the orders and stops fills, in whatever order', () => {
  const order = fc.record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    size: fc.integer({ min: 1, max: 40 }),
    fills: fc.nat({ max: 40 }),
    kind: fc.constantFrom('opening', 'reducing', 'stop'),
  });
  fc.assert(
    fc.property(fc.array(order, { maxLength: 8 }), fc.integer({ min: -50, max: 50 }), (orders, held) => {
      const rows = orders.filter(({ kind }) => kind !== 'stop');
      const own = rows.map(({ side, size, kind }, i) =>
        resting({ clientId: id(100 + i), side, size: lots(size), reduceOnly: kind === 'reducing' }),
      );
      const stopped = (side: string) =>
        lots(orders.reduce((sum, each) => sum + (each.kind === 'stop' && each.side === side ? each.size : 0), 0));
      const stops = { buy: stopped('buy'), sell: stopped('sell') };
      const worst = worstCase({ held: { low: lots(held), high: lots(held) }, own, stops });
      let position = held;
      for (const { side, size, fills, kind } of orders) {
        const room = kind === 'opening' ? size : Math.max(0, side === 'sell' ? position : -position);
        const filled = Math.min(size, fills, room);
        position += side === 'buy' ? filled : -filled;
        expect(position).toBeLessThanOrEqual(worst.high);
        expect(position).toBeGreaterThanOrEqual(worst.low);
      }
    }),
  );
});

test('worstCase() counts what reduces a position against the room that it gives', () => {
  const held = { low: lots(10), high: lots(10) };
  const reducing = resting({ side: 'sell', size: lots(4), reduceOnly: true });
  const opening = resting({ clientId: id(51), side: 'sell', size: lots(20) });
  expect(worstCase({ held, own: [opening], stops: NO_STOPS })).toEqual({ low: -10, high: 10 });
  expect(worstCase({ held, own: [opening, reducing], stops: NO_STOPS })).toEqual({ low: -14, high: 10 });
  expect(worstCase({ held, own: [opening, reducing], stops: { buy: lots(0), sell: lots(10) } })).toEqual({ low: -20, high: 10 });
});
