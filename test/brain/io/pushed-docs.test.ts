/** The oracle is the snapshot that Redis gets of the same moment: whatever pushes left out, the reader has all of it, with its numbers and ages. */
import { beforeEach, expect, test } from 'vitest';
import { PushedDocs } from '../../../brain/io/pushed-docs.ts';
import { Publisher } from '../../../gateway/publish/publisher.ts';
import { Pushed } from '../../../shared/command.ts';
import { keysOf } from '../../../shared/snapshot.ts';
import { Random } from '../../../shared/random.ts';
import { lots, monoMs, ticks, wallMs } from '../../../shared/units.ts';
import { OrderSide } from '../../kit/order-side.ts';
import { fill, id, position, request } from '../../kit/orders.ts';

const [SYMBOL, KEYS] = ['BTCUSDT', keysOf('mm:binance')];
let side: OrderSide;
let publisher: Publisher;
let reader: PushedDocs;
/** Of the book, the mark and the open bar, as a venue has them. */
let now = { updateId: 42, provedAt: monoMs(0), markPrice: '60000.1', markedAt: 0, close: 1 };

beforeEach(async () => {
  side = await OrderSide.started();
  const { core, closer, stops, watch, venue } = side;
  const nothing = {
    redisDown: () => watch.redisDown,
    deadMan: () => watch.deadMan,
    safety: () => ({}),
    lastEpoch: () => 1,
    flush: () => undefined,
  };
  publisher = new Publisher({ core, keys: KEYS, closer, stops, ...nothing });
  reader = new PushedDocs({ keys: KEYS, symbols: [SYMBOL], intervals: ['5m'], check: (_key, { value, schema }) => schema.parse(value) });
  now = { updateId: 42, provedAt: side.clock.monoMs(), markPrice: '60000.1', markedAt: 0, close: 1 };
  const { book: bookOf, mark: markOf, bars: barsOf } = venue.market;
  const once = <T>(make: (key: string) => T): ((key: string) => T) => {
    const made = new Map<string, T>();
    return (key) => made.get(key) ?? (made.set(key, make(key)).get(key) as T);
  };
  const mark = once((markPrice) => ({ ...markOf(SYMBOL)!, markPrice }));
  const open = once((close) => ({ ...barsOf(SYMBOL, '5m').open!, close }));
  Object.assign(venue.market, {
    book: () => ({ ...bookOf(SYMBOL), lastUpdateId: now.updateId, exchangeMs: wallMs(7), receivedAt: now.provedAt }),
    mark: () => mark(now.markPrice),
    markAgeMs: () => side.clock.monoMs() - now.markedAt,
    bars: () => ({ ...barsOf(SYMBOL, '5m'), open: open(String(now.close)) }),
  });
});

const pushed = (line: string | undefined): Pushed => Pushed.parse(JSON.parse(line ?? ''));
const next = (): Pushed => pushed(publisher.takePush().line);
const whole = (): Pushed => {
  publisher.take();
  return pushed(publisher.pushTaken()?.line);
};
const names = ({ docs }: Pushed): readonly string[] => Object.keys(docs).map((key) => key.replace(/^mm:binance:(BTCUSDT:)?/, ''));
/** Numbers of the snapshot are of the next one there. */
const unnumbered = (doc: unknown): unknown => ({ ...(doc as object), seq: 0 });

const EVENTS: readonly ((random: Random) => void)[] = [
  (random) => {
    side.venue.book.bids.set(ticks(599_990 - random.int({ min: 0, max: 9 })), random.int({ min: 0, max: 3 }) * 1_001);
    Object.assign(now, { updateId: now.updateId + 1, provedAt: side.clock.monoMs() });
  },
  () => Object.assign(now, { markPrice: String(Number(now.markPrice) + 1), markedAt: side.clock.monoMs() }),
  () => Object.assign(now, { close: now.close + 1 }),
  (random) =>
    side.core.keeper.commit(
      side.core.keeper.ledger.take(request({ clientId: id(random.int({ min: 100, max: 1e6 })) }), side.core.keeper.now()),
    ),
  (random) => side.core.keeper.handle(fill({ clientId: 'web_1', tradeId: String(random.int({ min: 1, max: 1e9 })) })),
  () => side.core.keeper.handle(position({ size: lots(4), entryPrice: '60000.125', atMs: side.venue.nowMs() })),
  () => side.venue.tell({ kind: 'stream', state: 'lost', reason: 'closed' }),
  (random) => Object.assign(side.venue, { status: random.chance(0.5) ? 'live' : 'stale' }),
];

