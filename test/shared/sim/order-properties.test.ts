import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SimOrder, UserEvent } from '../../../shared/sim/exchange-events.ts';
import type { Side } from '../../../shared/sim/market.ts';
import { closes } from '../../../shared/sim/reduce-only.ts';
import { LEVEL_LOTS, MID, openStillDesk, type StillDesk, SYMBOL } from '../../kit/desk.ts';

const ACCOUNTS = ['one', 'two', 'hedged'] as const;
const SEATS = [['one', 'both'] as const, ['two', 'both'] as const, ['hedged', 'long'] as const, ['hedged', 'short'] as const];
const DATE_MS = 700_000;
const OPEN_MAX = 6;
const LEVELS = 1;

const sides = fc.constantFrom<Side>('buy', 'sell');
const prices = fc.integer({ min: MID - 8, max: MID + 8 });
const place = fc.record({
  kind: fc.constant('place' as const),
  who: fc.constantFrom(...ACCOUNTS),
  side: sides,
  type: fc.constantFrom('limit' as const, 'limit' as const, 'limit' as const, 'market' as const),
  timeInForce: fc.constantFrom('gtc' as const, 'gtc' as const, 'gtd' as const, 'ioc' as const, 'fok' as const, 'post-only' as const),
  selfTrade: fc.constantFrom('none' as const, 'expire-taker' as const, 'expire-maker' as const, 'expire-both' as const),
  price: prices,
  size: fc.integer({ min: 1, max: 25 }),
  reduceOnly: fc.boolean(),
  /** Which of the two positions is meant, in hedge mode. */
  long: fc.boolean(),
});
const amend = fc.record({
  kind: fc.constant('amend' as const),
  who: fc.constantFrom(...ACCOUNTS),
  pick: fc.nat(OPEN_MAX),
  price: prices,
  size: fc.integer({ min: 1, max: 25 }),
});
const cancel = fc.record({ kind: fc.constant('cancel' as const), who: fc.constantFrom(...ACCOUNTS), pick: fc.nat(OPEN_MAX) });
const wait = fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: DATE_MS / 2 }) });
const command = fc.oneof(
  { weight: 12, arbitrary: place },
  { weight: 4, arbitrary: amend },
  { weight: 2, arbitrary: cancel },
  { weight: 1, arbitrary: wait },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

function perform({ account, exchange }: StillDesk, asked: Command): void {
  if (asked.kind === 'wait') {
    exchange.advance(exchange.nowMs + asked.ms);
    return;
  }
  const one = account(asked.who);
  if (asked.kind === 'place') {
    const { kind, who, type, long, ...order } = asked;
    const timeInForce = type === 'market' ? 'ioc' : order.timeInForce;
    const date = timeInForce === 'gtd' ? { goodTillMs: exchange.nowMs + DATE_MS } : {};
    one.place({ ...order, type, timeInForce, ...date, ...(who === 'hedged' ? hedged(order, long) : {}) });
    return;
  }
  const open = one.trader.orders.open(SYMBOL);
  const order = open[asked.pick % Math.max(1, open.length)];
  if (!order) return;
  if (asked.kind === 'cancel') one.cancel(order.clientId);
  else one.amend({ clientId: order.clientId, side: order.side, price: asked.price, size: asked.size });
}

/** Closing orders are small: a larger one than the position is refused whole. */
function hedged({ side, size }: { readonly side: Side; readonly size: number }, long: boolean) {
  const positionSide = long ? ('long' as const) : ('short' as const);
  return { positionSide, reduceOnly: false, size: closes({ side, positionSide }) ? 1 + (size % 4) : size };
}

function openDesk(): StillDesk {
  const desk = openStillDesk({ accounts: ACCOUNTS, levels: LEVELS, instrument: { maxOpenOrders: OPEN_MAX } });
  desk.account('hedged').trader.account.hedge = true;
  return desk;
}

/** Runs the commands on a still market, and `check` after each with the events it caused. */
function live(commands: readonly Command[], check: (desk: StillDesk, events: readonly UserEvent[], asked: Command) => void): void {
  const desk = openDesk();
  for (const asked of commands) {
    desk.events.length = 0;
    perform(desk, asked);
    check(desk, desk.events, asked);
  }
}

const openOf = ({ account }: StillDesk): readonly SimOrder[] => ACCOUNTS.flatMap((who) => account(who).trader.orders.open(SYMBOL));
const leftOf = ({ size, filled }: SimOrder): number => size - filled;
/** Orders of any accounts, for as many commands as it takes to build a book and tear it down. */
const history = fc.array(command, { minLength: 20, maxLength: 60 });
const RUNS = { numRuns: 100 };

test('the book is never crossed, and holds just what is open and what is left of the public', () => {
  let seen = 0;
  fc.assert(
    fc.property(history, (commands) =>
      live(commands, (desk) => {
        const [bid, ask] = [desk.market.best('buy'), desk.market.best('sell')];
        if (bid && ask) expect(bid.price).toBeLessThan(ask.price);
        const { bids, asks } = desk.market.depth(1_000);
        const open = openOf(desk);
        for (const [side, levels] of [['buy', bids] as const, ['sell', asks] as const]) {
          const at = new Map<number, number>(levels);
          for (const order of open.filter((one) => one.side === side)) at.set(order.price, (at.get(order.price) ?? 0) - leftOf(order));
          for (const left of at.values()) expect(left >= 0 && left <= LEVEL_LOTS).toBe(true);
        }
        seen = Math.max(seen, open.length);
      }),
    ),
    RUNS,
  );
  expect(seen).toBeGreaterThan(ACCOUNTS.length);
});

test('an open order rests in the book with just what is left of it; an ended one does not', () => {
  fc.assert(
    fc.property(history, (commands) => {
      const desk = openDesk();
      for (const asked of commands) perform(desk, asked);
      for (const who of ACCOUNTS) {
        const { orders } = desk.account(who).trader;
        const open = orders.open(SYMBOL);
        for (const order of open) expect(desk.market.cancel(order.key)).toBe(leftOf(order));
        for (const order of orders.all(SYMBOL)) expect(desk.market.cancel(order.key)).toBeNull();
      }
    }),
    RUNS,
  );
});

test('whoever is filled resting had the best price and, at that price, had waited longest', () => {
  let makers = 0;
  fc.assert(
    fc.property(history, (commands) => {
      /** When each order joined the queue: entry or last amendment. */
      const joined = new Map<number, number>();
      let turn = 0;
      let resting: readonly SimOrder[] = [];
      live(commands, (desk, events) => {
        const left = new Map(resting.map((order) => [order.key, order]));
        for (const event of events) {
          if (event.kind === 'order' && (event.execution === 'new' || event.execution === 'amended')) joined.set(event.order.key, ++turn);
          if (event.kind === 'order' && event.execution === 'expired') left.delete(event.order.key);
        }
        for (const event of events) {
          if (event.kind !== 'fill' || !event.trade.maker) continue;
          makers++;
          const { order } = event.trade;
          const rivals = [...left.values()].filter(({ side, key }) => side === order.side && key !== order.key);
          const waited = (one: SimOrder): number => joined.get(one.key) ?? 0;
          for (const rival of rivals) {
            const better = order.side === 'buy' ? rival.price > order.price : rival.price < order.price;
            expect(better || (rival.price === order.price && waited(rival) < waited(order))).toBe(false);
          }
          if (order.status === 'filled') left.delete(order.key);
        }
        resting = openOf(desk);
      });
    }),
    RUNS,
  );
  expect(makers).toBeGreaterThan(20);
});

test('a closing fill never increases a position, open closing orders never exceed it, and the sides of hedge mode never turn', () => {
  const closing = { both: 0, long: 0, short: 0 };
  fc.assert(
    fc.property(history, (commands) => {
      const held = new Map<string, number>();
      live(commands, (desk, events) => {
        for (const event of events) {
          if (event.kind !== 'order' || !event.trade) continue;
          const { order, size } = event.trade;
          const seat = `${order.apiKey} ${order.positionSide}`;
          const before = held.get(seat) ?? 0;
          const after = before + (order.side === 'buy' ? size : -size);
          held.set(seat, after);
          if (!order.reduceOnly) continue;
          closing[order.positionSide]++;
          expect(Math.abs(after)).toBe(Math.abs(before) - size);
        }
        for (const [who, side] of SEATS) {
          const { trader, position } = desk.account(who);
          const size = position(side);
          expect(size).toBe(held.get(`${who} ${side}`) ?? 0);
          if (side === 'long') expect(size).toBeGreaterThanOrEqual(0);
          if (side === 'short') expect(size).toBeLessThanOrEqual(0);
          const orders = trader.orders.reducing(SYMBOL).filter(({ positionSide }) => positionSide === side);
          expect(orders.reduce((sum, order) => sum + leftOf(order), 0)).toBeLessThanOrEqual(Math.abs(size));
        }
      });
    }),
    RUNS,
  );
  for (const count of Object.values(closing)) expect(count).toBeGreaterThan(0);
});

test('limits and counts hold: fills, statuses, the number and the notional of open orders', () => {
  fc.assert(
    fc.property(history, (commands) =>
      live(commands, (desk) => {
        for (const who of ACCOUNTS) {
          const { orders } = desk.account(who).trader;
          const open = orders.open(SYMBOL);
          expect(open.length).toBeLessThanOrEqual(OPEN_MAX);
          expect(orders.openCount(SYMBOL)).toBe(open.length);
          expect(orders.reducing(SYMBOL)).toEqual(open.filter(({ reduceOnly }) => reduceOnly));
          const { atomsPerTickLot } = desk.market.instrument;
          const notional = (side: Side): bigint =>
            open
              .filter((order) => order.side === side && !order.reduceOnly)
              .reduce((sum, order) => sum + BigInt(order.price * leftOf(order)) * atomsPerTickLot, 0n);
          expect(orders.openNotional(desk.market.instrument)).toEqual({ bids: notional('buy'), asks: notional('sell') });
          for (const order of orders.all(SYMBOL)) checkOrder(order);
          const sums = new Map<number, number>();
          for (const { order, size } of orders.trades(SYMBOL)) sums.set(order.key, (sums.get(order.key) ?? 0) + size);
          for (const order of orders.all(SYMBOL)) expect(order.filled).toBe(sums.get(order.key) ?? 0);
        }
      }),
    ),
    RUNS,
  );
});

function checkOrder({ status, size, filled, expiry, type, timeInForce }: SimOrder): void {
  expect(filled).toBeLessThanOrEqual(size);
  if (status === 'new') expect(filled).toBe(0);
  if (status === 'partially-filled') expect(filled > 0 && filled < size).toBe(true);
  if (status === 'filled') expect(filled).toBe(size);
  if (status === 'new' || status === 'partially-filled')
    expect([type, timeInForce === 'ioc' || timeInForce === 'fok']).toEqual(['limit', false]);
  const ended = status === 'expired' || status === 'expired-in-match';
  expect(expiry !== 'none').toBe(ended && !(timeInForce === 'gtd' && expiry === 'none'));
}
