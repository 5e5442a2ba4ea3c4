import { expect, test } from 'vitest';
import { Books, type DepthFrame, type DepthSnapshot } from '../../../gateway/market/books.ts';
import { DepthRule } from '../../../gateway/venues/binance/depth.ts';
import { monoMs, ticks } from '../../../shared/units.ts';

const SNAPSHOT: DepthSnapshot = {
  lastUpdateId: 10,
  exchangeMs: 5,
  bids: [99, 1, 98, 2],
  asks: [101, 1, 102, 2],
  knownFrom: ticks(98),
  knownTo: null,
};
const frame = (lastId: number, over: Partial<DepthFrame> = {}): DepthFrame => ({
  symbol: 'A',
  firstId: lastId,
  lastId,
  previousId: lastId - 1,
  exchangeMs: lastId,
  bids: [],
  asks: [],
  ...over,
});

function kept() {
  const asked: string[] = [];
  const told: string[] = [];
  const tops: string[] = [];
  const books = new Books({
    symbols: ['A', 'B'],
    rule: () => new DepthRule(),
    staleMs: 1_000,
    lagMsMax: 500,
    port: {
      fetchSnapshot: (symbol, delayMs) => asked.push(`${symbol}+${delayMs}`),
      onLive: (symbol, live, reason) => told.push(`${symbol} ${live ? 'live' : reason}`),
      onTop: (symbol) => tops.push(symbol),
      retryMs: (failures) => failures * 100,
    },
  });
  const comeLive = (symbol: string): void => {
    books.frame(frame(10, { symbol }), monoMs(0));
    books.load(symbol, SNAPSHOT, monoMs(0));
  };
  return { books, asked, told, tops, comeLive };
}

test('buffers, asks once, and is live only when the snapshot is anchored', () => {
  const { books, asked, told } = kept();
  books.frame(frame(8), monoMs(0));
  books.frame(frame(9), monoMs(0));
  expect([asked, books.view('A').status]).toEqual([['A+0'], 'syncing']);
  books.load('A', SNAPSHOT, monoMs(1)); // ahead of the stream: wait
  expect([books.view('A').status, told]).toEqual(['syncing', []]);
  books.frame(frame(10, { bids: [99, 7] }), monoMs(2));
  expect(told).toEqual(['A live']);
  expect(books.view('A')).toMatchObject({
    status: 'live',
    reason: '',
    lastUpdateId: 10,
    exchangeMs: 10,
    receivedAt: 2,
    knownFrom: 98,
    knownTo: null,
  });
  expect(books.view('A').book.bids.sizeAt(0)).toBe(7);
  expect(books.counters('A')).toEqual({ messages: 3, applied: 1, dropped: 2, gaps: 0, gapsUnresolved: 0, resyncs: 0 });
});

test('a gap is told at once, concerns no other symbol, and is mended by one snapshot', () => {
  const { books, asked, told, comeLive } = kept();
  comeLive('A');
  comeLive('B');
  books.frame(frame(12), monoMs(1));
  expect(told).toEqual(['A live', 'B live', 'A gap']);
  expect([books.view('A').status, books.view('B').status]).toEqual(['syncing', 'live']);
  books.frame(frame(13), monoMs(2));
  expect(asked).toEqual(['A+0', 'B+0', 'A+0']);
  expect(books.counters('A')).toMatchObject({ gaps: 1, gapsUnresolved: 1 });
  books.load('A', { ...SNAPSHOT, lastUpdateId: 13 }, monoMs(3));
  expect(told.at(-1)).toBe('A live');
  expect(books.counters('A')).toMatchObject({ gaps: 1, gapsUnresolved: 0, resyncs: 1 });
});

test('a snapshot that is too old, or fails, is asked for again, later and later', () => {
  const { books, asked } = kept();
  books.frame(frame(20), monoMs(0));
  books.load('A', SNAPSHOT, monoMs(0));
  books.snapshotFailed('A');
  books.load('A', { ...SNAPSHOT, lastUpdateId: 20 }, monoMs(0));
  expect(asked).toEqual(['A+0', 'A+100', 'A+200']);
  expect(books.view('A').status).toBe('live');
});

test.each([
  ['crossed', { bids: [101, 5] }],
  ['empty', { asks: [101, 0, 102, 0] }],
])('a %s book is not live, and is built anew', (reason, change) => {
  const { books, asked, told, comeLive } = kept();
  comeLive('A');
  books.frame(frame(11, change), monoMs(1));
  expect(told.at(-1)).toBe(`A ${reason}`);
  expect(asked).toHaveLength(2);
  books.load('A', { ...SNAPSHOT, lastUpdateId: 12 }, monoMs(2));
  books.frame(frame(12), monoMs(3));
  expect(told.at(-1)).toBe('A live');
});

test('a message that cannot be read takes its book down, and one of nobody takes all down', () => {
  const { books, told, comeLive } = kept();
  comeLive('A');
  comeLive('B');
  books.refused('A');
  expect(told.slice(2)).toEqual(['A unreadable']);
  books.refused(null);
  expect(told.slice(3)).toEqual(['B unreadable']);
  expect(books.counters('A')).toMatchObject({ messages: 2, applied: 1, dropped: 1, gaps: 2 });
});

