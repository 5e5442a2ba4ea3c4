/** Real captures with messages removed, repeated and swapped at every position: a book that says live is the true one. */
import { describe, expect, test } from 'vitest';
import { Books, type DepthFrame, type DepthSnapshot } from '../../../../gateway/market/books.ts';
import { snapshotOf } from '../../../../gateway/venues/binance/decode-rest.ts';
import { DepthRule } from '../../../../gateway/venues/binance/depth.ts';
import { depthReader, depthScale } from '../../../../gateway/venues/binance/depth-frame.ts';
import { Depth } from '../../../../gateway/venues/binance/wire.ts';
import type { BookView } from '../../../../gateway/venues/venue.ts';
import { Book, type BookSide } from '../../../../shared/book.ts';
import type { Instrument } from '../../../../shared/instrument.ts';
import { monoMs } from '../../../../shared/units.ts';
import { recorded } from '../../../kit/data.ts';
import { BTCUSDT, instrumentWith, rawMessages } from '../../../kit/venue-data.ts';

/** Levels a side that are compared, and that a snapshot of a trial brings: so few that the market often nears their edge. */
const COMPARED = 20;
const GIVEN = 60;
/** Messages of a trial before and after the one that is mutated. */
const BEFORE = 3;
const AFTER = 6;

type Capture = {
  readonly symbol: string;
  readonly frames: readonly DepthFrame[];
  /** The true book after each frame. */
  readonly truths: readonly DepthSnapshot[];
};

/** Frames of a capture that follow its snapshot, and the book after each, by bare application. */
function capture(paths: readonly string[], instrument: Instrument): Capture {
  const read = depthReader([instrument]);
  const book = new Book();
  const frames: DepthFrame[] = [];
  const truths: DepthSnapshot[] = [];
  let anchor: number | null = null;
  for (const text of paths.flatMap(rawMessages)) {
    const message = JSON.parse(text);
    if (message.lastUpdateId !== undefined && anchor === null) {
      const snapshot = snapshotOf(Depth.parse(message), depthScale(instrument));
      write(book, snapshot);
      anchor = snapshot.lastUpdateId;
      frames.length = 0;
    } else if (message.data?.e === 'depthUpdate' && message.data.s === instrument.symbol) {
      const frame = read(text);
      if ('refused' in frame) throw new Error(frame.refused);
      if (anchor === null || frame.lastId < anchor) continue;
      write(book, frame);
      frames.push(frame);
      truths.push(topOf(book, frame.lastId));
    }
  }
  return { symbol: instrument.symbol, frames, truths };
}

function write(book: Book, { bids, asks }: Pick<DepthFrame, 'bids' | 'asks'>): void {
  for (const [side, levels] of [
    [book.bids, bids],
    [book.asks, asks],
  ] as const)
    for (let i = 0; i < levels.length; i += 2) side.set(levels[i] ?? 0, levels[i + 1] ?? 0);
}

const levelsOf = (side: BookSide, limit: number): readonly number[] =>
  Array.from({ length: Math.min(limit, side.count) }, (_, n) => [side.priceAt(n) ?? 0, side.sizeAt(n)]).flat();

function topOf(book: Book, lastUpdateId: number): DepthSnapshot {
  const [bids, asks] = [levelsOf(book.bids, GIVEN), levelsOf(book.asks, GIVEN)];
  const [knownFrom, knownTo] = [book.bids.priceAt(GIVEN - 1), book.asks.priceAt(GIVEN - 1)];
  return { lastUpdateId, exchangeMs: 0, bids, asks, knownFrom, knownTo };
}

type Mutation = (frames: readonly DepthFrame[], at: number) => readonly DepthFrame[];
const MUTATIONS: readonly (readonly [string, Mutation])[] = [
  ['removed', (frames, at) => frames.toSpliced(at, 1)],
  ['repeated', (frames, at) => frames.toSpliced(at, 0, frames[at] as DepthFrame)],
  ['repeated later', (frames, at) => frames.toSpliced(at + 3, 0, frames[at] as DepthFrame)],
  ['swapped with the next', (frames, at) => frames.toSpliced(at, 2, frames[at + 1] as DepthFrame, frames[at] as DepthFrame)],
  ['late by three', (frames, at) => frames.toSpliced(at, 1).toSpliced(at + 3, 0, frames[at] as DepthFrame)],
];

type Trial = { readonly live: number; readonly dead: number; readonly wrong: readonly string[]; readonly liveAtEnd: boolean };

