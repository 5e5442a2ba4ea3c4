/**
 * Depth message: bytes of a frame -> parsed, checked, applied, top 20 read; beside a bare `JSON.parse` of the same bytes, and beside the books
 * of ccxt and tardis-dev on the same messages, in the same rounds.
 */
import { byteReader } from '../../gateway/venues/binance/depth-bytes.ts';
import { Book, type BookSide } from '../../shared/book.ts';
import { type Instrument, makeInstrument } from '../../shared/instrument.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import { depthMessages, LEVELS, MESSAGES, MID_TICKS, SIDE_LEVELS } from './book-messages.ts';
import { ccxtRound, type PeerRound, tardisRound } from './book-peers.ts';
import { type Figure, median, nsPerCall, ROUNDS, sideBySide } from './measure.ts';

const CALLS = 20_000;
/** Of a bare JSON.parse. */
const GOAL_FLOOR = 0.35;

type Peer = {
  readonly name: string;
  readonly does: string;
  /** How many times faster ours is to be. */
  readonly goal: number;
  readonly round: PeerRound;
  readonly times: number[];
};

export async function benchBook(changes: number): Promise<readonly Figure[]> {
  const found = findInstrument('BTCUSDT');
  const instrument = found ? makeInstrument(found.spec) : 'BTCUSDT is not in the list';
  if (typeof instrument === 'string') throw new Error(instrument);
  const texts = depthMessages(instrument, changes);
  const frames = texts.map((text) => Buffer.from(text));
  const peers: readonly Peer[] = [
    { name: 'ccxt', does: `its book and a slice of ${LEVELS} a side`, goal: 15, round: await ccxtRound(frames), times: [] },
    { name: 'tardis-dev', does: `its mapper, its OrderBook and ${LEVELS} a side`, goal: 10, round: await tardisRound(frames), times: [] },
  ];
  const floor = (): number => {
    for (const { round, times } of peers) times.push(round()); // in the same rounds
    return nsPerCall((i) => JSON.parse(texts[i % MESSAGES] as string), CALLS);
  };
  const { ratio, ours, floor: bare, conclusive } = await sideBySide({ ours: oursRound(instrument, frames), floor });
  const name = `book: parse + apply + top ${LEVELS}, ${changes} changes`;
  const beside = `${(ours / 1_000).toFixed(2)} µs against bare JSON.parse ${(bare / 1_000).toFixed(2)} µs`;
  return [
    {
      ...{ name, value: ratio, unit: '×', goal: GOAL_FLOOR, beside, conclusive, rounds: ROUNDS },
      ...{ ours: ours / 1_000, floor: bare / 1_000, rawUnit: 'µs', peers: peers.map((peer) => asPeer(peer, ours)) },
    },
    ...peers.map((peer) => besidePeer(peer, { name, ours, conclusive })),
  ];
}

function asPeer({ name, times }: Peer, ours: number): NonNullable<Figure['peers']>[number] {
  const theirs = median(times.slice(1)); // the first one warmed up
  return { name, value: theirs / 1_000, ratio: theirs / ours };
}

type Ours = { readonly name: string; readonly ours: number; readonly conclusive: boolean };

function besidePeer({ name: peer, does, goal, times }: Peer, { name, ours, conclusive }: Ours): Figure {
  const theirs = median(times.slice(1)); // the first one warmed up
  return {
    ...{ name: `${name}, share of ${peer}'s time`, value: (ours / theirs) * 100, unit: '%', goal: 100 / goal, conclusive },
    beside: `${(theirs / ours).toFixed(1)} times faster: ${peer} ${(theirs / 1_000).toFixed(1)} µs for JSON.parse, ${does}`,
  };
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
