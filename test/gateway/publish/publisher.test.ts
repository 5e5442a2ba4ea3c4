import { beforeEach, describe, expect, test } from 'vitest';
import { Answers, fullBook, type History } from '../../../gateway/publish/answers.ts';
import { Publisher } from '../../../gateway/publish/publisher.ts';
import { FillsAnswer, FullBook, OrdersAnswer, PositionsAnswer, Pushed, Stats } from '../../../shared/command.ts';
import { MESSAGE_BYTES_MAX } from '../../../shared/framing.ts';
import {
  BalanceDoc,
  BookDoc,
  FillDoc,
  Header,
  InstrumentDoc,
  KlineDoc,
  KlinesDoc,
  keysOf,
  OrdersDoc,
  PositionDoc,
  TradeDoc,
} from '../../../shared/snapshot.ts';
import { lots, monoMs, ticks, wallMs } from '../../../shared/units.ts';
import { OrderSide } from '../../kit/order-side.ts';
import { fill, id, position, request } from '../../kit/orders.ts';

const keys = keysOf('mm:binance');
/** A ledger on disk with one fill in it. */
const HISTORY: History = {
  flush: () => undefined,
  fillsAfter: () => [{ ...fill(), n: 1 }],
  fillsRange: () => [],
  countReached: () => ({ sent: 3, canceled: 2 }),
  life: () => null,
  days: () => [],
  quoteAsset: () => 'USDT',
};
let side: OrderSide;
let publisher: Publisher;
const LAST_EPOCH = 7;
/** Numbers of the newest fill when the ledger was written. */
let flushed: number[] = [];
let behind: { readonly ms: number; readonly missed: number } | null = null;

beforeEach(async () => {
  side = await OrderSide.started();
  publisher = new Publisher({
    core: side.core,
    keys,
    closer: side.closer,
    stops: side.stops,
    redisDown: () => side.watch.redisDown,
    behind: () => behind,
    deadMan: () => side.watch.deadMan,
    safety: () => ({}),
    lastEpoch: () => LAST_EPOCH,
    flush: () => flushed.push(side.core.keeper.ledger.fillSeq),
  });
  flushed = [];
  behind = null;
});

const take = () => {
  const batch = publisher.take();
  return { batch, text: (key: string) => new Map(batch.documents).get(key) ?? null };
};
const pushed = () => Pushed.parse(JSON.parse(publisher.takePush().line));
const read = (text: string | null) => JSON.parse(text ?? 'null') as unknown;

