import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ledger } from '../../../gateway/account/ledger.ts';
import { decodeUser } from '../../../gateway/venues/binance/decode.ts';
import type { AccountEvent, FillReport, OrderReport } from '../../../shared/events.ts';
import { atoms, formatAtoms, lots, ticks, wallMs } from '../../../shared/units.ts';
import { recorded } from '../../kit/data.ts';
import { at, fill, id, instrument, ledger, NO_ARCHIVE, position, report, request } from '../../kit/orders.ts';

const apply = (book: ReturnType<typeof ledger>, event: AccountEvent): void => {
  if (event.kind === 'order') book.report(event, { now: at(10) });
  if (event.kind === 'fill') book.fill(event, at(10));
  if (event.kind === 'position') book.position(event, at(10));
};

/** What must not depend on the order of arrival. */
const stateOf = (book: ReturnType<typeof ledger>) => {
  const { size, cost, realized, fees, volume, fills } = book.positions.row('BTCUSDT');
  const orders = book.orders().map(({ clientId, order, reason, statedFilled }) => ({
    clientId,
    reason,
    statedFilled,
    order: { ...order, trades: [...order.trades].sort() },
  }));
  return { position: { size, cost, realized, fees, volume, fills }, orders: orders.sort((a, b) => a.clientId.localeCompare(b.clientId)) };
};

test('take() holds the order as sent before anything is told', () => {
  const book = ledger();
  expect(book.take(request(), at(1)).orders).toMatchObject([
    { clientId: id(1), role: 'quote', order: { status: 'sent', size: 10, filled: 0 } },
  ]);
});

describe('fill()', () => {
  test('counts a fast notice once and takes fee and profit from the later word', () => {
    const book = ledger();
    book.take(request(), at(1));
    book.fill(fill({ fee: null, feeAsset: null, realizedPnl: null }), at(2));
    const change = book.fill(fill({ fee: atoms(7n), realizedPnl: atoms(3n) }), at(3));
    expect(change).toMatchObject({ newFills: [], fills: [{ n: 1, fee: 7n, realizedPnl: 3n }] });
    book.fill(fill({ fee: atoms(7n) }), at(4));
    expect(book.positions.row('BTCUSDT')).toMatchObject({ size: 4, fees: { USDT: 7n }, fills: 1 });
  });

  test('books a fill of an order we never sent, and says so', () => {
    const book = ledger();
    const change = book.fill(fill({ clientId: 'autoclose-1', side: 'sell' }), at(1));
    expect(book.positions.row('BTCUSDT').size).toBe(-4);
    expect(change.doubts).toEqual([{ symbol: 'BTCUSDT', clientId: 'autoclose-1', doubt: 'foreign-fill' }]);
  });

  test('numbers fills without holes, echoes or not', () => {
    const book = ledger();
    const numbers = ['7', '8', '7', '9', '8'].flatMap((tradeId) => book.fill(fill({ tradeId }), at(1)).newFills.map(({ n }) => n));
    expect(numbers).toEqual([1, 2, 3]);
  });

  test('gives a trade read by REST to the order whose venue id is learned later', () => {
    const book = ledger();
    book.take(request(), at(1));
    book.move(id(1), { kind: 'timed-out', now: at(2) });
    book.fill(fill({ clientId: '', size: lots(10) }), at(3));
    expect(book.looseFills({ symbol: 'BTCUSDT', side: 'buy', sinceMs: 0 })).toHaveLength(1);
    book.report(report({ state: 'filled', filled: lots(10) }), { now: at(4) });
    expect(book.order(id(1))?.order).toMatchObject({ status: 'filled', filled: 10 });
    expect(book.positions.row('BTCUSDT').size).toBe(10);
    expect(book.looseFills({ symbol: 'BTCUSDT', side: 'buy', sinceMs: 0 })).toHaveLength(0);
  });

  test('passes over what the adopted baseline already holds', () => {
    const instruments = new Map([['BTCUSDT', instrument()]]);
    const book = new Ledger({ instruments, archive: NO_ARCHIVE, state: { orders: [], positions: [], fillSeq: 0, loose: [] } });
    book.adoptBaseline({ report: position({ size: lots(3), entryPrice: '60000' }), sinceTradeId: '99', now: at(1) });
    for (const tradeId of ['9', '99', '100']) book.fill(fill({ tradeId }), at(1));
    expect(book.positions.row('BTCUSDT')).toMatchObject({ baseline: 3, size: 7, fills: 1 });
  });
});

