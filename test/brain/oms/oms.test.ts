import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OrderCommand, WorkingOrder } from '../../../brain/oms/working.ts';
import { isSettled, openLots, termsOf } from '../../../brain/oms/working.ts';
import type { WantedQuote } from '../../../brain/strategy/strategy.ts';
import type { OrderStatus, Side } from '../../../shared/order.ts';
import { atoms, lots, ticks } from '../../../shared/units.ts';
import { LEASE, working } from '../../kit/brain.ts';
import { OmsModel, openOn, TURN_MS } from '../../kit/oms.ts';
import { id } from '../../kit/orders.ts';

const quote = (side: Side, price: number, over: Partial<WantedQuote> = {}): WantedQuote => ({
  ...{ side, price: ticks(price), size: lots(10), level: 0 },
  ...over,
});
const kinds = (commands: readonly OrderCommand[]): string[] => commands.map(({ kind }) => kind);
const refused = (clientId: string, price: WorkingOrder['price']): WorkingOrder =>
  working({ clientId, side: 'sell', price, status: 'rejected', reason: 'post-only-would-take' });
const BID = 600_000;

describe('what leaves', () => {
  test('a quote is placed once, amended when it moves, cancelled when it is wanted no more', () => {
    const model = new OmsModel();
    const told = [quote('buy', BID), quote('buy', BID), quote('buy', BID + 5), quote('buy', BID + 5)].map(
      (wanted) => model.turn([wanted]).commands,
    );
    expect(told.map(kinds)).toEqual([['place'], [], ['amend'], []]);
    expect(kinds(model.turn([]).commands)).toEqual(['cancel']);
    expect([model.turn([]).commands, model.live]).toEqual([[], []]);
  });

  test('an order amended as often as the venue allows is replaced, cancel first', () => {
    const model = new OmsModel({ amendsMost: 2 });
    const told = [0, 5, 10, 15].map((n) => kinds(model.turn([quote('buy', BID + n)]).commands));
    expect(told).toEqual([['place'], ['amend'], ['amend'], ['cancel', 'place']]);
    expect(kinds(model.turn([quote('buy', BID + 20)]).commands)).toEqual(['amend']);
  });

  test('an order that was there before serves the quote of its tag, and is amended only as often as is left of what the venue allows', () => {
    const start = [working({ clientId: id(1, { epoch: LEASE }), price: ticks(BID), tag: 'inner', amends: 1 })];
    const model = new OmsModel({ amendsMost: 2, start });
    const told = [0, 5, 10].map((n) => kinds(model.turn([quote('buy', BID + n, { tag: 'inner' })]).commands));
    expect(told).toEqual([[], ['amend'], ['cancel', 'place']]);
    const other = new OmsModel({ start });
    expect(kinds(other.turn([quote('buy', BID, { tag: 'outer' })]).commands).sort()).toEqual(['cancel', 'place']);
  });

  test('one whose amends nobody counted from the beginning is left where it is right, and replaced where it is not', () => {
    const { amends: _, ...uncounted } = working({ clientId: id(1, { epoch: LEASE }), price: ticks(BID) });
    const model = new OmsModel({ start: [uncounted] });
    expect([0, 5].map((n) => kinds(model.turn([quote('buy', BID + n)]).commands))).toEqual([[], ['cancel', 'place']]);
  });

  test('without room for both, a replacement is a cancel, and the place follows the snapshot that shows the order gone', () => {
    const model = new OmsModel({ amendsMost: 0, margin: { available: atoms(0n), leverage: 10 }, delay: () => 1 });
    model.orders.set(id(1, { epoch: LEASE }), working({ clientId: id(1, { epoch: LEASE }), price: ticks(BID) }));
    const wanted = [quote('buy', BID + 5)];
    const told = [1, 2, 3, 4, 5].map(() => kinds(model.turn(wanted).commands));
    expect(told).toEqual([['cancel'], [], ['place'], [], []]);
  });

  test('an order serves only quotes of its own tag, and one that may only reduce only such quotes', () => {
    const model = new OmsModel();
    model.turn([quote('buy', BID, { tag: 'a' }), quote('sell', BID + 10)]);
    const { commands } = model.turn([quote('buy', BID, { tag: 'b' }), quote('sell', BID + 10, { reduceOnly: true })]);
    expect(kinds(commands).sort()).toEqual(['cancel', 'cancel', 'place', 'place']);
    expect(commands.filter(({ kind }) => kind === 'place')).toMatchObject([
      { side: 'sell', reduceOnly: true },
      { side: 'buy', reduceOnly: false },
    ]);
  });

  test('an order refused because it would have taken is priced anew, once a snapshot, further back each time', () => {
    const model = new OmsModel();
    const prices: number[] = [];
    for (let n = 0; n < 4; n++) {
      const { commands } = model.turn([quote('sell', BID)]);
      for (const command of commands) {
        if (command.kind !== 'place') throw new Error(`Not a place: ${command.kind}`);
        prices.push(command.price);
        model.orders.set(command.clientId, refused(command.clientId, command.price));
        model.cancelled(command.clientId);
      }
    }
    expect(prices).toEqual([BID, BID + 1, BID + 3, BID + 7]);
  });
});

