/** Depth message: text -> parsed, checked, applied, top 20 read; beside a bare `JSON.parse` of the same text. */
import { depthReader } from '../../gateway/venues/binance/depth-frame.ts';
import { Book, type BookSide } from '../../shared/book.ts';
import { type Instrument, makeInstrument } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import { formatSteps } from '../../shared/units.ts';
import { type Figure, nsPerCall, sideBySide } from './measure.ts';

const MESSAGES = 2_000;
const CALLS = 20_000;
const LEVELS = 20;
const MID_TICKS = 640_000;
const SIDE_LEVELS = 1_000;

export async function benchBook(changes: number): Promise<Figure> {
  const found = findInstrument('BTCUSDT');
  const instrument = found ? makeInstrument(found.spec) : 'BTCUSDT is not in the list';
  if (typeof instrument === 'string') throw new Error(instrument);
  const texts = messages(instrument, changes);
  const read = depthReader([instrument]);
  const book = fullBook();
  const top = new Float64Array(LEVELS * 4);
  const ours = (): number =>
    nsPerCall((i) => {
      const frame = read(texts[i % MESSAGES] ?? '');
      if ('refused' in frame) throw new Error(frame.refused);
      write(book.bids, frame.bids);
      write(book.asks, frame.asks);
      readTop(book, top);
    }, CALLS);
  const floor = (): number => nsPerCall((i) => JSON.parse(texts[i % MESSAGES] ?? ''), CALLS);
  const { ratio, ours: mine, floor: bare, conclusive } = await sideBySide({ ours, floor });
  const beside = `${(mine / 1_000).toFixed(1)} µs against bare JSON.parse ${(bare / 1_000).toFixed(1)} µs`;
  return { name: `book: parse + apply + top ${LEVELS}, ${changes} changes`, value: ratio, unit: '×', goal: 2, beside, conclusive };
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
    const data = {
      e: 'depthUpdate',
      E: 1_795_000_000_101 + i,
      T: 1_795_000_000_099 + i,
      s: 'BTCUSDT',
      U: last - 60,
      u: last,
      pu: last - 90,
      b: side(-1),
      a: side(1),
    };
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

function readTop({ bids, asks }: Book, top: Float64Array): void {
  for (let i = 0; i < LEVELS; i++) {
    top[i * 4] = bids.priceAt(i) ?? 0;
    top[i * 4 + 1] = bids.sizeAt(i);
    top[i * 4 + 2] = asks.priceAt(i) ?? 0;
    top[i * 4 + 3] = asks.sizeAt(i);
  }
}
