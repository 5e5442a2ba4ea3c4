/** What runs see of the market, and what becomes of them over restarts and changes of settings. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TradeRow } from '../../brain/news.ts';
import type { OrderCommand } from '../../brain/oms/working.ts';
import { type Stepped, withSettings } from '../../brain/step.ts';
import { macdTrend } from '../../brain/strategy/macd-trend.ts';
import { marketMaking } from '../../brain/strategy/market-making.ts';
import { sealBasket } from '../../brain/strategy/seat.ts';
import type { BasketStrategy, Strategy, Views, WantedQuote, Wish } from '../../brain/strategy/strategy.ts';
import type { KlinesDoc, OrderDoc } from '../../shared/snapshot.ts';
import { lots, monoMs, ticks } from '../../shared/units.ts';
import { bookDoc, config, documents, plain, positionDoc, runWith, sealedRun, settings, SYMBOL, tradeDoc } from '../kit/brain.ts';
import { Desk, ownFill, Puppet, quote, restingAfter, to, wish } from '../kit/runs.ts';

describe('public trades in the view', () => {
  const hearing = () => {
    const [a, row] = [new Puppet('a', { reads: { trades: true } }), new TradeRow()];
    const desk = new Desk([runWith(a.strategy)]);
    const next = (numbers: readonly number[], over: Parameters<Desk['take']>[0] = {}): number[] | null => {
      row.add(numbers.map((n) => tradeDoc(n)));
      const before = a.seen.length;
      desk.take({ trades: row.take(), ...over });
      return a.seen.length === before ? null : (a.last.trades?.map(({ size }) => size) ?? null);
    };
    return { a, next };
  };
  const stale = { docs: { book: bookDoc({ epoch: 3, seq: 52, status: 'stale' }) } };
  const deaf = {
    head: { health: { market: { state: 'lost', ageMs: 9 }, account: { state: 'live', ageMs: 1 }, orderEntry: 'rest' } },
  } as const;

  test('are all since the view before; null at the start', () => {
    const { a, next } = hearing();
    expect([next([1, 2]), next([3, 4]), next([]), next([5])]).toEqual([null, [10, 10], [], [10]]);
    expect(a.last.trades).toEqual([{ price: 600_000, size: 10, aggressor: 'buy', atMs: 1_700_000_000_000 }]);
  });

  test('are null after a hole, once', () => {
    const { next } = hearing();
    expect([next([1]), next([2]), next([4]), next([5])]).toEqual([null, [10], null, [10]]);
  });

  test('are null after a snapshot that showed it nothing', () => {
    const { next } = hearing();
    next([1]);
    expect([next([2], stale), next([3]), next([4])]).toEqual([null, null, [10]]);
  });

  test('are null while the stream is not up, and just after', () => {
    const { next } = hearing();
    next([1]);
    expect([next([], deaf), next([]), next([2])]).toEqual([null, null, [10]]);
  });

  test('off the grid are not told in part', () => {
    const { a, next } = hearing();
    next([1]);
    const odd = new TradeRow();
    odd.add([tradeDoc(1)]);
    odd.take();
    odd.add([tradeDoc(2), tradeDoc(3, { price: '60000.05' })]);
    next([], { trades: odd.take() });
    expect(a.last.trades).toBeNull();
  });

  test('are null for a strategy that did not ask', () => {
    const a = new Puppet('a');
    const row = new TradeRow();
    const desk = new Desk([runWith(a.strategy)]);
    for (const n of [1, 2]) {
      row.add([tradeDoc(n)]);
      desk.take({ trades: row.take() });
    }
    expect(a.last.trades).toBeNull();
  });
});

test('bars are of the interval that the strategy reads, the open one too, and only of this gateway and this moment', () => {
  const [a, b, c] = [new Puppet('a', { reads: { bars: '1m' } }), new Puppet('b', { reads: { bars: '5m' } }), new Puppet('c')];
  const desk = new Desk([a, b, c].map(({ strategy }) => runWith(strategy)));
  const bar = (open: string): [number, string, string, string, string, string] => [0, open, '1', '1', '1', '1'];
  const klines = (interval: string, over: Partial<KlinesDoc> = {}): KlinesDoc => ({
    ...{ epoch: 3, seq: 9, symbol: SYMBOL, interval, status: 'complete', bars: [bar(interval === '1m' ? '1' : '5')] },
    ...over,
  });
  const open = (interval: string, seq: number) => ({ epoch: 3, seq, symbol: SYMBOL, interval, bar: bar('9') });
  desk.take({ docs: { klines: { '1m': klines('1m'), '5m': klines('5m') }, openKlines: { '1m': open('1m', 51), '5m': open('5m', 50) } } });
  expect([a, b, c].map(({ last }) => [last.bars, last.openBar])).toEqual([
    [[bar('1')], bar('9')],
    [[bar('5')], null],
    [null, null],
  ]);
  desk.take({ docs: { klines: { '1m': klines('1m', { epoch: 2 }), '5m': klines('5m', { status: 'bars-unknown' }) } } });
  expect([a, b].map(({ last }) => [last.bars, last.openBar])).toEqual([
    [null, null],
    [null, null],
  ]);
});

describe('a strategy that looks at several symbols at once', () => {
  const OTHER = 'ETHUSDT';
  const seen: Views[] = [];
  const both: BasketStrategy<{ turns: number }> = {
    name: 'both',
    role: 'custom',
    initial: () => ({ turns: 0 }),
    decide: (views, { turns }) => {
      seen.push(views);
      const wishes = [...views.keys()].map(
        (symbol) => [symbol, wish({ quotes: [quote('buy', '59990.00')], reason: `turn-${turns}` })] as const,
      );
      return { wishes: new Map(wishes), state: { turns: turns + 1 } };
    },
  };
  const run = sealedRun(sealBasket(both), { symbols: [SYMBOL, OTHER] });
  const two = (over: { readonly second?: object; readonly first?: object }) => {
    const seq = 51;
    const of = (symbol: string, docs: object) => {
      const made = documents({ head: { seq }, docs }).symbols[SYMBOL]!;
      const named = Object.fromEntries(Object.entries(made).map(([key, doc]) => [key, doc && 'symbol' in doc ? { ...doc, symbol } : doc]));
      return named as typeof made;
    };
    return {
      ...documents({ head: { seq, symbols: [SYMBOL, OTHER] } }),
      symbols: { [SYMBOL]: of(SYMBOL, over.first ?? {}), [OTHER]: of(OTHER, over.second ?? {}) },
    };
  };
  const deskOf = () => new Desk([run], { symbols: [SYMBOL, OTHER] });
  const reasons = ({ symbols }: Stepped) => symbols.map(({ symbol, outcomes, commands }) => [symbol, outcomes[0]?.reason, commands.length]);

  test('has one state, sees all of them in one decision, and quotes each', () => {
    const desk = deskOf();
    expect(reasons(desk.takeDocuments(two({})))).toEqual([
      [SYMBOL, 'turn-0', 1],
      [OTHER, 'turn-0', 1],
    ]);
    expect([...(seen.at(-1) ?? [])].map(([symbol, view]) => [symbol, typeof view === 'string' ? view : view.symbol])).toEqual([
      [SYMBOL, SYMBOL],
      [OTHER, OTHER],
    ]);
    expect(reasons(desk.takeDocuments(two({})))).toEqual([
      [SYMBOL, 'turn-1', 1],
      [OTHER, 'turn-1', 1],
    ]);
  });

  test('sees why one of them may not be looked at, is not heard there, and keeps its state through a hard exit', () => {
    const desk = deskOf();
    desk.takeDocuments(two({}));
    const losing = positionDoc({ seq: 51, size: '0.010', entryPrice: '61000' });
    const hit = desk.takeDocuments(two({ second: { position: losing } }));
    expect([reasons(hit), seen.at(-1)?.get(OTHER)]).toEqual([
      [
        [SYMBOL, 'turn-1', 1],
        [OTHER, 'closing-stop-loss', 0],
      ],
      'closing-stop-loss',
    ]);
    expect([hit.symbols[1]?.close, desk.state.seats['both']?.seat.text()]).toEqual(['stop-loss', '{"turns":2}']);
  });

  test('begins a symbol on its own anew, where it is one of many that look at one each', () => {
    const a = new Puppet('a');
    const desk = new Desk([runWith(a.strategy, { symbols: [SYMBOL, OTHER] })], { symbols: [SYMBOL, OTHER] });
    desk.takeDocuments(two({}));
    desk.takeDocuments(two({ second: { position: positionDoc({ seq: 51, size: '0.010', entryPrice: '61000' }) } }));
    expect(['a BTCUSDT', 'a ETHUSDT'].map((key) => desk.state.seats[key]?.seat.text())).toEqual(['2', '0']);
  });
});

describe('settings changed between two turns', () => {
  test('keep the runs that stay, begin those that are new, and take back what is left of those that are gone', () => {
    const [a, b, c] = [new Puppet('a'), new Puppet('b'), new Puppet('c')];
    const desk = new Desk([runWith(a.strategy), runWith(b.strategy)]);
    desk.take();
    desk.take({ position: '0.020', fills: [ownFill(1, { run: 'a', size: '0.010' }), ownFill(2, { run: 'b', size: '0.010' })] });
    const next = settings([runWith(a.strategy), runWith(c.strategy)]);
    const state = withSettings(desk.state, { settings: next, kept: ({ id }) => id === 'a' });
    expect(Object.entries(state.seats).map(([key, { seat }]) => [key, seat.text()])).toEqual([
      ['a BTCUSDT', '2'],
      ['c BTCUSDT', '0'],
    ]);
    const later = new Desk(next.runs);
    later.state = state;
    later.take({ position: '0.020', fillSeq: 2 });
    expect([a.last.position, c.last.position]).toEqual([10, 0]);
    expect(state.symbols[SYMBOL]).toEqual({ ...desk.state.symbols[SYMBOL], draining: ['c'] }); // it begins when b's orders are gone
  });

  test('a second set takes the same turns beside the first and changes nothing of it', () => {
    const [live, shadow] = [new Puppet('live'), new Puppet('shadow')];
    [live.wish, shadow.wish] = [wish({ quotes: [quote('buy', '59990.00')] }), wish({ quotes: [quote('buy', '59980.00')] })];
    const [first, second] = [new Desk([runWith(live.strategy)]), new Desk([runWith(shadow.strategy)])];
    const seen = documents({ head: { seq: 51 } });
    const [mine, theirs] = [first.takeDocuments(seen), second.takeDocuments(seen)];
    expect([Desk.commands(mine), Desk.commands(theirs)]).toMatchObject([[{ price: 599_900 }], [{ price: 599_800 }]]);
    expect(live.last.bids).toEqual(shadow.last.bids);
  });
});

const move = fc.record({
  mid: fc.integer({ min: 599_000, max: 601_000 }),
  spread: fc.integer({ min: 1, max: 20 }),
  position: fc.integer({ min: -40, max: 40 }),
  close: fc.integer({ min: 58_000, max: 62_000 }),
  cut: fc.boolean(),
});
const parameters = config({
  strategy: { ...config().strategy, macdTrend: { orderSize: '0.020', interval: '1m', fastPeriod: 2, slowPeriod: 3, signalPeriod: 2 } },
}).strategy;
/** Whatever was stored is taken up. */
const resumed = <S>(strategy: Strategy<S>): Strategy<S> => ({ ...strategy, resume: { maxAgeMs: 1, read: (saved) => saved as S } });