test('silence makes a book stale and asks for one snapshot; the next frame of the chain brings it back before that', () => {
  const { books, asked, told, comeLive } = kept();
  comeLive('A');
  books.tick(monoMs(1_000));
  expect(told).toEqual(['A live']);
  books.tick(monoMs(1_001));
  books.tick(monoMs(1_002));
  expect([told.at(-1), books.view('A').status, asked]).toEqual(['A silent', 'syncing', ['A+0', 'A+0']]);
  books.frame(frame(11), monoMs(1_100));
  expect([told.at(-1), books.counters('A').resyncs]).toEqual(['A live', 0]);
  books.load('A', { ...SNAPSHOT, lastUpdateId: 12, bids: [50, 1] }, monoMs(1_200)); // not asked any more
  expect([books.view('A').status, books.view('A').book.bestBid]).toEqual(['live', 99]);
});

test.each([
  ['shows that nothing happened', {}, 'live'],
  ['shows that nothing happened, at a later id', { lastUpdateId: 40 }, 'live'],
  ['tells another size', { bids: [99, 2, 98, 2] }, 'syncing'],
  ['tells one level more', { asks: [101, 1, 102, 2, 103, 1] }, 'syncing'],
  ['tells one level less', { asks: [101, 1] }, 'syncing'],
  ['was made before the newest change', { lastUpdateId: 9 }, 'syncing'],
  ['differs only where it does not reach', { bids: [99, 1], knownFrom: ticks(99) }, 'live'],
])('a silent book is confirmed by one snapshot only: one that %s', (_name, over, status) => {
  const { books, comeLive } = kept();
  comeLive('A');
  books.tick(monoMs(1_001));
  books.load('A', { ...SNAPSHOT, ...over }, monoMs(1_050));
  expect(books.view('A')).toMatchObject({ status, lastUpdateId: status === 'live' ? 10 : books.view('A').lastUpdateId });
  books.frame(frame(11, { bids: [99, 5] }), monoMs(1_100)); // chains on to what was confirmed, to nothing else
  if (status === 'live') expect(books.view('A').book.bids.sizeAt(0)).toBe(5);
});

test('a symbol found quiet again and again is read less and less often, until it speaks', () => {
  const { books, asked, comeLive } = kept();
  comeLive('A');
  const reads: number[] = [];
  for (let now = 1; now <= 40_000; now++) {
    const before = asked.length;
    books.tick(monoMs(now));
    if (asked.length === before) continue;
    reads.push(now);
    books.load('A', SNAPSHOT, monoMs(now));
  }
  expect(reads.map((at, i) => at - (reads[i - 1] ?? 0))).toEqual([
    1_001,
    2_001,
    4_001,
    8_001,
    8_001,
    8_001,
    ...reads.slice(6).map(() => 8_001),
  ]);
  books.frame(frame(11), monoMs(40_000));
  books.tick(monoMs(41_001));
  expect(books.view('A').reason).toBe('silent');
});

test('a frame that was too long on its way keeps the book in step, but not live', () => {
  const { books, asked, told, comeLive } = kept();
  comeLive('A');
  books.frame(frame(11, { bids: [99, 4] }), monoMs(10), 501);
  expect([told.at(-1), books.view('A').status, books.view('A').lastUpdateId]).toEqual(['A lag', 'stale', 11]);
  books.frame(frame(12), monoMs(20), 500);
  expect([told.at(-1), asked.length, books.counters('A').resyncs, books.view('A').book.bids.sizeAt(0)]).toEqual(['A live', 1, 0, 4]);
});

test('echoes are dropped without a word: the chain has told them', () => {
  const { books, told, comeLive } = kept();
  comeLive('A');
  for (const lastId of [11, 12, 12, 11, 13]) books.frame(frame(lastId, { bids: [99, lastId] }), monoMs(lastId));
  expect([told, books.view('A').lastUpdateId, books.view('A').book.bids.sizeAt(0)]).toEqual([['A live'], 13, 13]);
});

test('a lost stream takes every book down; the next connection starts from a new snapshot', () => {
  const { books, asked, told, comeLive } = kept();
  comeLive('A');
  comeLive('B');
  books.lost('disconnected');
  expect(told.slice(2)).toEqual(['A disconnected', 'B disconnected']);
  books.frame(frame(11), monoMs(5)); // would chain on, but between connections nothing is proved
  expect(books.view('A').status).toBe('syncing');
  expect(asked).toEqual(['A+0', 'B+0', 'A+0']);
});

/** Ten levels a side, cut off at 90 and 110: five have to be known, so the best bid may fall to 94 before the edge is near. */
const DEEP: DepthSnapshot = {
  lastUpdateId: 10,
  exchangeMs: 5,
  bids: Array.from({ length: 10 }, (_, n) => [99 - n, 1]).flat(),
  asks: Array.from({ length: 10 }, (_, n) => [101 + n, 1]).flat(),
  knownFrom: ticks(90),
  knownTo: ticks(110),
};
const gone = (...prices: number[]): number[] => prices.flatMap((price) => [price, 0]);