describe('own orders of the other side', () => {
  test('are not run into: the one too near moves away first, the other follows when it has', () => {
    const model = new OmsModel();
    model.turn([quote('buy', BID), quote('sell', BID + 10)]);
    const jump = [quote('buy', BID + 20), quote('sell', BID + 30)];
    const told = [1, 2, 3].map(() => model.turn(jump).commands.map((command) => [command.kind, command.kind === 'amend' && command.price]));
    expect(told).toEqual([[['amend', BID + 30]], [['amend', BID + 20]], []]);
  });

  test('count where they may still rest while they are amended or cancelled', () => {
    const model = new OmsModel({ delay: () => 2 });
    model.orders.set(id(1, { epoch: LEASE }), working({ clientId: id(1, { epoch: LEASE }), side: 'sell', price: ticks(BID) }));
    const told = [1, 2, 3, 4].map(() => kinds(model.turn([quote('buy', BID + 5)]).commands));
    expect(told).toEqual([['cancel'], [], [], ['place']]);
  });
});

describe('what stands off', () => {
  const rules = { tolerance: { priceBps: 10 / 60, sizeUnder: 0.5, sizeOver: 0 }, settle: { snapshots: 3, tickMs: TURN_MS, farFactor: 2 } }; // 10 ticks
  const run = (prices: readonly number[], side: Side = 'buy', over: Partial<WantedQuote> = {}): string => {
    const model = new OmsModel({ rules });
    return prices.map((price) => kinds(model.turn([quote(side, price, over)]).commands)[0]?.[0] ?? '-').join('');
  };

  test.each<[string, readonly number[], string]>([
    ['by no more than the tolerance stays', [0, 9, -9, 9, 9, 9], 'p-----'],
    ['too far from the market is moved after three snapshots in a row', [0, 15, 15, 15, 15], 'p--a-'],
    ['is counted anew when it was right in between', [0, 15, 15, 0, 15, 15, 15], 'p-----a'],
    ['by far is moved at once', [0, 21, 21], 'pa-'],
    ['too near to the market is moved at once', [0, -11, -11], 'pa-'],
    ['and would only go back where it came from waits twice as long', [0, -30, 0, 0, 0, 0, 0, 0, 0], 'pa-----a-'],
    ['and goes back and forth waits longer each time', [0, -30, 0, -30, 0, -30, 0, -30, 0], 'pa-------'],
  ])('a bid that %s', (_name, moves, want) => {
    expect(run(moves.map((n) => BID + n))).toBe(want);
    const ask = moves.map((n) => BID - n);
    expect(run(ask, 'sell')).toBe(want); // the other way round
  });

  test('is moved no sooner where snapshots are pushed in between', () => {
    const turnMs = 10;
    const model = new OmsModel({ rules, turnMs });
    const moved = Array.from({ length: 40 }, (_, n) => kinds(model.turn([quote('buy', n === 0 ? BID : BID + 15)]).commands)).flatMap(
      (told, n) => (told[0] === 'amend' ? [n * turnMs] : []),
    );
    expect(moved).toEqual([170]); // three that count, from 10 ms on, each most of a tick after the one before
  });

  test('a quote with a least life is not moved before it, but when it stands far too near', () => {
    const minLifeMs = 4 * TURN_MS;
    expect(
      run(
        [0, 15, 15, 15, 15, 15].map((n) => BID + n),
        'buy',
        { minLifeMs },
      ),
    ).toBe('p---a-');
    expect(
      run(
        [0, -15, -15, -15, -15].map((n) => BID + n),
        'buy',
        { minLifeMs },
      ),
    ).toBe('p---a');
    expect(
      run(
        [0, -21].map((n) => BID + n),
        'buy',
        { minLifeMs },
      ),
    ).toBe('pa');
  });
});