test('a state that is written and read between any two turns changes nothing, bit for bit', () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 1, maxLength: 12 }), (moves) => {
      const strategies = () => [
        runWith(resumed(marketMaking(parameters.marketMaking))),
        runWith(resumed({ ...macdTrend(parameters.macdTrend), reads: { bars: '1m' as const } })),
        runWith(new Puppet('counts').strategy),
      ];
      const [straight, broken] = [new Desk(strategies()), new Desk(strategies())];
      const bars: KlinesDoc['bars'] = [];
      for (const [n, { mid, spread, position, close, cut }] of moves.entries()) {
        bars.push([n * 60_000, '60000', '62000', '58000', String(close), '1']);
        const [bid, ask] = [(mid / 10).toFixed(2), ((mid + spread) / 10).toFixed(2)];
        const book = bookDoc({ epoch: 3, seq: 51 + n, bids: [[bid, '1.000']], asks: [[ask, '1.000']] });
        const klines = { epoch: 3, seq: 1, symbol: SYMBOL, interval: '1m', status: 'complete', bars: [...bars] } satisfies KlinesDoc;
        const moment = { docs: { book, klines: { '1m': klines } }, position: (position / 1_000).toFixed(3) };
        if (cut) broken.state = rewritten(broken);
        const [one, two] = [straight.take(moment), broken.take(moment)];
        expect(two.symbols).toEqual(one.symbols);
      }
      expect(plain(broken.state)).toEqual(plain(straight.state));
    }),
    { numRuns: 60 },
  );
});