describe('take()', () => {
  test('the header tells reads that failed, where a venue has such', () => {
    expect(Header.parse(read(take().text(keys.header))).reads).toBeUndefined();
    const reads = { asked: 9, failed: 2 };
    Object.assign(side.venue, { lineHealth: () => ({ failing: false, clockAgeMs: 0, reads }) });
    expect(Header.parse(read(take().text(keys.header))).reads).toEqual(reads);
  });

  test('the header of a late tick says so, that of a push between two ticks does not', () => {
    expect(Header.parse(read(take().text(keys.header))).late).toBeUndefined();
    behind = { ms: 155.4, missed: 1 };
    expect(Header.parse(read(take().text(keys.header))).late).toEqual({ ms: 155, missed: 1 });
    expect(JSON.stringify(pushed())).not.toContain('"late"');
  });

  test('every document keeps its schema and carries the numbers of the header', () => {
    side.core.keeper.commit(side.core.keeper.ledger.take(request(), side.core.keeper.now()));
    const { batch, text } = take();
    const header = Header.parse(read(text(keys.header)));
    const documents = [
      BookDoc.parse(read(text(keys.book('BTCUSDT')))),
      PositionDoc.parse(read(text(keys.position('BTCUSDT')))),
      OrdersDoc.parse(read(text(keys.orders('BTCUSDT')))),
      BalanceDoc.parse(read(text(keys.balance))),
      KlineDoc.parse(read(text(keys.kline('BTCUSDT', '5m')))),
    ];
    for (const { epoch, seq } of documents) expect({ epoch, seq }).toEqual({ epoch: header.epoch, seq: header.seq });
    const lasting = new Map(batch.lasting);
    expect(KlinesDoc.parse(read(lasting.get(keys.klines('BTCUSDT', '5m')) ?? null)).bars).toEqual([[1, '1', '2', '0.5', '1.5', '3']]);
    expect(InstrumentDoc.parse(read(lasting.get(keys.instrument('BTCUSDT')) ?? null)).tickSize).toBe('0.10');
    expect(lasting.get(keys.epoch)).toBe('7');
    expect(publisher.take().lasting).toEqual([]);
    publisher.redisLost();
    expect(publisher.take().lasting).toHaveLength(3);
  });

  test('shows the book with the age it has', () => {
    const book = BookDoc.parse(read(take().text(keys.book('BTCUSDT'))));
    expect(book).toMatchObject({
      status: 'live',
      ageMs: 5,
      lastUpdateId: 42,
      bids: [['59999.90', '0.500']],
      asks: [['60000.10', '0.500']],
    });
  });

  test('an unknown account is null and an absent key, never a zero', () => {
    side.venue.tell({ kind: 'stream', state: 'lost', reason: 'closed' });
    const { text } = take();
    expect(read(text(keys.position('BTCUSDT')))).toMatchObject({ known: false, size: null, entryPrice: null, unrealizedPnl: null });
    expect(text(keys.entryPrice('BTCUSDT'))).toBeNull();
    expect(Header.parse(read(text(keys.header)))).toMatchObject({ mode: 'blind', reasons: ['account-lost'] });
  });

  test('entry price alone for a person: none when flat, the venue own words when held', () => {
    expect(take().text(keys.entryPrice('BTCUSDT'))).toBe('none');
    const { keeper } = side.core;
    keeper.handle(fill({ tradeId: '2000', size: lots(4), price: ticks(600_000) }));
    expect(take().text(keys.entryPrice('BTCUSDT'))).toBe('60000');
    keeper.handle(position({ size: lots(4), entryPrice: '60000.125', atMs: side.venue.nowMs() }));
    const { text } = take();
    expect(text(keys.entryPrice('BTCUSDT'))).toBe('60000.125');
    expect(read(text(keys.position('BTCUSDT')))).toMatchObject({ size: '0.004', markPrice: '60000.12345678', unrealizedPnl: '0.00049382' });
  });

  test('tells what opened a position, and nothing of it when flat or unknown', () => {
    const { keeper } = side.core;
    const opening = () => PositionDoc.parse(read(take().text(keys.position('BTCUSDT')))).opening;
    expect(opening()).toBeNull();
    keeper.handle(fill({ tradeId: '2000', size: lots(4), atMs: wallMs(1_700) }));
    keeper.handle(fill({ tradeId: '2001', size: lots(4), atMs: wallMs(1_800) }));
    expect(opening()).toEqual({ tradeId: '2000', atMs: 1_700 });
    side.venue.tell({ kind: 'stream', state: 'lost', reason: 'closed' });
    expect(opening()).toBeNull();
  });

  test('tells how old the mark price is, and that it does not know where the venue does not say', () => {
    const ageMs = () => PositionDoc.parse(read(take().text(keys.position('BTCUSDT')))).markAgeMs;
    side.venue.markAgeMs = 1_234.5;
    expect(ageMs()).toBe(1_235);
    side.venue.markAgeMs = null;
    expect(ageMs()).toBeNull();
  });

  test('an ended order is shown for five seconds', () => {
    const { keeper } = side.core;
    const shown = () => OrdersDoc.parse(read(take().text(keys.orders('BTCUSDT')))).orders.map(({ status }) => status);
    keeper.commit(keeper.ledger.take(request(), keeper.now()));
    keeper.commit(keeper.ledger.move(id(1), { kind: 'rejected', reason: 'filter', now: keeper.now() }));
    side.clock.advance(4_900);
    expect(shown()).toEqual(['rejected']);
    side.clock.advance(200);
    expect(shown()).toEqual([]);
  });

  test('fills wait beside the snapshot, and again when Redis did not take them; trades do not', () => {
    const { keeper } = side.core;
    keeper.listen({ onFills: (fills) => publisher.addFills(fills), onDoubts: () => undefined, onOrders: () => undefined });
    keeper.handle(fill({ clientId: 'web_1' }));
    publisher.addTrade({
      symbol: 'BTCUSDT',
      tradeId: '1',
      price: ticks(600_000),
      size: lots(1),
      aggressor: 'buy',
      atMs: side.venue.nowMs(),
    });
    const batch = publisher.take();
    expect(batch.entries.map(({ key }) => key)).toEqual([keys.fills, keys.trades('BTCUSDT')]);
    publisher.putBack(batch);
    const [again, ...rest] = publisher.take().entries;
    expect(FillDoc.parse(JSON.parse(again?.text ?? '{}'))).toMatchObject({
      n: 1,
      role: 'foreign',
      price: '60000.00',
      size: '0.004',
      fee: '0.00001',
    });
    expect(rest).toEqual([]);
  });
});

