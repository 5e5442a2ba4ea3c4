import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OrderCommand, WorkingOrder } from '../../../brain/oms/working.ts';
import { stepBack, type Wanted, withoutMeeting } from '../../../brain/risk/self-cross.ts';
import type { WantedQuote } from '../../../brain/strategy/strategy.ts';
import { hasEnded, ORDER_STATUSES, type Side } from '../../../shared/order.ts';
import { lots, type Ticks, ticks } from '../../../shared/units.ts';
import { INSTRUMENT, SYMBOL, working } from '../../kit/brain.ts';
import { id } from '../../kit/orders.ts';

const MARKET = { bestBid: ticks(600_000), bestAsk: ticks(600_010), instrument: INSTRUMENT };
const quote = (side: Side, price: number, level = 0): WantedQuote => ({ side, price: ticks(price), size: lots(10), level });
const wants = (run: string, quotes: readonly WantedQuote[], taker: Wanted['taker'] = null): Wanted => ({ run, quotes, taker });
const prices = (wanted: readonly Wanted[]) => stepBack(wanted, MARKET).map(({ quotes }) => quotes.map(({ price }) => price));

describe('stepBack()', () => {
  test('leaves alone what does not meet', () => {
    const [a, b] = [
      wants('a', [quote('buy', 599_990), quote('sell', 600_020)]),
      wants('b', [quote('buy', 600_000), quote('sell', 600_001)]),
    ];
    expect(stepBack([a, b], MARKET)).toEqual([a, b].map(({ run, quotes }) => ({ run, quotes, steps: [] })));
  });

  test('the less aggressive one goes one tick behind the other, whoever comes first, and says so', () => {
    const [near, far] = [quote('buy', 600_008), quote('sell', 600_007)]; // 3 and -2 ticks beyond mid
    expect(prices([wants('a', [near]), wants('b', [far])])).toEqual([[600_008], [600_009]]);
    expect(prices([wants('b', [far]), wants('a', [near])])).toEqual([[600_009], [600_008]]);
    expect(stepBack([wants('a', [near]), wants('b', [far])], MARKET)[1]?.steps).toEqual([
      { side: 'sell', from: 600_007, to: 600_009, other: 'a' },
    ]);
  });

  test('of two alike the later run steps back', () => {
    expect(prices([wants('a', [quote('buy', 600_005)]), wants('b', [quote('sell', 600_005)])])).toEqual([[600_005], [600_006]]);
    expect(prices([wants('b', [quote('sell', 600_005)]), wants('a', [quote('buy', 600_005)])])).toEqual([[600_005], [600_004]]);
  });

  test('nobody stands in the way of a taker', () => {
    const taker = { side: 'sell', price: ticks(599_700) } as const;
    const bids = [quote('buy', 600_000), quote('buy', 599_800, 1), quote('buy', 599_600, 2), quote('sell', 600_020)];
    expect(prices([wants('a', bids), wants('b', [], taker)])).toEqual([[599_699, 599_699, 599_600, 600_020], []]);
  });

  test('a quote that would have to go where no price is taken is left out', () => {
    const taker = { side: 'sell', price: INSTRUMENT.minPriceTicks } as const;
    expect(prices([wants('a', [quote('buy', 600_000)]), wants('b', [], taker)])).toEqual([[], []]);
  });
});