/** Every seat begins again from the text of its state. */
function rewritten({ state, settings: { runs } }: Desk): Desk['state'] {
  const seats = Object.entries(state.seats).map(([key, one]) => {
    const run = runs.find(({ seats: places }) => places.some((place) => place.key === key));
    const seat = run?.strategy.resume({ text: one.seat.text(), atMs: 0 }, 0);
    if (!seat) throw new Error(`Cannot write and read the state of ${key}`);
    return [key, { ...one, seat }] as const;
  });
  return { ...state, seats: Object.fromEntries(seats) };
}

const anyQuote = fc.record({
  side: fc.constantFrom<'buy' | 'sell'>('buy', 'sell'),
  price: fc.integer({ min: 599_970, max: 600_030 }),
  level: fc.constantFrom(0, 1),
});
const anyWish = fc.record({
  quotes: fc.array(anyQuote, { maxLength: 3 }),
  target: fc.option(fc.integer({ min: -20, max: 20 }), { nil: null }),
});
const wishOf = ({ quotes, target }: typeof anyWish extends fc.Arbitrary<infer W> ? W : never): Wish => {
  const made = quotes.map(({ side, price, level }): WantedQuote => ({ side, price: ticks(price), size: lots(10), level }));
  const [bid, ask] = (['buy', 'sell'] as const).map((one) => made.filter(({ side }) => side === one).map(({ price }) => price));
  const meets = Math.max(0, ...(bid ?? [])) >= Math.min(...(ask ?? []));
  return target === null ? wish({ quotes: meets ? [] : made }) : to((target / 1_000).toFixed(3), 50);
};