test('header() tells the mode with its reasons', () => {
  expect(publisher.header()).toMatchObject({ mode: 'normal', reasons: [] });
  side.fault = 'disk full';
  side.venue.status = 'stale';
  side.watch.setRedisDown(true);
  expect(publisher.header()).toMatchObject({ mode: 'reduce-only', reasons: ['ledger-unavailable', 'redis-down', 'book-stale:BTCUSDT'] });
  side.core.modes.stop('test');
  expect(publisher.header().mode).toBe('stopped');
});

const trade = (tradeId: string, symbol = 'BTCUSDT') =>
  ({ symbol, tradeId, price: ticks(600_000), size: lots(1), aggressor: 'buy', atMs: side.venue.nowMs() }) as const;
const tradesOf = (entries: readonly { readonly key: string; readonly text: string }[]) =>
  entries.filter(({ key }) => key === keys.trades('BTCUSDT')).map(({ text }) => TradeDoc.parse(JSON.parse(text)));

describe('public trades', () => {
  test('are numbered within this run, and what was missed leaves a hole', () => {
    publisher.addTrade(trade('77'));
    publisher.addTrade(trade('78'));
    publisher.tradesMissed('BTCUSDT');
    publisher.addTrade(trade('90'));
    const told = tradesOf(publisher.take().entries);
    expect(told.map(({ n, tradeId, epoch }) => [n, tradeId, epoch])).toEqual(
      [77, 78, 90].map((id, i) => [[1, 2, 4][i], String(id), side.core.identity.epoch]),
    );
  });

  test('leave a hole when they are too many for one tick, and when Redis did not take them', () => {
    for (let n = 0; n < 2_001; n++) publisher.addTrade(trade(String(n)));
    const batch = publisher.take();
    expect(
      tradesOf(batch.entries)
        .slice(0, 1)
        .map(({ n }) => n),
    ).toEqual([2]);
    publisher.putBack(batch);
    publisher.addTrade(trade('x'));
    expect(tradesOf(publisher.take().entries).map(({ n }) => n)).toEqual([2_002]);
  });
});

test('no fill is told before its row was tried, and a push without a new one waits for no disk', () => {
  publisher.takePush();
  publisher.takePush();
  expect(flushed).toEqual([]);
  side.core.keeper.handle(fill({ tradeId: '2000' }));
  publisher.takePush();
  publisher.takePush();
  expect(flushed).toEqual([1]);
  publisher.take();
  side.core.keeper.handle(fill({ tradeId: '2001' }));
  publisher.take();
  publisher.takePush();
  expect(flushed).toEqual([1, 1, 2]);
});

test.each([
  ['best prices ahead of the book', 9, 5, 9],
  ['a difference that came after them, and is of before them', 5, 9, 9],
  ['no best prices', null, 5, 5],
])('the newest frame of a snapshot is the one that came last: %s', (_name, top, receivedAt, wanted) => {
  const best = { price: ticks(600_000), size: lots(1) };
  const view = { ...side.venue.market.book('BTCUSDT'), receivedAt: monoMs(receivedAt) };
  const ahead = top === null ? null : { updateId: 50, bid: best, ask: { ...best, price: ticks(600_001) }, receivedAt: monoMs(top) };
  side.venue.market.book = () => ({ ...view, top: ahead });
  expect(side.core.seqs.find(publisher.take().seq)?.newestFrameAt).toBe(wanted);
});

test('a push carries what was added to the streams since the one before, and takes nothing from Redis', () => {
  const { keeper } = side.core;
  keeper.listen({ onFills: (fills) => publisher.addFills(fills), onDoubts: () => undefined, onOrders: () => undefined });
  publisher.addTrade(trade('1'));
  keeper.handle(fill({ clientId: 'web_1' }));
  const first = pushed();
  expect([first.entries?.map(({ key }) => key), Header.parse(first.docs[keys.header]).fillSeq]).toEqual([
    [keys.trades('BTCUSDT'), keys.fills],
    1,
  ]);
  expect(pushed().entries ?? []).toEqual([]);
  expect(publisher.take().entries.map(({ text }) => text)).toEqual(first.entries?.map(({ text }) => text));
  for (let n = 0; n < 500; n++) publisher.addTrade(trade(String(n)));
  expect(pushed().entries ?? []).toHaveLength(200);
});