describe('report()', () => {
  test('counts the amends of an order it took in, and none of one that it found: nobody knows how many there were', () => {
    const book = ledger();
    book.take(request(), at(1));
    book.report(report(), { now: at(2) });
    for (const n of [1, 2]) {
      book.amend(id(1), { price: ticks(600_000 + n), size: lots(10), now: at(3) });
      book.move(id(1), { kind: 'amend-failed', now: at(4) });
    }
    book.report(report({ clientId: id(7), venueId: 'v7' }), { now: at(5) });
    book.amend(id(7), { price: ticks(600_010), size: lots(10), now: at(6) });
    expect([book.order(id(1))?.amends, book.order(id(7))?.amends]).toEqual([2, undefined]);
  });

  test('keeps the price of an amend when an older statement comes late', () => {
    const book = ledger();
    book.take(request(), at(1));
    book.report(report(), { now: at(2) });
    book.amend(id(1), { price: ticks(600_010), size: lots(10), now: at(3) });
    book.report(report({ state: 'amended', price: ticks(600_010), atMs: wallMs(1_500) }), { now: at(4) });
    book.report(report({ atMs: wallMs(1_000) }), { now: at(5) });
    expect(book.order(id(1))).toMatchObject({ amendTo: null, order: { status: 'open', price: 600_010 } });
  });

  test('waits for the fills of an order that is told filled', () => {
    const book = ledger();
    book.take(request(), at(1));
    const change = book.report(report({ state: 'filled', filled: lots(10) }), { now: at(2) });
    expect(change.doubts.map(({ doubt }) => doubt)).toEqual(['fill-missing']);
    expect(book.order(id(1))?.order.status).toBe('open');
  });

  test('takes over a reduce-only order that the venue shrank', () => {
    const book = ledger();
    book.take(request({ reduceOnly: true }), at(1));
    book.report(report({ size: lots(6), atMs: wallMs(2_000) }), { now: at(2) });
    expect(book.order(id(1))?.order.size).toBe(6);
  });

  test('adopts an order of ours that it does not hold, and shows a foreign one without keeping it', () => {
    const book = ledger();
    book.report(report({ clientId: id(9) }), { now: at(1) });
    book.report(report({ clientId: 'web_1', venueId: 'v2' }), { now: at(1) });
    expect(book.openOrders().map(({ clientId }) => clientId)).toEqual([id(9)]);
    expect(book.foreignOrders().map(({ role }) => role)).toEqual(['foreign']);
    book.report(report({ clientId: 'web_1', venueId: 'v2', state: 'canceled' }), { now: at(2) });
    expect(book.foreignOrders()).toEqual([]);
  });
});

test('correct() books a difference openly, and baseline plus fills stays the position', () => {
  const book = ledger({ baseline: 5 });
  book.fill(fill({ size: lots(4) }), at(1));
  const change = book.correct(position({ size: lots(2), entryPrice: '59000.5' }), { reason: 'no-fill-explains-it', now: at(2) });
  expect(change.corrections).toMatchObject([{ from: 9, to: 2, reason: 'no-fill-explains-it' }]);
  expect(book.positions.row('BTCUSDT')).toMatchObject({ size: 2, baseline: -2 });
});

test('positions.range() spans ledger and venue until they agree', () => {
  const book = ledger();
  book.position(position({ size: lots(7), entryPrice: '60000' }), at(1));
  expect(book.positions.range('BTCUSDT')).toEqual({ low: 0, high: 7 });
  expect(book.positions.differsSince('BTCUSDT')).toBe(1);
  book.fill(fill({ size: lots(7) }), at(2));
  expect(book.positions.range('BTCUSDT')).toEqual({ low: 7, high: 7 });
  expect(book.positions.differsSince('BTCUSDT')).toBeNull();
});

test('prune() forgets orders a minute after their end, and nothing that lives', () => {
  const book = ledger();
  book.take(request(), at(1));
  book.take(request({ clientId: id(2) }), at(1));
  book.report(report({ clientId: id(2), venueId: 'v2', state: 'canceled' }), { now: at(2) });
  book.prune(at(59_000).mono);
  expect(book.orders()).toHaveLength(2);
  book.prune(at(70_000).mono);
  expect(book.orders().map(({ clientId }) => clientId)).toEqual([id(1)]);
});