test('whatever two runs want, in whatever order the exchange carries it out, no own orders ever meet', () => {
  const round = fc.record({ a: anyWish, b: anyWish, order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }), late: fc.boolean() });
  fc.assert(
    fc.property(fc.array(round, { maxLength: 10 }), (rounds) => {
      const [a, b] = [new Puppet('a'), new Puppet('b')];
      const desk = new Desk([runWith(a.strategy), runWith(b.strategy)]);
      let orders: readonly OrderDoc[] = [];
      let waiting: OrderCommand[] = [];
      const work = (commands: readonly OrderCommand[], order: readonly number[]): void => {
        const shuffled = commands.map((command, n) => ({ command, at: order[n % order.length] ?? 0 })).sort((x, y) => x.at - y.at);
        for (const { command } of shuffled) {
          orders = restingAfter(orders, command);
          const [bids, asks] = (['buy', 'sell'] as const).map((one) =>
            orders.filter(({ side }) => side === one).map(({ price }) => Number(price)),
          );
          expect(Math.max(0, ...(bids ?? []))).toBeLessThan(Math.min(...(asks ?? [])));
        }
      };
      for (const { a: first, b: second, order, late } of rounds) {
        [a.wish, b.wish] = [wishOf(first), wishOf(second)];
        const commands = Desk.commands(desk.take({ orders }));
        const pending = commands.map((command) => ({ command, role: 'custom', sentAt: monoMs(0), visibleFrom: 1_000_000 }));
        if (late) {
          waiting = [...commands];
          desk.state = { ...desk.state, symbols: { [SYMBOL]: { ...desk.state.symbols[SYMBOL]!, pending } } };
          work([...waiting, ...Desk.commands(desk.take({ orders }))], order);
        } else work(commands, order);
        orders = orders.filter(
          ({ clientId }) =>
            !commands.some((command) => command.kind === 'place' && command.timeInForce === 'ioc' && command.clientId === clientId),
        );
        desk.state = { ...desk.state, symbols: { [SYMBOL]: { ...desk.state.symbols[SYMBOL]!, pending: [] } } };
      }
    }),
    { numRuns: 150 },
  );
});
