/** The oracle is the plain way to write a snapshot: whatever happens between two ticks, the joined texts are the same, byte for byte. */
import { expect, test } from 'vitest';
import { newRow } from '../../../gateway/account/statement.ts';
import { type Moment, renderSnapshot, type SymbolMoment } from '../../../gateway/publish/snapshot.ts';
import { SnapshotTexts } from '../../../gateway/publish/texts.ts';
import { Book } from '../../../shared/book.ts';
import { Random } from '../../../shared/random.ts';
import { keysOf } from '../../../shared/snapshot.ts';
import { atoms, lots, monoMs, ticks, wallMs } from '../../../shared/units.ts';
import { header } from '../../kit/brain.ts';
import { at, id, instrument, request } from '../../kit/orders.ts';

const keys = keysOf('mm:test');
type Open<T> = { -readonly [K in keyof T]: T[K] };
type World = {
  readonly moment: Open<Moment>;
  readonly symbol: Open<SymbolMoment>;
  readonly book: Open<SymbolMoment['book']>;
  readonly random: Random;
};

const MARK = { symbol: 'BTCUSDT', markPrice: '60000.1', indexPrice: '60000', fundingRate: '0.0001', nextFundingMs: wallMs(5) };
const BAR = { openMs: 1, open: '1', high: '2', low: '0.5', close: '1.5', volume: '3' };
const FLAT = { symbol: 'BTCUSDT', baseline: lots(0), sinceTradeId: null, size: lots(0), cost: atoms(0n), realized: atoms(0n) };
const POSITION = { ...FLAT, fees: {}, funding: atoms(0n), volume: atoms(0n), fills: 0, lastTradeId: null };

function world(seed: number): World {
  const book: Open<SymbolMoment['book']> = {
    ...{ status: 'live', reason: '', book: new Book(), lastUpdateId: 1, exchangeMs: wallMs(7), knownFrom: null, knownTo: null, top: null },
    receivedAt: null,
  };
  const symbol: Open<SymbolMoment> = {
    ...{ instrument: instrument(), book, mark: null, markAgeMs: null, position: POSITION, entryPrice: null, leverage: null },
    ...{ isolated: null, commission: null, liquidationPrice: null, orders: [], bars: new Map(), stop: null },
  };
  const moment = { keys, now: monoMs(0), header: header(), accountKnown: true, balances: [], symbols: [symbol], bookLevels: 5 };
  return { moment, symbol, book, random: new Random(seed) };
}

/** What may happen between two ticks. */
const EVENTS: readonly ((world: World) => void)[] = [
  ({ book, random }) => {
    for (let n = 0; n < 6; n++) {
      const [away, size] = [random.int({ min: 0, max: 90 }), random.int({ min: 0, max: 3 })];
      book.book.bids.set(ticks(599_999 - away), size * 1_001);
      book.book.asks.set(ticks(600_000 + away), size * 999);
    }
    book.lastUpdateId += 3;
  },
  ({ book }) => book.book.clear(),
  ({ book, random }) => {
    const best = (price: number) => ({ price: ticks(price), size: lots(random.int({ min: 1, max: 9 })) });
    const shift = random.int({ min: 0, max: 8 });
    const [bid, ask] = [best(599_999 - shift), best(600_000 + shift)];
    book.top = random.chance(0.5) ? null : { updateId: book.lastUpdateId + 1, bid, ask, receivedAt: monoMs(0) };
  },
  ({ book, random }) => Object.assign(book, { status: random.chance(0.5) ? 'live' : 'stale', receivedAt: monoMs(random.float() * 50) }),
  ({ symbol, random }) => {
    symbol.mark = random.chance(0.2) ? null : { ...MARK, markPrice: String(60_000 + random.int({ min: 0, max: 3 })) };
    symbol.markAgeMs = random.chance(0.2) ? null : random.float() * 900;
  },
  ({ symbol, random }) => {
    const size = lots(random.int({ min: -2, max: 2 }));
    symbol.position = { ...POSITION, size, cost: atoms(BigInt(size) * 60_000_000n), fees: { USDT: atoms(5n) } };
    symbol.entryPrice = random.chance(0.3) ? null : '60000.00';
    symbol.liquidationPrice = random.chance(0.5) ? null : '50000';
  },
  ({ symbol, random }) => {
    symbol.leverage = random.int({ min: 1, max: 3 });
    symbol.isolated = random.chance(0.5);
    symbol.commission = random.chance(0.3) ? null : { maker: '0.0002', taker: `0.000${random.int({ min: 4, max: 6 })}` };
  },
  ({ symbol, random }) => {
    const status = random.chance(0.5) ? 'resting' : 'unknown';
    const trigger = random.chance(0.5) ? null : ticks(550_000);
    symbol.stop = random.chance(0.3) ? null : { status, trigger, size: lots(1), foreign: random.int({ min: 0, max: 2 }) };
  },
  ({ symbol, moment, random }) => {
    const tag = ['', 'bid "ageMs":1,', 'ä'][random.int({ min: 0, max: 2 })] ?? '';
    const made = newRow({ request: request({ clientId: id(symbol.orders.length + 1) }), now: at(moment.now) });
    symbol.orders = [...symbol.orders, { ...made, tag, endedAt: random.chance(0.3) ? moment.now : null }].slice(-4);
  },
  ({ symbol, random }) => {
    symbol.orders = symbol.orders.map((row) =>
      random.chance(0.5) ? { ...row, reason: 'x', amends: random.int({ min: 1, max: 5 }) } : row,
    );
  },
  ({ symbol, random }) => {
    const open = random.chance(0.3) ? null : { ...BAR, close: String(random.int({ min: 1, max: 9 })) };
    symbol.bars = new Map([['5m', { status: 'complete', closed: [], open, version: 1 }]]);
  },
  ({ moment, random }) => {
    moment.accountKnown = random.chance(0.6);
  },
  ({ moment, random }) => {
    moment.bookLevels = [5, 20, 100][random.int({ min: 0, max: 2 })] ?? 5;
  },
  ({ symbol, random }) => {
    if (random.chance(0.3)) symbol.instrument = instrument({ tickSize: random.chance(0.5) ? '0.01' : '0.10' });
  },
];

test.each([1, 2, 3, 4])('joined texts are those of the plain way, seed %i', (seed) => {
  const { moment, symbol, book, random } = world(seed);
  const texts = new SnapshotTexts(keys);
  for (let n = 1; n <= 400; n++) {
    for (let k = random.int({ min: 0, max: 2 }); k > 0; k--)
      EVENTS[random.int({ min: 0, max: EVENTS.length - 1 })]?.({ moment, symbol, book, random });
    moment.now = monoMs(moment.now + random.float() * 1_500);
    moment.header = { ...moment.header, seq: n };
    const seen: Moment = { ...moment, symbols: [{ ...symbol }] }; // made anew at every tick; the book is one and the same
    expect(texts.render(seen)).toEqual(renderSnapshot(seen));
  }
});