describe('what is not shown any more', () => {
  test('is asked for, counts as working, and is neither touched nor placed again', () => {
    const model = new OmsModel();
    const [placed] = model.turn([quote('buy', BID)]).commands;
    model.turn([quote('buy', BID)]);
    model.hidden.add(placed?.clientId ?? '');
    const told = Array.from({ length: 12 }, () => model.turn([quote('buy', BID + 5)]));
    expect(told.flatMap(({ commands }) => commands)).toEqual([]);
    expect(told.map(({ ask }) => ask.length)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]); // again after a second
    expect(told[0]?.before).toMatchObject([{ clientId: placed?.clientId, status: 'unknown' }]);
  });
});

const LIVE: readonly OrderStatus[] = ['sent', 'open', 'partially-filled', 'amending', 'canceling', 'unknown'];
const aSide = fc.constantFrom<Side>('buy', 'sell');
const aPrice = fc.integer({ min: BID - 40, max: BID + 40 });
/** Behind `BID`, so that quotes of both sides never meet. */
const aDepth = fc.integer({ min: 1, max: 40 });
const someQuotes = fc.array(
  fc.record({ side: aSide, price: aDepth, size: fc.integer({ min: 2, max: 20 }), tag: fc.constantFrom('', 'a'), reduceOnly: fc.boolean() }),
  { maxLength: 5 },
);
const wantedOf = (rows: readonly { side: Side; price: number; size: number; tag: string; reduceOnly: boolean }[]): WantedQuote[] =>
  rows.map(({ side, price, size, tag, reduceOnly }) =>
    quote(side, side === 'buy' ? BID - price : BID + price, { size: lots(size), tag, reduceOnly }),
  );
const someOrders = (statuses: readonly OrderStatus[]) =>
  fc
    .array(fc.record({ side: aSide, price: aPrice, size: fc.integer({ min: 2, max: 20 }), status: fc.constantFrom(...statuses) }), {
      maxLength: 5,
    })
    .map((rows) =>
      rows.map(
        ({ side, price, size, status }, n): WorkingOrder =>
          working({
            ...{ clientId: id(n, { epoch: LEASE }), side, price: ticks(price), size: lots(size), status },
            filled: lots(status === 'partially-filled' ? 1 : 0),
          }),
      ),
    );
const someRules = fc.record({
  priceBps: fc.constantFrom(0, 0.02, 0.2),
  snapshots: fc.integer({ min: 1, max: 3 }),
  farFactor: fc.integer({ min: 1, max: 4 }),
  perSecond: fc.constantFrom(5, 50),
  burst: fc.integer({ min: 1, max: 10 }),
  amendsMost: fc.constantFrom(0, 1, 10_000),
});
type SomeRules = typeof someRules extends fc.Arbitrary<infer T> ? T : never;
const rulesOf = ({ priceBps, snapshots, farFactor, perSecond, burst }: SomeRules) => ({
  tolerance: { priceBps, sizeUnder: 0.5, sizeOver: 0 },
  settle: { snapshots, tickMs: TURN_MS, farFactor },
  ration: { perSecond, burst },
});
const delays = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 7 });

