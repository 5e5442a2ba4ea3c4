/**
 * One tick of twenty symbols: every document as the gateway writes it, after half of the levels shown have got another size and every second
 * time another best price; beside the same documents, already made, through a bare `JSON.stringify`.
 */
import type { SymbolMoment } from '../../gateway/publish/snapshot.ts';
import { SnapshotTexts } from '../../gateway/publish/texts.ts';
import { Book } from '../../shared/book.ts';
import { type Instrument, makeInstrument } from '../../shared/instrument.ts';
import { SIM_INSTRUMENTS } from '../../shared/sim/instruments.ts';
import { keysOf } from '../../shared/snapshot.ts';
import { atoms, lots, monoMs, ticks, wallMs } from '../../shared/units.ts';
import { header } from '../../test/kit/brain.ts';
import { type Figure, nsPerCall, ROUNDS, sideBySide } from './measure.ts';

const SYMBOLS = 20;
const LEVELS = 20;
const MID_TICKS = 640_000;
const CHANGES = 10;
const CALLS = 200;

export async function benchRender(): Promise<Figure> {
  const symbols = SIM_INSTRUMENTS.slice(0, SYMBOLS).map(({ spec }) => momentOf(makeInstrument(spec)));
  const keys = keysOf('mm:bench');
  const texts = new SnapshotTexts(keys);
  const rest = { keys, header: header(), accountKnown: true, balances: [], symbols, bookLevels: LEVELS };
  const render = (n: number) => {
    for (const { book } of symbols) change(book.book, n);
    return texts.render({ ...rest, now: monoMs(n) });
  };
  const documents: readonly unknown[] = render(0).map(([, text]) => (text?.startsWith('{') ? JSON.parse(text) : text));
  const bare = (): void => {
    for (const document of documents) JSON.stringify(document);
  };
  const { ratio, ours, floor, conclusive } = await sideBySide({
    ours: () => nsPerCall(render, CALLS),
    floor: () => nsPerCall(bare, CALLS),
  });
  return {
    ...{
      name: `snapshot rendered, ${SYMBOLS} symbols / bare JSON.stringify`,
      value: ratio,
      unit: '×',
      goal: null,
      conclusive,
      rounds: ROUNDS,
    },
    ...{
      ours: ours / 1_000,
      floor: floor / 1_000,
      rawUnit: 'µs',
      beside: `${documents.length} documents, ${LEVELS} levels a side, ${CHANGES} changed`,
    },
  };
}

function momentOf(instrument: Instrument | string): SymbolMoment {
  if (typeof instrument === 'string') throw new Error(instrument);
  return {
    ...{ instrument, mark: null, markAgeMs: null, entryPrice: null, leverage: 10, isolated: false, commission: null },
    ...{ liquidationPrice: null, orders: [], bars: new Map(), stop: null },
    book: {
      ...{ status: 'live', reason: '', book: fullBook(), lastUpdateId: 1, exchangeMs: wallMs(1_795_000_000_000) },
      ...{ knownFrom: null, knownTo: null, top: null, receivedAt: monoMs(0) },
    },
    position: {
      ...{
        symbol: instrument.symbol,
        baseline: lots(0),
        sinceTradeId: null,
        lastTradeId: null,
        size: lots(0),
        cost: atoms(0n),
        realized: atoms(0n),
      },
      ...{ fees: {}, funding: atoms(0n), volume: atoms(0n), fills: 0 },
    },
  };
}

/** The best prices are there in every second tick only. */
function change({ bids, asks }: Book, n: number): void {
  for (let i = 1; i <= CHANGES; i++) {
    const size = i === 1 && n % 2 === 1 ? 0 : 1 + ((n * 131 + i * 17) % 4_000);
    bids.set(ticks(MID_TICKS - i), size);
    asks.set(ticks(MID_TICKS + i), size);
  }
}

function fullBook(): Book {
  const book = new Book();
  for (let i = 1; i <= LEVELS * 2; i++) {
    book.bids.set(ticks(MID_TICKS - i), i);
    book.asks.set(ticks(MID_TICKS + i), i);
  }
  return book;
}