test('after any events a reader of pushes has what a reader of Redis has', () => {
  const random = new Random(7);
  let adding = 0;
  reader.take(whole());
  for (let n = 0; n < 150; n++) {
    side.clock.advance(random.int({ min: 0, max: 40 }));
    for (let k = random.int({ min: 0, max: 2 }); k > 0; k--) EVENTS[Math.floor(random.float() ** 2 * EVENTS.length)]?.(random);
    const push = random.chance(0.1) ? whole() : next();
    adding += push.base === undefined ? 0 : 1;
    reader.take(push);
    const { documents } = publisher.take();
    for (const [key, text] of documents) {
      if (key === KEYS.entryPrice(SYMBOL)) continue;
      if (key === KEYS.header) expect(unnumbered(reader.header)).toEqual(unnumbered(JSON.parse(text ?? 'null')));
      if (key === KEYS.header) continue;
      const [got, wanted] = [unnumbered(reader.get(key)), unnumbered(JSON.parse(text ?? 'null'))];
      expect(got).toEqual(wanted);
      expect(reader.get(key)).toMatchObject({ seq: reader.header?.seq });
    }
  }
  expect(adding).toBeGreaterThan(100);
});

test('a push tells only what has changed since the one before it', () => {
  expect(names(whole())).toEqual(['seq', 'balance', 'book', 'position', 'orders', 'kline:5m']);
  expect(names(next())).toEqual(['seq']);
  now.updateId += 1;
  expect(names(next())).toEqual(['seq', 'book']);
  now.close += 1;
  expect(names(next())).toEqual(['seq', 'kline:5m']);
  Object.assign(now, { markPrice: '60001.5' });
  expect(names(next())).toEqual(['seq', 'balance', 'position']);
  side.core.keeper.commit(side.core.keeper.ledger.take(request(), side.core.keeper.now()));
  expect(names(next())).toEqual(['seq', 'orders']);
});

test('of the header only what has changed, unless something of it is gone: then all is told', () => {
  const header = ({ docs }: Pushed) => docs[KEYS.header];
  whole();
  const { epoch } = side.core.identity;
  expect(header(next())).toEqual({ epoch, seq: side.core.seqs.seq });
  side.core.modes.pause('a test');
  expect(header(next())).toMatchObject({ mode: 'reduce-only', reasons: ['paused'], paused: true });
  Object.assign(side.venue, { lineHealth: () => ({ failing: false, clockAgeMs: 0, reads: { asked: 9, failed: 2 } }) });
  expect(header(next())).toEqual({ epoch, seq: side.core.seqs.seq, reads: { asked: 9, failed: 2 } });
  Object.assign(side.venue, { lineHealth: undefined });
  const gone = next();
  expect([gone.base, names(gone).length]).toEqual([undefined, 6]);
});

test('what was left out ages by the time between the pushes', () => {
  side.core.keeper.commit(side.core.keeper.ledger.take(request(), side.core.keeper.now()));
  reader.take(whole());
  side.clock.advance(30);
  reader.take(next());
  side.clock.advance(20);
  reader.take(next());
  expect(reader.get(KEYS.book(SYMBOL))).toMatchObject({ ageMs: 50 });
  expect(reader.get(KEYS.position(SYMBOL))).toMatchObject({ markAgeMs: side.clock.monoMs() });
  expect(reader.get(KEYS.orders(SYMBOL))).toMatchObject({ orders: [{ ageMs: 50 }] });
});

test('whoever has missed one has nothing until the next whole one', () => {
  reader.take(whole());
  const missed = next();
  now.updateId += 1;
  reader.take(next());
  expect([reader.header, reader.get(KEYS.book(SYMBOL))]).toEqual([null, null]);
  reader.take(missed); // late
  expect(reader.header).toBeNull();
  reader.take(whole());
  expect(reader.header?.seq).toBe(side.core.seqs.seq);
  reader.take(next());
  expect(reader.get(KEYS.book(SYMBOL))).toMatchObject({ seq: side.core.seqs.seq, lastUpdateId: 43 });
});

test('one of another run of the gateway that builds on the same number is not taken', () => {
  reader.take(whole());
  const foreign = next();
  const header = foreign.docs[KEYS.header] as object;
  reader.take({ ...foreign, docs: { ...foreign.docs, [KEYS.header]: { ...header, epoch: 99 } } });
  expect(reader.header).toBeNull();
});

test('where no tick was pushed for long the next push is whole', () => {
  whole();
  side.clock.advance(249);
  expect(next().base).toBeDefined();
  side.clock.advance(1);
  expect(next().base).toBeUndefined();
  expect(next().base).toBeDefined();
});