test('the wanted quotes are reached in a bounded number of turns, and then nothing more is asked for', () => {
  fc.assert(
    fc.property(someQuotes, someOrders(['open', 'partially-filled']), someRules, delays, (rows, start, rules, late) => {
      const wanted = wantedOf(rows);
      const model = new OmsModel({ rules: rulesOf(rules), amendsMost: rules.amendsMost, start, delay: (n) => late[n % late.length] ?? 0 });
      for (let n = 0; n < 60; n++) model.turn(wanted);
      const rest = Array.from({ length: 10 }, () => model.turn(wanted).commands).flat();
      expect(rest).toEqual([]);
      expect(model.live).toHaveLength(wanted.length);
      expect(covers(wanted, { orders: model.live, model })).toBe(true);
    }),
    { numRuns: 120 },
  );
});

/** Some way of giving each quote an order of its own that is right for it; every way is tried. */
function covers([one, ...rest]: readonly WantedQuote[], { orders, model }: { orders: readonly WorkingOrder[]; model: OmsModel }): boolean {
  if (!one) return orders.length === 0;
  const { priceBps, sizeUnder } = model.rules.tolerance;
  const right = orders.filter((order) => {
    const [off, left] = [Math.abs((order.price ?? 0) - one.price), order.size - order.filled];
    const same = order.side === one.side && order.reduceOnly === one.reduceOnly && model.oms.notes.get(order.clientId)?.tag === one.tag;
    return same && off <= (one.price * priceBps) / 10_000 && left <= one.size && left >= one.size * (1 - sizeUnder);
  });
  return right.some((order) => covers(rest, { orders: orders.filter((other) => other !== order), model }));
}

test('one turn asks for one thing of an order, of none that is on its way, and never for more than is wanted beside what is on its way', () => {
  fc.assert(
    fc.property(fc.array(someQuotes, { minLength: 1, maxLength: 6 }), someOrders(LIVE), someRules, delays, (turns, start, rules, late) => {
      const model = new OmsModel({ rules: rulesOf(rules), amendsMost: rules.amendsMost, start, delay: (n) => late[n % late.length] ?? 0 });
      for (const rows of turns) {
        const wanted = wantedOf(rows);
        const { commands, before, after } = model.turn(wanted);
        const named = commands.filter(({ kind }) => kind !== 'place').map(({ clientId }) => clientId);
        expect(new Set(named).size).toBe(named.length);
        const touched = before.filter(({ clientId }) => named.includes(clientId));
        expect(touched.every(isSettled)).toBe(true);
        for (const side of ['buy', 'sell'] as const) {
          const asked = wanted.reduce((sum, one) => sum + (one.side === side ? one.size : 0), 0);
          const moving = before.filter((order) => order.side === side && (!isSettled(order) || named.includes(order.clientId)));
          expect(openOn(after, side)).toBeLessThanOrEqual(asked + moving.reduce((sum, order) => sum + openLots(order), 0));
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('the same history gives the same commands', () => {
  fc.assert(
    fc.property(fc.array(someQuotes, { minLength: 1, maxLength: 5 }), someRules, delays, (turns, rules, late) => {
      const run = () => {
        const model = new OmsModel({ rules: rulesOf(rules), amendsMost: rules.amendsMost, delay: (n) => late[n % late.length] ?? 0 });
        return turns.map((rows) => model.turn(wantedOf(rows)));
      };
      expect(run()).toEqual(run());
    }),
    { numRuns: 50 },
  );
});

test('termsOf() an order that was never amended are its own', () => {
  expect(termsOf(working())).toMatchObject({ price: 599_900, size: 10 });
});
