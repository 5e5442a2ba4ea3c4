/**
 * Depth message: bytes of a frame -> parsed, checked, applied, top 20 read; beside a bare `JSON.parse` of the same bytes, and beside ccxt's
 * own book on the same messages, in the same rounds.
 */
import { byteReader } from '../../gateway/venues/binance/depth-bytes.ts';
import { Book, type BookSide } from '../../shared/book.ts';
import { type Instrument, makeInstrument } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import { formatSteps } from '../../shared/units.ts';
import { type Figure, median, nsPerCall, sideBySide } from './measure.ts';

const MESSAGES = 2_000;
const CALLS = 20_000;
const CALLS_CCXT = 2_000;
const LEVELS = 20;
const MID_TICKS = 640_000;
const SIDE_LEVELS = 1_000;
/** Of a bare JSON.parse; and how many times faster than ccxt. */
const GOAL_FLOOR = 0.35;
const GOAL_CCXT = 15;

export async function benchBook(changes: number): Promise<readonly Figure[]> {
  const found = findInstrument('BTCUSDT');
  const instrument = found ? makeInstrument(found.spec) : 'BTCUSDT is not in the list';
  if (typeof instrument === 'string') throw new Error(instrument);
  const texts = messages(instrument, changes);
  const frames = texts.map((text) => Buffer.from(text));
  const theirs = await ccxtRound(frames);
  const times: number[] = [];
  const ours = oursRound(instrument, frames);
  const floor = (): number => {
    times.push(theirs()); // in the same rounds
    return nsPerCall((i) => JSON.parse(texts[i % MESSAGES] as string), CALLS);
  };
  const { ratio, ours: mine, floor: bare, conclusive } = await sideBySide({ ours, floor });
  const ccxt = median(times);
  const name = `book: parse + apply + top ${LEVELS}, ${changes} changes`;
  const beside = `${(mine / 1_000).toFixed(2)} µs against bare JSON.parse ${(bare / 1_000).toFixed(2)} µs`;
  return [
    { name, value: ratio, unit: '×', goal: GOAL_FLOOR, beside, conclusive },
    {
      ...{ name: `${name}, share of ccxt's time`, value: (mine / ccxt) * 100, unit: '%', goal: 100 / GOAL_CCXT, conclusive },
      beside: `${(ccxt / mine).toFixed(1)} times faster: ccxt ${(ccxt / 1_000).toFixed(1)} µs for JSON.parse, its book and a slice of ${LEVELS} a side`,
    },
  ];
}

function oursRound(instrument: Instrument, frames: readonly Buffer[]): () => number {
  const read = byteReader([instrument]);
  const book = fullBook();
  const [bids, asks] = [new Float64Array(LEVELS * 2), new Float64Array(LEVELS * 2)];
  return () =>
    nsPerCall((i) => {
      const frame = read(frames[i % MESSAGES] as Buffer);
      if (frame === null) throw new Error('A message of the usual form was not read');
      write(book.bids, frame.bids);
      write(book.asks, frame.asks);
      book.bids.top(LEVELS, bids);
      book.asks.top(LEVELS, asks);
    }, CALLS);
}

/** What ccxt does with a message once it has come, without its waiting for it. */
async function ccxtRound(frames: readonly Buffer[]): Promise<() => number> {
  const { default: ccxt } = await import('ccxt');
  const client = new ccxt.pro.binanceusdm();
  const level = (n: number): [number, number] => [(MID_TICKS + n) / 10, Math.abs(n) / 1_000];
  const side = (sign: number): [number, number][] => Array.from({ length: SIDE_LEVELS }, (_, n) => level(sign * (n + 1)));
  const book = client.orderBook({ bids: side(-1), asks: side(1) }, SIDE_LEVELS);
  return () =>
    nsPerCall((i) => {
      const message = JSON.parse(String(frames[i % MESSAGES]));
      client.handleDeltas(book.asks, message.data.a);
      client.handleDeltas(book.bids, message.data.b);
      const { bids, asks } = book.limit();
      if (bids.slice(0, LEVELS).length + asks.slice(0, LEVELS).length < LEVELS) throw new Error('The book of ccxt is empty');
    }, CALLS_CCXT);
}

function messages(instrument: Instrument, changes: number): string[] {
  const random = new Random(7);
  const level = (sign: number): [string, string] => [
    formatSteps({ count: MID_TICKS + sign * (1 + Math.floor(random.exponential(120))), step: instrument.tickSize }),
    formatSteps({ count: random.chance(0.3) ? 0 : 1 + Math.floor(random.exponential(800)), step: instrument.stepSize }),
  ];
  const side = (sign: number): [string, string][] => Array.from({ length: changes / 2 }, () => level(sign));
  return Array.from({ length: MESSAGES }, (_, i) => {
    const last = 5_123_107_839_020 + i * 90;
    const times = { E: 1_795_000_000_101 + i, T: 1_795_000_000_099 + i };
    const ids = { U: last - 60, u: last, pu: last - 90 };
    const data = { e: 'depthUpdate', ...times, s: 'BTCUSDT', ...ids, b: side(-1), a: side(1) };
    return JSON.stringify({ stream: 'btcusdt@depth@100ms', data });
  });
}

function fullBook(): Book {
  const book = new Book();
  for (let i = 1; i <= SIDE_LEVELS; i++) {
    book.bids.set(MID_TICKS - i, i);
    book.asks.set(MID_TICKS + i, i);
  }
  return book;
}

function write(side: BookSide, levels: readonly number[]): void {
  for (let i = 0; i < levels.length; i += 2) side.set(levels[i] ?? 0, levels[i + 1] ?? 0);
}
