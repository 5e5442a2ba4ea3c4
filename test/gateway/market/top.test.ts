import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Books, type DepthFrame } from '../../../gateway/market/books.ts';
import { type Best, bestLevels, type BestPrices, topUpdateId } from '../../../gateway/market/top.ts';
import { DepthRule } from '../../../gateway/venues/binance/depth.ts';
import { lots, monoMs, ticks } from '../../../shared/units.ts';

type Sides = { readonly bids: ReadonlyMap<number, number>; readonly asks: ReadonlyMap<number, number> };
type Change = { readonly side: 'bids' | 'asks'; readonly price: number; readonly size: number };
/** The engine's book after each of its updates; update 100 + n is the n-th. */
type Engine = readonly Sides[];
const FIRST_ID = 100;

const best = (price: number, size: number): Best => ({ price: ticks(price), size: lots(size) });
const sorted = (side: ReadonlyMap<number, number>, sign: 1 | -1): [number, number][] => [...side].sort((a, b) => sign * (a[0] - b[0]));

/** Changes that would cross or empty the book are left out, as by an engine that matches. */
function engineOf(changes: readonly Change[]): Engine {
  const states: Sides[] = [{ bids: new Map([[48, 1]]), asks: new Map([[53, 1]]) }];
  for (const { side, price, size } of changes) {
    const last = states.at(-1);
    if (!last) throw new Error('There is a first state');
    const next = { bids: new Map(last.bids), asks: new Map(last.asks) };
    if (size === 0) next[side].delete(price);
    else next[side].set(price, size);
    const sound = next.bids.size > 0 && next.asks.size > 0 && Math.max(...next.bids.keys()) < Math.min(...next.asks.keys());
    states.push(sound ? next : last);
  }
  return states;
}

function bestAt(engine: Engine, index: number): BestPrices {
  const [bid, ask] = [sorted(engine[index]?.bids ?? new Map(), -1)[0], sorted(engine[index]?.asks ?? new Map(), 1)[0]];
  return { updateId: FIRST_ID + index, bid: best(bid?.[0] ?? 0, bid?.[1] ?? 0), ask: best(ask?.[0] ?? 0, ask?.[1] ?? 0) };
}

/** What changed between two updates, and only that: a level that came and went in between is not in it. */
function frameOf(engine: Engine, from: number, to: number): DepthFrame {
  const changed = (side: 'bids' | 'asks'): number[] => {
    const [a, b] = [engine[from]?.[side] ?? new Map(), engine[to]?.[side] ?? new Map()];
    return [...new Set([...a.keys(), ...b.keys()])]
      .filter((price) => a.get(price) !== b.get(price))
      .flatMap((price) => [price, b.get(price) ?? 0]);
  };
  const ids = { firstId: FIRST_ID + from + 1, lastId: FIRST_ID + to, previousId: FIRST_ID + from };
  return { symbol: 'S', ...ids, exchangeMs: to, bids: changed('bids'), asks: changed('asks') };
}

function liveBooks(engine: Engine) {
  const books = new Books({
    symbols: ['S'],
    rule: () => new DepthRule(),
    staleMs: 1_000_000,
    port: { fetchSnapshot: () => {}, onLive: () => {}, onTop: () => {}, retryMs: () => 0 },
  });
  const rows = (side: ReadonlyMap<number, number>): number[] => [...side].flat();
  const first = engine[0];
  if (!first) throw new Error('There is a first state');
  books.load(
    'S',
    { lastUpdateId: FIRST_ID, exchangeMs: 0, bids: rows(first.bids), asks: rows(first.asks), knownFrom: null, knownTo: null },
    monoMs(0),
  );
  books.frame({ symbol: 'S', firstId: FIRST_ID, lastId: FIRST_ID, previousId: FIRST_ID - 1, exchangeMs: 0, bids: [], asks: [] }, monoMs(0));
  return books;
}

const change: fc.Arbitrary<Change> = fc.record({
  side: fc.constantFrom('bids', 'asks'),
  price: fc.integer({ min: 44, max: 57 }),
  size: fc.integer({ min: 0, max: 3 }),
});

