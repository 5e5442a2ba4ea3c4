/** What single words about an order do to it: amends whose outcome is open, ends that were not the end, sizes that the venue changed. */
import { describe, expect, test } from 'vitest';
import { lots, ticks, wallMs } from '../../../shared/units.ts';
import { at, fill, id, ledger, report, request } from '../../kit/orders.ts';

const SETTLED = { now: at(20_000), asked: true, settled: true } as const;
const row = (book: ReturnType<typeof ledger>) => book.order(id(1));
const doubts = (change: { readonly doubts: readonly { readonly doubt: string }[] }) => change.doubts.map(({ doubt }) => doubt);

function resting(over: Parameters<typeof request>[0] = {}) {
  const book = ledger();
  book.take(request(over), at(1));
  book.report(report({ price: over.price === undefined ? ticks(600_000) : over.price }), { now: at(2) });
  return book;
}

/** An amend to 15 lots that nobody has answered. */
function amending() {
  const book = resting();
  book.amend(id(1), { price: ticks(600_010), size: lots(15), now: at(3) });
  return book;
}

describe('an amend without an answer', () => {
  test('is still open after any word that the order lives, until one that was asked for late enough', () => {
    const book = amending();
    book.move(id(1), { kind: 'timed-out', now: at(4) });
    book.report(report({ atMs: wallMs(1_100) }), { now: at(5) });
    book.report(report({ atMs: wallMs(1_100) }), { now: at(6), asked: true });
    expect(row(book)).toMatchObject({ amendTo: { size: 15 }, order: { status: 'unknown', size: 10 } });
    book.report(report({ atMs: wallMs(1_100) }), SETTLED);
    expect(row(book)).toMatchObject({ amendTo: null, order: { status: 'open', size: 10, price: 600_000 } });
  });

  test.each([
    ['the word amended', { state: 'amended', atMs: wallMs(1_500) }],
    ['an order that stands as it was asked to', { state: 'accepted', atMs: wallMs(1_500) }],
    ['a fill of it as it was asked to stand', { state: 'partially-filled', filled: lots(0), atMs: wallMs(1_500) }],
  ] as const)('is over with %s', (_name, over) => {
    const book = amending();
    book.move(id(1), { kind: 'timed-out', now: at(4) });
    book.report(report({ ...over, price: ticks(600_010), size: lots(15) }), { now: at(5) });
    expect(row(book)).toMatchObject({ amendTo: null, order: { status: 'open', size: 15, price: 600_010 } });
  });

  test('keeps an order alive whose old size was filled, and ends with it when the venue says so', () => {
    const book = amending();
    book.fill(fill({ size: lots(10) }), at(4));
    expect(row(book)).toMatchObject({ amendTo: { size: 15 }, order: { status: 'amending', filled: 10 } });
    book.report(report({ state: 'filled', filled: lots(10), atMs: wallMs(1_200) }), { now: at(5) });
    expect(row(book)).toMatchObject({ amendTo: null, order: { status: 'filled', filled: 10, size: 10 } });
  });

  test('makes the order unknown when a cancel fails meanwhile, and says so', () => {
    const book = amending();
    book.move(id(1), { kind: 'cancel-sent', now: at(4) });
    expect(doubts(book.move(id(1), { kind: 'cancel-failed', now: at(5) }))).toEqual(['amend-open']);
    expect(row(book)).toMatchObject({ amendTo: { size: 15 }, order: { status: 'unknown' } });
  });

  test('is forgotten when it certainly failed, whatever else is under way', () => {
    const book = amending();
    book.move(id(1), { kind: 'cancel-sent', now: at(4) });
    book.move(id(1), { kind: 'amend-failed', now: at(5) });
    expect(row(book)).toMatchObject({ amendTo: null, order: { status: 'canceling' } });
  });
});

test.each([
  ['by the stream', false],
  ['by its reply', true],
])('an amend that was answered, told once more %s, is not the answer to the next one', (_name, amended) => {
  const book = resting();
  const first = report({ state: 'amended', size: lots(16), atMs: wallMs(1_400) });
  book.amend(id(1), { price: ticks(600_000), size: lots(16), now: at(3) });
  book.report(first, { now: at(4), amended: !amended });
  book.amend(id(1), { price: ticks(600_000), size: lots(50), now: at(5) });
  book.report(first, { now: at(6), amended });
  expect(row(book)).toMatchObject({ amendTo: { size: 50 }, order: { status: 'amending', size: 16 } });
  book.report(report({ state: 'amended', size: lots(50), atMs: wallMs(1_400) }), { now: at(7) });
  expect(row(book)).toMatchObject({ amendTo: null, order: { status: 'open', size: 50 } });
});