test('the run that an order belongs to is told with it and with its fills, also by query; without one nothing is said', () => {
  const { keeper } = side.core;
  keeper.listen({ onFills: (fills) => publisher.addFills(fills), onDoubts: () => undefined, onOrders: () => undefined });
  keeper.commit(keeper.ledger.take(request({ strategy: 'mm-btc' }), keeper.now()));
  keeper.commit(keeper.ledger.take(request({ clientId: id(2) }), keeper.now()));
  keeper.handle(fill({ tradeId: '2000' }));
  keeper.handle(fill({ tradeId: '2001', clientId: id(2), venueId: 'v2' }));
  const orders = OrdersDoc.parse(read(take().text(keys.orders('BTCUSDT')))).orders;
  expect(orders.map(({ strategy }) => strategy)).toEqual(['mm-btc', undefined]);
  publisher.redisLost();
  keeper.handle(fill({ tradeId: '2002' }));
  const [told] = publisher.take().entries;
  expect(FillDoc.parse(JSON.parse(told?.text ?? '{}'))).toMatchObject({ n: 3, strategy: 'mm-btc' });
  const asked = new Answers({
    core: side.core,
    header: () => null,
    history: HISTORY,
    startMs: () => ({ protected: null, ready: null, quoting: null }),
    problems: () => [],
    alarmsAfter: (n) => side.alarms.after(n),
  });
  expect(FillsAnswer.parse(asked.answer({ id: 1, type: 'query', what: 'fills' })).fills[0]?.strategy).toBe('mm-btc');
});

test('an amend on its way is shown beside what rests', () => {
  const { keeper } = side.core;
  keeper.commit(keeper.ledger.take(request(), keeper.now()));
  keeper.commit(keeper.ledger.move(id(1), { kind: 'accepted', now: keeper.now() }));
  const shown = () => OrdersDoc.parse(read(take().text(keys.orders('BTCUSDT')))).orders[0]?.amendTo;
  expect(shown()).toBeUndefined();
  keeper.commit(keeper.ledger.amend(id(1), { price: ticks(600_100), size: lots(12), now: keeper.now() }));
  expect(shown()).toEqual({ price: '60010.00', size: '0.012' });
});

describe('Answers', () => {
  const answers = () =>
    new Answers({
      core: side.core,
      header: () => publisher.header(),
      history: HISTORY,
      startMs: () => ({ protected: 300, ready: 400, quoting: null }),
      problems: () => [],
      alarmsAfter: (n) => side.alarms.after(n),
    });
  const ask = (what: 'stats' | 'positions' | 'fills' | 'book' | 'status' | 'orders' | 'order') =>
    answers().answer({ id: 1, type: 'query', what });

  test('keep their schemas', () => {
    expect(Stats.parse(ask('stats')).symbols['BTCUSDT']).toMatchObject({ placed: 3, canceled: 2, position: '0.000', entryPrice: null });
    expect(PositionsAnswer.parse(ask('positions'))).toEqual({
      fillSeq: 0,
      positions: [{ symbol: 'BTCUSDT', baseline: '0.000', position: '0.000' }],
    });
    expect(FillsAnswer.parse(ask('fills')).fills).toHaveLength(1);
    expect(FullBook.parse(ask('book'))).toMatchObject({ status: 'live', lastUpdateId: 42 });
    expect(Header.parse(ask('status')).mode).toBe('normal');
    expect([ask('orders'), ask('order')]).toEqual([{ orders: [] }, { order: null }]);
  });

  test('of more orders than asked for, own open ones are told before foreign and ended ones', async () => {
    const { keeper, venue } = side.core;
    for (const clientId of ['web_1', 'web_2', 'web_3']) await venue.orders.place(request({ clientId }));
    side.reconciler.want('test');
    await side.run(100);
    for (const n of [1, 2]) keeper.commit(keeper.ledger.take(request({ clientId: id(n) }), keeper.now()));
    keeper.commit(keeper.ledger.move(id(2), { kind: 'rejected', reason: 'filter', now: keeper.now() }));
    const told = answers().answer({ id: 1, type: 'query', what: 'orders', open: true, limit: 2 });
    expect(OrdersAnswer.parse(told).orders.map(({ clientId }) => clientId)).toEqual(['web_3', id(1)]);
  });

  test('a whole book of any depth fits one message and says how far it reaches', () => {
    for (let i = 0; i < 5_000; i++) {
      side.venue.book.bids.set(599_999 - i, 123_456);
      side.venue.book.asks.set(600_001 + i, 123_456);
    }
    const [instrument] = side.venue.instruments.values();
    if (!instrument) throw new Error('no instrument');
    const book = fullBook(instrument, side.venue.market.book('BTCUSDT'));
    expect(JSON.stringify({ id: 1, type: 'data', data: book }).length).toBeLessThan(MESSAGE_BYTES_MAX);
    expect(book.known).toEqual({ bidFrom: book.bids.at(-1)?.[0], askTo: book.asks.at(-1)?.[0] });
  });
});