/** Feeds a mutated window to a book that is live before it; snapshots asked for are answered with the newest truth, two messages later. */
function trial({ symbol, frames, truths }: Capture, at: number, mutate: Mutation): Trial {
  const from = at - BEFORE;
  const window = frames.slice(from, at + AFTER + 1);
  const byId = new Map(truths.slice(from - 1, at + AFTER + 1).map((truth) => [truth.lastUpdateId, truth]));
  let asked = true;
  const books = new Books({
    symbols: [symbol],
    rule: () => new DepthRule(),
    staleMs: 60_000,
    port: {
      fetchSnapshot: () => {
        asked = true;
      },
      onLive: () => {},
      onTop: () => {},
      retryMs: () => 0,
    },
  });
  const load = (truth: DepthSnapshot | undefined): void => {
    if (!truth) return;
    asked = false;
    books.load(symbol, truth, monoMs(0));
  };
  load(truths[from - 1]);
  const found = { live: 0, dead: 0, wrong: [] as string[] };
  let newest = from - 1;
  for (const [n, frame] of mutate(window, BEFORE).entries()) {
    books.frame(frame, monoMs(n));
    newest = Math.max(newest, from + window.indexOf(frame));
    if (asked && n % 2 === 1) load(truths[newest]);
    const view = books.view(symbol);
    if (view.status !== 'live') found.dead++;
    else if (isTrue(view, byId.get(view.lastUpdateId))) found.live++;
    else found.wrong.push(`position ${at}, message ${n}, update ${view.lastUpdateId}`);
  }
  return { ...found, liveAtEnd: books.view(symbol).status === 'live' };
}

/** Equal where the snapshot reached: what a fast market uncovers beyond it is known to be unknown. */
function isTrue({ book, knownFrom, knownTo }: BookView, truth: DepthSnapshot | undefined): boolean {
  if (!truth) return false;
  const same = (side: BookSide, levels: readonly number[], isKnown: (price: number) => boolean): boolean => {
    for (let n = 0; n < Math.min(COMPARED, levels.length / 2); n++) {
      const price = levels[2 * n] ?? 0;
      if (!isKnown(price)) return n > 0;
      if (side.priceAt(n) !== price || side.sizeAt(n) !== levels[2 * n + 1]) return false;
    }
    return true;
  };
  return (
    same(book.bids, truth.bids, (price) => knownFrom === null || price >= knownFrom) &&
    same(book.asks, truth.asks, (price) => knownTo === null || price <= knownTo)
  );
}

function expectNeverWrong(given: Capture, stride: number): void {
  for (const [name, mutate] of MUTATIONS) {
    const sum = { trials: 0, live: 0, dead: 0, back: 0, wrong: [] as string[] };
    for (let at = BEFORE + 1; at < given.frames.length - AFTER; at += stride) {
      const { live, dead, wrong, liveAtEnd } = trial(given, at, mutate);
      sum.trials++;
      sum.live += live;
      sum.dead += dead;
      sum.back += liveAtEnd ? 1 : 0;
      sum.wrong.push(...wrong);
    }
    expect({ name, wrong: sum.wrong }).toEqual({ name, wrong: [] });
    expect(sum.live, `${name}: books that were live and right`).toBeGreaterThan(3 * sum.trials);
    expect(sum.dead, `${name}: the fault was noticed`).toBeGreaterThan(0);
    expect(sum.back / sum.trials, `${name}: books that are live again at the end`).toBeGreaterThan(0.95);
  }
}

describe('a capture with a message removed, repeated or swapped at every position is true or not live', () => {
  const btc = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
  test.skipIf(btc === null)('BTCUSDT of 2024, every position', () => expectNeverWrong(capture([btc ?? ''], BTCUSDT), 1), 60_000);

  const four = recorded('book/binance-usdm/SUSHI-AKRO-KEEP-CTK_20210722.jsonl.gz');
  test.skipIf(four === null)('SUSHIUSDT of 2021, every position', () =>
    expectNeverWrong(capture([four ?? ''], instrumentWith({ symbol: 'SUSHIUSDT', tickSize: '0.0010', stepSize: '1' })), 1),
  );

  const coin = recorded('book/binance-coinm/BTCUSD_PERP_20240808.raw.gz');
  test.skipIf(coin === null)('BTCUSD_PERP of 2024, every fortieth position', () =>
    expectNeverWrong(capture([coin ?? ''], instrumentWith({ symbol: 'BTCUSD_PERP', tickSize: '0.1', stepSize: '1' })), 40),
  );
});