const anyQuotes = fc
  .array(
    fc.record({
      side: fc.constantFrom<Side>('buy', 'sell'),
      price: fc.integer({ min: 599_980, max: 600_030 }),
      level: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 4 },
  )
  .map((all) => all.map(({ side, price, level }) => quote(side, price, level)))
  .filter(
    (all) =>
      Math.max(0, ...all.filter(({ side }) => side === 'buy').map(({ price }) => price)) <
      Math.min(...all.filter(({ side }) => side === 'sell').map(({ price }) => price)),
  );
const anyWanted = fc.tuple(anyQuotes, anyQuotes, anyQuotes).map((all) => all.map((quotes, n) => wants(['a', 'b', 'c'][n] ?? '', quotes)));

test('after stepping back no two quotes meet, and none stands nearer to the other side than it was wished', () => {
  fc.assert(
    fc.property(anyWanted, (wanted) => {
      const fitted = stepBack(wanted, MARKET);
      const all = fitted.flatMap(({ quotes }) => quotes);
      const [bids, asks] = [all.filter(({ side }) => side === 'buy'), all.filter(({ side }) => side === 'sell')];
      expect(Math.max(0, ...bids.map(({ price }) => price))).toBeLessThan(Math.min(...asks.map(({ price }) => price)));
      for (const [n, { quotes, steps }] of fitted.entries()) {
        const before = wanted[n]?.quotes ?? [];
        expect(quotes).toHaveLength(before.length);
        for (const [m, { side, price }] of quotes.entries())
          expect(side === 'buy' ? price <= (before[m]?.price ?? 0) : price >= (before[m]?.price ?? 0)).toBe(true);
        expect(steps.length).toBe(quotes.filter(({ price }, m) => price !== before[m]?.price).length);
      }
    }),
  );
});

const place = (n: number, { side, price }: { readonly side: Side; readonly price: number }): OrderCommand => ({
  ...{ kind: 'place', symbol: SYMBOL, strategy: 'a', clientId: id(n), side, price: ticks(price), size: lots(1) },
  ...{ timeInForce: 'post-only', reduceOnly: false, reason: '' },
});
const amend = (n: number, price: number): OrderCommand => ({
  kind: 'amend',
  symbol: SYMBOL,
  strategy: 'a',
  clientId: id(n),
  price: ticks(price),
  size: lots(1),
});
const resting = (n: number, side: Side, price: number | null, over: Partial<WorkingOrder> = {}): WorkingOrder =>
  working({ clientId: id(n), side, price: price === null ? null : ticks(price), ...over });

test.each<[string, OrderCommand, readonly WorkingOrder[], boolean]>([
  ['a buy below a sell that rests', place(9, { side: 'buy', price: 99 }), [resting(1, 'sell', 100)], true],
  ['a buy at a sell that rests', place(9, { side: 'buy', price: 100 }), [resting(1, 'sell', 100)], false],
  ['a sell at a buy that rests', place(9, { side: 'sell', price: 100 }), [resting(1, 'buy', 100)], false],
  ['a buy above a buy', place(9, { side: 'buy', price: 101 }), [resting(1, 'buy', 100)], true],
  [
    'a buy at a sell that is on its way to a cancel',
    place(9, { side: 'buy', price: 100 }),
    [resting(1, 'sell', 100, { status: 'canceling' })],
    false,
  ],
  [
    'a buy at the price that a sell may still have',
    place(9, { side: 'buy', price: 100 }),
    [resting(1, 'sell', 105, { status: 'amending', amendTo: { price: ticks(100), size: lots(1) } })],
    false,
  ],
  ['a buy beside a market order', place(9, { side: 'buy', price: 100 }), [resting(1, 'sell', null)], false],
  ['an amend past itself', amend(1, 101), [resting(1, 'sell', 100)], true],
  ['an amend past an own order of the other side', amend(1, 101), [resting(1, 'buy', 99), resting(2, 'sell', 101)], false],
])('withoutMeeting(): %s leaves: %3$s', (_name, command, orders, leaves) => {
  const { sent, held } = withoutMeeting([command], orders);
  expect([sent, held]).toEqual(leaves ? [[command], []] : [[], [command]]);
});

test('withoutMeeting() lets every cancel leave, and waits for it all the same', () => {
  const cancel: OrderCommand = { kind: 'cancel', symbol: SYMBOL, clientId: id(1) };
  const buy = place(9, { side: 'buy', price: 100 });
  expect(withoutMeeting([cancel, buy], [resting(1, 'sell', 100)])).toEqual({ sent: [cancel], held: [buy] });
});

const anyOrder = fc.record({
  side: fc.constantFrom<Side>('buy', 'sell'),
  price: fc.integer({ min: 95, max: 105 }),
  status: fc.constantFrom(...ORDER_STATUSES.filter((status) => !hasEnded(status))),
});
const anyCommand = fc.record({
  target: fc.option(fc.integer({ min: 0, max: 5 }), { nil: null }),
  side: fc.constantFrom<Side>('buy', 'sell'),
  price: fc.integer({ min: 95, max: 105 }),
});

test('in whatever order the exchange carries out what leaves, own orders never meet', () => {
  fc.assert(
    fc.property(fc.array(anyOrder, { maxLength: 6 }), fc.array(anyCommand, { maxLength: 6 }), (rows, asked) => {
      const orders: WorkingOrder[] = [];
      for (const [n, { side, price, status }] of rows.entries()) {
        const order = resting(n, side, price, { status });
        if (orders.every((other) => !crosses(order, other))) orders.push(order);
      }
      const commands = asked.map(({ target, side, price }, n) => {
        const order = target === null ? undefined : orders[target];
        return order ? amend(Number(orders.indexOf(order)), price) : place(100 + n, { side, price });
      });
      const { sent } = withoutMeeting(commands, orders);
      const places: { readonly clientId: string; readonly side: Side; readonly price: number }[] = orders.map(
        ({ clientId, side, price }) => ({ clientId, side, price: price ?? 0 }),
      );
      for (const command of sent)
        if (command.kind !== 'cancel') {
          const side =
            command.kind === 'place' ? command.side : (orders.find(({ clientId }) => clientId === command.clientId)?.side ?? 'buy');
          for (const other of places)
            if (other.clientId !== command.clientId) expect(crosses({ side, price: command.price }, other)).toBe(false);
          places.push({ clientId: command.clientId, side, price: command.price });
        }
      expect(sent.length).toBeLessThanOrEqual(commands.length);
    }),
  );
});

type Placed = { readonly side: Side; readonly price: number | Ticks | null };
const crosses = (a: Placed, b: Placed): boolean => {
  const [buy, sell] = a.side === 'buy' ? [a, b] : [b, a];
  return a.side !== b.side && (buy.price ?? 0) >= (sell.price ?? 0);
};