test('near the edge of its snapshot a book stays live on a new one, joined where a difference covers it', () => {
  const { books, asked, told } = kept();
  books.frame(frame(10), monoMs(0));
  books.load('A', DEEP, monoMs(0));
  books.frame(frame(11, { bids: gone(99, 98, 97, 96, 95) }), monoMs(1));
  expect(asked).toEqual(['A+0']); // five known levels are left
  books.frame(frame(12, { bids: gone(94) }), monoMs(2));
  expect([asked.length, books.view('A').status]).toEqual([2, 'live']);
  books.frame(frame(13, { bids: [93, 7] }), monoMs(3));
  const newer: DepthSnapshot = { ...DEEP, lastUpdateId: 14, bids: [93, 7, 92, 1, 89, 4, 88, 4], knownFrom: ticks(88) };
  books.load('A', newer, monoMs(4)); // ahead of the stream
  expect(books.view('A').book.bids.sizeOf(89)).toBe(0);
  books.frame(frame(14, { bids: [92, 3] }), monoMs(5));
  const { book, status, knownFrom, lastUpdateId } = books.view('A');
  expect([status, knownFrom, lastUpdateId, book.bids.sizeOf(93), book.bids.sizeOf(92), book.bids.sizeOf(89)]).toEqual([
    'live',
    88,
    14,
    7,
    3,
    4,
  ]);
  expect(told).toEqual(['A live']);
});

test('a new snapshot that fits no difference is asked for again, later', () => {
  const { books, asked } = kept();
  books.frame(frame(10), monoMs(0));
  books.load('A', DEEP, monoMs(0));
  books.frame(frame(12, { firstId: 11, previousId: 10, bids: gone(99, 98, 97, 96, 95, 94) }), monoMs(1));
  books.frame(frame(20, { firstId: 19, previousId: 12 }), monoMs(2));
  books.load('A', { ...DEEP, lastUpdateId: 15 }, monoMs(3)); // between two differences
  expect(books.view('A').knownFrom).toBe(90);
  books.frame(frame(21), monoMs(4));
  expect([books.view('A').status, asked]).toEqual(['live', ['A+0', 'A+0', 'A+100']]);
});

test('a best price beyond its snapshot is not trusted: a better one may rest there untold', () => {
  const { books, asked, told } = kept();
  books.frame(frame(10), monoMs(0));
  books.load('A', DEEP, monoMs(0));
  books.frame(frame(11, { bids: [...gone(99, 98, 97, 96, 95, 94, 93, 92, 91, 90), 85, 2] }), monoMs(1));
  expect([told.at(-1), books.view('A').status, asked.length]).toEqual(['A beyond-snapshot', 'syncing', 2]);
  books.frame(frame(12), monoMs(2));
  books.load('A', { ...DEEP, lastUpdateId: 12, bids: [87, 1, 85, 2], knownFrom: ticks(85) }, monoMs(3));
  expect([books.view('A').status, books.view('A').book.bestBid]).toEqual(['live', 87]);
});

test.each<[string, Partial<DepthSnapshot>]>([
  ['without bids', { bids: [] }],
  ['without asks', { asks: [] }],
  ['without anything', { bids: [], asks: [] }],
  ['that is crossed', { bids: [101, 5, 99, 1] }],
  ['that is locked', { asks: [99, 1] }],
])('a snapshot %s is asked for again', (_name, over) => {
  const { books, asked } = kept();
  books.frame(frame(10), monoMs(0));
  books.load('A', { ...SNAPSHOT, ...over }, monoMs(0));
  books.frame(frame(11, { bids: [99, 3], asks: [102, 1] }), monoMs(1)); // sound by itself, but only a part
  expect([books.view('A').status, asked]).toEqual(['syncing', ['A+0', 'A+100']]);
  books.load('A', SNAPSHOT, monoMs(2));
  expect([books.view('A').status, books.view('A').book.bids.sizeOf(99)]).toEqual(['live', 3]);
});

test('tells a changed top once, and nothing of changes behind it', () => {
  const { books, tops, comeLive } = kept();
  comeLive('A');
  books.frame(frame(11, { bids: [98, 9] }), monoMs(1));
  books.frame(frame(12, { bids: [99, 9] }), monoMs(1));
  expect(tops).toEqual(['A', 'A']);
});

test('frames without a snapshot do not grow memory', () => {
  const { books } = kept();
  for (let id = 1; id <= 5_000; id++) books.frame(frame(id), monoMs(0));
  expect(books.counters('A')).toMatchObject({ messages: 5_000, dropped: 4_000 });
  books.load('A', { ...SNAPSHOT, lastUpdateId: 5_000 }, monoMs(1));
  expect(books.view('A').status).toBe('live');
});

test('a symbol that is not kept is a bug', () => {
  expect(() => kept().books.view('C')).toThrow('C');
});