test('of two words of the same millisecond the amend is the newer, and what has more filled', () => {
  const book = amending();
  book.report(report({ state: 'amended', price: ticks(600_010), size: lots(15), atMs: wallMs(1_500) }), { now: at(4) });
  book.report(report({ state: 'partially-filled', atMs: wallMs(1_500) }), { now: at(5) });
  expect(row(book)?.order).toMatchObject({ price: 600_010, size: 15 });
  book.report(report({ state: 'partially-filled', price: ticks(600_020), size: lots(16), filled: lots(2), atMs: wallMs(1_500) }), {
    now: at(6),
  });
  expect(row(book)?.order).toMatchObject({ price: 600_020, size: 16 });
});

test.each([
  ['limit', { kind: 'limit', price: ticks(600_000) }],
  ['market', { kind: 'market', price: null, timeInForce: 'ioc' }],
] as const)('a reduce-only %s order that the venue shrank ends with the fills of the smaller size', (_name, over) => {
  const book = ledger();
  book.take(request({ ...over, reduceOnly: true }), at(1));
  book.fill(fill({ size: lots(6) }), at(2));
  book.report(report({ price: over.price, state: 'filled', size: lots(6), filled: lots(6), reduceOnly: true }), { now: at(3) });
  expect(row(book)?.order).toMatchObject({ status: 'filled', size: 6, filled: 6 });
});

describe('an end', () => {
  test.each([
    ['within what the venue said was filled', 4, []],
    ['beyond it', 0, ['fill-after-end']],
  ])('of a cancel takes a late fill %s', (_name, stated, wanted) => {
    const book = resting();
    book.report(report({ state: 'canceled', filled: lots(stated), atMs: wallMs(1_100) }), { now: at(3) });
    expect(doubts(book.fill(fill({ size: lots(4) }), at(4)))).toEqual(wanted);
    expect(row(book)?.order).toMatchObject({ status: 'canceled', filled: 4 });
  });

  test.each([
    ['that it rests', 'rejected', report(), { status: 'open' }],
    ['that it rests', 'canceled', report(), { status: 'open' }],
    ['that it was cancelled', 'rejected', report({ state: 'canceled' }), { status: 'canceled' }],
  ] as const)('is contradicted by an answer %s to a question about it (%s)', (_name, kind, word, wanted) => {
    const book = ledger();
    book.take(request(), at(1));
    book.move(id(1), { kind: 'timed-out', now: at(2) });
    book.move(id(1), { kind, reason: 'not-found', now: at(3) });
    expect(doubts(book.report(word, { now: at(4) }))).toEqual(kind === 'rejected' ? ['illegal-move'] : []);
    expect(row(book)).toMatchObject({ reason: 'not-found', order: { status: kind } });
    book.report(word, { now: at(5), asked: true });
    expect(row(book)).toMatchObject({ reason: '', order: wanted });
  });

  test('that was told by another name is no contradiction', () => {
    const book = resting();
    book.report(report({ state: 'canceled', atMs: wallMs(1_100) }), { now: at(3) });
    const change = book.report(report({ state: 'expired', atMs: wallMs(1_100) }), { now: at(4), asked: true });
    expect([change.orders, row(book)?.order.status]).toEqual([[], 'canceled']);
  });
});

test('a word that changes nothing is not written again', () => {
  const book = resting();
  expect(book.report(report(), { now: at(3) }).orders).toEqual([]);
  expect(book.touchedAt(id(1))).toBe(3);
});

test('believeFilled() takes the word of the venue for the order, and leaves the position to the trades', () => {
  const book = resting();
  book.report(report({ state: 'filled', filled: lots(10), atMs: wallMs(1_100) }), { now: at(3) });
  expect(row(book)?.order).toMatchObject({ status: 'open', filled: 0 });
  expect(book.believeFilled(id(1), at(4)).orders).toMatchObject([{ order: { status: 'filled', filled: 10 } }]);
  expect(book.positions.row('BTCUSDT')).toMatchObject({ size: 0, fills: 0 });
});