describe('Books.best()', () => {
  test('is never wrong: the book is the engine at its update id, the best prices are the engine at theirs', () => {
    let ahead = 0;
    const property = fc.property(
      fc.array(change, { minLength: 5, maxLength: 60 }),
      fc.array(fc.record({ step: fc.integer({ min: 1, max: 6 }), told: fc.array(fc.nat(70), { maxLength: 4 }) }), {
        minLength: 3,
        maxLength: 20,
      }),
      (changes, turns) => {
        const engine = engineOf(changes);
        const books = liveBooks(engine);
        let at = 0;
        for (const { step, told } of turns) {
          for (const index of told) {
            books.best('S', bestAt(engine, Math.min(index, engine.length - 1)), monoMs(at)); // early, late, doubled, in any order
            ahead += expectTrue(books, engine);
          }
          const to = Math.min(engine.length - 1, at + step);
          if (to > at) books.frame(frameOf(engine, at, to), monoMs(at));
          at = to;
          expectTrue(books, engine);
        }
        expect(books.counters('S')).toMatchObject({ gaps: 0 });
      },
    );
    fc.assert(property, { numRuns: 400 });
    expect(ahead).toBeGreaterThan(500); // else the property would hold of one that never believes
  });

  /** One when the best prices are ahead of the book. */
  function expectTrue(books: Books, engine: Engine): number {
    const view = books.view('S');
    expect(view.status).toBe('live');
    const exact = engine[view.lastUpdateId - FIRST_ID];
    const top = bestAt(engine, topUpdateId(view) - FIRST_ID);
    for (const [side, sign] of [
      ['bids', -1],
      ['asks', 1],
    ] as const) {
      expect(bestLevels({ book: view.book, top: null }, side, 99)).toEqual(sorted(exact?.[side] ?? new Map(), sign));
      const shown = bestLevels(view, side, 99);
      const first = side === 'bids' ? top.bid : top.ask;
      expect(shown[0]).toEqual([first.price, first.size]);
      expect(shown.every(([price], n) => n === 0 || sign * price > sign * (shown[n - 1]?.[0] ?? 0))).toBe(true);
    }
    return topUpdateId(view) > view.lastUpdateId ? 1 : 0;
  }

  const engine = engineOf([
    { side: 'bids', price: 49, size: 2 },
    { side: 'bids', price: 50, size: 3 },
  ]);

  test.each([
    ['crossed', { bid: best(53, 1), ask: best(53, 1) }],
    ['empty', { bid: best(50, 0), ask: best(53, 1) }],
    ['of the same moment', { updateId: FIRST_ID }],
    ['of an earlier moment', { updateId: FIRST_ID - 1 }],
  ])('leaves best prices that are %s', (_name, over) => {
    const books = liveBooks(engine);
    books.best('S', { ...bestAt(engine, 2), ...over }, monoMs(1));
    expect(books.view('S').top).toBeNull();
  });

  test('forgets them with the book, and believes none while it is not live', () => {
    const books = liveBooks(engine);
    books.best('S', bestAt(engine, 2), monoMs(1));
    expect(books.view('S').top).toMatchObject({ updateId: 102, bid: { price: 50, size: 3 } });
    books.lost('disconnected');
    books.best('S', bestAt(engine, 2), monoMs(1));
    expect(books.view('S').top).toBeNull();
  });
});

test('bestLevels() drops what is better than the best, and shows so many', () => {
  const books = liveBooks([
    {
      bids: new Map([
        [48, 1],
        [47, 2],
        [46, 3],
        [45, 4],
      ]),
      asks: new Map([
        [53, 1],
        [54, 2],
      ]),
    },
  ]);
  books.best('S', { updateId: 105, bid: best(46, 9), ask: best(52, 8) }, monoMs(1));
  const view = books.view('S');
  expect(bestLevels(view, 'bids', 2)).toEqual([
    [46, 9],
    [45, 4],
  ]);
  expect(bestLevels(view, 'asks', 2)).toEqual([
    [52, 8],
    [53, 1],
  ]);
});
