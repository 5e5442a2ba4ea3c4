/** The books that people use today, fed with the frames of the bench `book`: each by its own means, from the bytes of a frame to its 20 best levels. */
import { LEVELS, MESSAGES, MID_TICKS, SIDE_LEVELS } from './book-messages.ts';
import { nsPerCall } from './measure.ts';

const CALLS = 2_000;

/** Nanoseconds a message, whenever it is asked. */
export type PeerRound = () => number;

type Message = { readonly data: { readonly a: unknown; readonly b: unknown } };

/** What ccxt does with a message once it has come, without its waiting for it. */
export async function ccxtRound(frames: readonly Buffer[]): Promise<PeerRound> {
  const { default: ccxt } = await import('ccxt');
  const client = new ccxt.pro.binanceusdm();
  const side = (sign: number): [number, number][] => sideOf(sign).map(([price, size]) => [Number(price), Number(size)]);
  const book = client.orderBook({ bids: side(-1), asks: side(1) }, SIDE_LEVELS);
  return () =>
    nsPerCall((i) => {
      const message = parsed<Message>(frames, i);
      client.handleDeltas(book.asks, message.data.a);
      client.handleDeltas(book.bids, message.data.b);
      const { bids, asks } = book.limit();
      if (bids.slice(0, LEVELS).length + asks.slice(0, LEVELS).length < LEVELS) throw new Error('The book of ccxt is empty');
    }, CALLS);
}

/** tardis-dev: its mapper makes a book change of a message, its `OrderBook` takes that; the snapshot comes by the same way, as in its live feed. */
export async function tardisRound(frames: readonly Buffer[]): Promise<PeerRound> {
  const { normalizeBookChanges, OrderBook } = await import('tardis-dev');
  const now = new Date();
  const mapper = normalizeBookChanges('binance-futures', now);
  const book = new OrderBook();
  const take = (message: object): void => {
    if (!mapper.canHandle(message)) throw new Error('tardis-dev does not know the message');
    for (const change of mapper.map(message, now) ?? []) book.update(change);
  };
  const { U: first } = parsed<{ readonly data: { readonly U: number } }>(frames, 0).data;
  take({ stream: 'btcusdt@depthSnapshot', data: { lastUpdateId: first, T: now.getTime(), bids: sideOf(-1), asks: sideOf(1) } });
  return () =>
    nsPerCall((i) => {
      take(parsed<object>(frames, i));
      if (best(book.bids()).length + best(book.asks()).length < LEVELS) throw new Error('The book of tardis-dev is empty');
    }, CALLS);
}

function best<T>(levels: IterableIterator<T>): readonly T[] {
  const taken: T[] = [];
  for (const level of levels) if (taken.push(level) === LEVELS) break;
  return taken;
}

const parsed = <T>(frames: readonly Buffer[], i: number): T => JSON.parse(String(frames[i % MESSAGES])) as T;

function sideOf(sign: number): [string, string][] {
  const level = (n: number): [string, string] => [String((MID_TICKS + sign * n) / 10), String(n / 1_000)];
  return Array.from({ length: SIDE_LEVELS }, (_, n) => level(n + 1));
}
