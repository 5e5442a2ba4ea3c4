/** Entry price and profit of the venue against those from our fills, and holdings that survive a restart in parts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RunningPosition, FLAT, type Trade } from '../../../gateway/account/position.ts';
import { Positions } from '../../../gateway/account/positions.ts';
import type { BookedFill, PositionRow } from '../../../gateway/account/rows.ts';
import { atoms, lots, monoMs, ticks, wallMs } from '../../../shared/units.ts';
import { at, fill, instrument, ledger, position } from '../../kit/orders.ts';

/** 4 bought at 60000, told by both. */
function held() {
  const book = ledger();
  book.positions.compareMoney(true);
  book.fill(fill({ atMs: wallMs(1_000) }), at(1));
  book.position(position({ size: lots(4), entryPrice: '60000', realized: atoms(500n), atMs: wallMs(1_000) }), at(2));
  return book;
}
const what = (book: ReturnType<typeof ledger>) => book.positions.difference('BTCUSDT')?.what ?? null;
const SELL = fill({ tradeId: '101', side: 'sell', size: lots(1), price: ticks(600_100), atMs: wallMs(2_000) });
const told = (over: { readonly entryPrice?: string; readonly realized?: bigint; readonly atMs?: number; readonly size?: number }) =>
  position({
    ...{ size: lots(over.size ?? 3), entryPrice: over.entryPrice ?? '60000', atMs: wallMs(over.atMs ?? 2_000) },
    realized: atoms(over.realized ?? 1_000_500n), // one lot of a thousandth, 10 dearer: 0.01
  });

describe('difference()', () => {
  test.each([
    ['agrees', {}, null],
    ['agrees within rounding', { entryPrice: '60000.4', realized: 1_010_500n }, null],
    ['has another size', { size: 2 }, 'size'],
    ['has another entry price', { entryPrice: '60001' }, 'entry-price'],
    ['has realized something else', { realized: 900_000n }, 'realized'],
    ['speaks of a moment before our newest fill', { realized: 900_000n, atMs: 1_999 }, null],
    ['has begun to count anew', { realized: 0n }, null],
  ] as const)('of a venue that %s', (_name, over, wanted) => {
    const book = held();
    book.fill(SELL, at(3));
    book.position(told(over), at(4));
    expect(what(book)).toBe(wanted);
  });

  test('looks at no money while fills may be missing, and begins anew after that', () => {
    const book = held();
    book.positions.compareMoney(false);
    book.fill(SELL, at(3));
    book.position(told({ realized: 900_000n }), at(4));
    expect(what(book)).toBeNull();
    book.positions.compareMoney(true);
    book.position(told({ realized: 900_000n, atMs: 2_001 }), at(5));
    expect(what(book)).toBeNull();
  });
});

test.each([
  ['entry-price', { entryPrice: '60001' }, { kind: 'entry-price', fromText: '60000', toText: '60001' }],
  ['realized', { realized: 900_500n }, { kind: 'realized', fromText: '0.01', toText: '0.009' }],
] as const)('correctMoney() takes over the %s in the open, and both agree from there on', (kind, over, wanted) => {
  const book = held();
  book.fill(SELL, at(3));
  book.position(told(over), at(4));
  const change = book.correctMoney('BTCUSDT', { what: kind, now: at(5) });
  expect(change.corrections).toMatchObject([{ ...wanted, symbol: 'BTCUSDT', reason: 'fills-lead-elsewhere' }]);
  expect([change.positions.length, what(book)]).toEqual([1, null]);
});

const trade = fc.record({
  tradeId: fc.integer({ min: 1, max: 1_000_000 }).map(String),
  side: fc.constantFrom('buy' as const, 'sell' as const),
  price: fc.integer({ min: 590_000, max: 610_000 }).map(ticks),
  size: fc.integer({ min: 1, max: 40 }).map(lots),
  atMs: fc.integer({ min: 0, max: 50 }),
});
const trades = fc.uniqueArray(trade, { selector: ({ tradeId }) => tradeId, minLength: 2, maxLength: 60 });

test('a position taken up from its parts after any fill books later ones, late ones too, as if it had never stopped', () => {
  fc.assert(
    fc.property(trades, fc.nat(), (all: readonly Trade[], cut) => {
      const [whole, before] = [
        new RunningPosition(instrument(), { base: FLAT, tail: [] }),
        new RunningPosition(instrument(), { base: FLAT, tail: [] }),
      ];
      const stop = cut % all.length;
      for (const each of all) whole.add(each);
      for (const each of all.slice(0, stop)) before.add(each);
      const after = new RunningPosition(instrument(), before.parts);
      for (const each of all.slice(stop)) after.add(each);
      expect(after.holding).toEqual(whole.holding);
    }),
  );
});

test('a row whose newest trades are not to be had stands for itself', () => {
  const instruments = new Map([['BTCUSDT', instrument()]]);
  const kept = new Map<string, BookedFill>();
  const archive = { findFill: ({ tradeId }: { readonly tradeId: string }) => kept.get(tradeId) ?? null };
  const open = (rows: readonly PositionRow[]) => new Positions({ instruments, rows, archive });
  const first = open([]);
  first.adopt({ report: position(), sinceTradeId: null, now: { mono: monoMs(0), wall: wallMs(0) } });
  const early: BookedFill = { ...fill({ tradeId: '5', side: 'sell', price: ticks(600_100), atMs: wallMs(900) }), n: 2 };
  const late: BookedFill = { ...fill({ tradeId: '9', atMs: wallMs(1_000) }), n: 1 };
  const row = first.add(late, monoMs(1));
  kept.set('9', late);
  const rows = row ? [row] : [];
  expect(open(rows).add(early, monoMs(2))).toMatchObject({ size: 0, realized: 4_000_000n }); // sold first, bought back
  kept.clear();
  expect(open(rows).add(early, monoMs(2))).toMatchObject({ size: 0, realized: 4_000_000n });
});