/** A history of three orders as the venue lives it; replies, stream and reconcile tell parts of it, repeatedly and out of order. */
const history = fc
  .record({
    sides: fc.array(fc.constantFrom('buy' as const, 'sell' as const), { minLength: 3, maxLength: 3 }),
    fills: fc.array(
      fc.record({ order: fc.nat({ max: 2 }), size: fc.integer({ min: 1, max: 4 }), price: fc.integer({ min: 590_000, max: 610_000 }) }),
      { maxLength: 7 },
    ),
    ends: fc.array(fc.constantFrom('canceled' as const, 'expired' as const, null), { minLength: 3, maxLength: 3 }),
  })
  .map(({ sides, fills, ends }) => {
    const left = [10, 10, 10];
    const filled = [0, 0, 0];
    const events: AccountEvent[] = sides.map(
      (side, i): OrderReport => report({ clientId: id(i), venueId: `v${i}`, side, atMs: wallMs(1_000) }),
    );
    for (const [i, one] of fills.entries()) {
      const size = Math.min(one.size, left[one.order] ?? 0);
      if (size === 0) continue;
      left[one.order] = (left[one.order] ?? 0) - size;
      filled[one.order] = (filled[one.order] ?? 0) + size;
      const common = {
        clientId: id(one.order),
        venueId: `v${one.order}`,
        side: sides[one.order] ?? 'buy',
        atMs: wallMs(1_100 + i),
      } as const;
      const whole: FillReport = fill({
        ...common,
        tradeId: String(500 + i),
        price: ticks(one.price),
        size: lots(size),
        fee: atoms(BigInt(i + 1)),
      });
      events.push({ ...whole, fee: null, feeAsset: null, realizedPnl: null }, whole, { ...whole, clientId: '' });
      events.push(
        report({ ...common, state: left[one.order] === 0 ? 'filled' : 'partially-filled', filled: lots(filled[one.order] ?? 0) }),
      );
    }
    for (const [i, end] of ends.entries())
      if (end !== null && (left[i] ?? 0) > 0)
        events.push(
          report({
            clientId: id(i),
            venueId: `v${i}`,
            side: sides[i] ?? 'buy',
            state: end,
            filled: lots(filled[i] ?? 0),
            atMs: wallMs(2_000),
          }),
        );
    return { sides, events };
  });

test('any order and any repetition of what reply, stream and reconcile tell gives the same ledger', () => {
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.nat()), fc.nat({ max: 10 }), ({ sides, events }, random, baseline) => {
      const build = (told: readonly AccountEvent[]) => {
        const book = ledger({ baseline });
        for (const [i, side] of sides.entries()) book.take(request({ clientId: id(i), side }), at(1));
        for (const event of told) apply(book, event);
        return book;
      };
      const keyed = [...events, ...events].map((event) => ({ event, key: random.next().value }));
      const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ event }) => event);
      const [straight, mixed] = [build(events), build(shuffled)];
      expect(stateOf(mixed)).toEqual(stateOf(straight));
      const distinct = new Map(events.flatMap((event) => (event.kind === 'fill' ? [[event.tradeId, event] as const] : [])));
      const sum = [...distinct.values()].reduce((total, { side, size }) => total + (side === 'buy' ? size : -size), baseline);
      expect(mixed.positions.row('BTCUSDT').size).toBe(sum);
      expect(mixed.fillSeq).toBe(distinct.size);
    }),
    { numRuns: 300 },
  );
});

const OPEN_CLOSE = recorded('userdata/binance-usdm_BTCUSDT_2024-11-18_open-close.jsonl');

test.runIf(OPEN_CLOSE !== null)('real events of one round trip lead to the recorded positions and profit', () => {
  const book = ledger();
  const instruments = new Map([['BTCUSDT', instrument()]]);
  const lines = readFileSync(OPEN_CLOSE ?? '', 'utf8')
    .trim()
    .split('\n');
  for (const line of lines) {
    const { event } = JSON.parse(line) as { event: unknown };
    const decoded = decodeUser(JSON.stringify(event), instruments);
    for (const each of eventsOf(decoded)) {
      apply(book, each);
      if (each.kind === 'position') expect(book.positions.row('BTCUSDT').size).toBe(each.size); // the fast notice came before
    }
  }
  const { size, realized, fees, fills } = book.positions.row('BTCUSDT');
  expect({ size, fills, realized: formatAtoms(realized), fees: formatAtoms(fees['USDT'] ?? atoms(0n)) }).toEqual({
    size: 0,
    fills: 2,
    realized: '-1.7734',
    fees: '0.1825931',
  });
});

function eventsOf(decoded: ReturnType<typeof decodeUser>): readonly AccountEvent[] {
  return 'events' in decoded ? decoded.events : [];
}
