import { expect, test } from 'vitest';
import { MarketFeed } from '../../../../gateway/venues/binance/market-feed.ts';
import { Rest } from '../../../../gateway/venues/binance/rest.ts';
import { secretOf } from '../../../../gateway/venues/binance/sign.ts';
import type { HttpOutcome } from '../../../../gateway/venues/transport.ts';
import { VirtualClock } from '../../../../shared/clock.ts';
import { Random } from '../../../../shared/random.ts';
import { instrumentWith } from '../../../kit/venue-data.ts';

const MINUTE_MS = 60_000;
const symbolsOf = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `A${n}USDT`);

/** A feed of made-up symbols whose snapshots are answered when the test says so; venue time is the clock's. */
function feedOf(count: number, bars: ReadonlyMap<string, number> = new Map([['1m', 10]])) {
  const symbols = symbolsOf(count);
  const clock = new VirtualClock();
  const asked: { readonly symbol: string; readonly at: number; readonly answer: () => void }[] = [];
  const unanswered = (): number => asked.length - answered;
  let answered = 0;
  let mostAtOnce = 0;
  const send = ({ path }: { readonly path: string }): Promise<HttpOutcome> => {
    const symbol = new URLSearchParams(path.split('?')[1]).get('symbol') ?? '';
    const text = JSON.stringify({ lastUpdateId: 10, T: 1, bids: [['9.9', '1']], asks: [['10.1', '1']] });
    return new Promise((resolve) => {
      asked.push({
        symbol,
        at: clock.monoMs(),
        answer: () => {
          answered++;
          resolve({ kind: 'answer', status: 200, headers: new Map(), text });
        },
      });
      mostAtOnce = Math.max(mostAtOnce, unanswered());
    });
  };
  const rest = new Rest({ send, clock, apiKey: 'key', secret: secretOf('secret'), recvWindowMs: 5_000, onCall: () => {} });
  const instruments = new Map(symbols.map((symbol) => [symbol, instrumentWith({ symbol, tickSize: '0.1', stepSize: '1' })]));
  const delays: boolean[] = [];
  const refused: string[] = [];
  const unusual: boolean[] = [];
  const feed = new MarketFeed({
    ...{ rest, clock, instruments, bars, bookStaleMs: 1e9, lagMsMax: 1_000, closeGraceMs: 2_000 },
    random: new Random(1),
    retryMs: () => 0,
    health: () => [{ state: 'live', ageMs: 1 }],
    onRefused: (_stream, sentence) => refused.push(sentence),
    onReadFailed: () => {},
    onContract: () => {},
    onUnusual: () => unusual.push(true),
    onDelay: (_delayMs, late) => delays.push(late),
  });
  const depth = (symbol: string, lastId: number, sentMs: number = clock.wallMs()): string =>
    JSON.stringify({
      stream: `${symbol.toLowerCase()}@depth@100ms`,
      data: { e: 'depthUpdate', E: sentMs, T: sentMs, s: symbol, U: lastId, u: lastId, pu: lastId - 1, b: [['9.9', '2']], a: [] },
    });
  /** Answers whatever is asked, until nothing more is. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20 * count; turn++) {
      clock.advance(0);
      asked[answered]?.answer();
      await Promise.resolve();
    }
  };
  const live = (): number => symbols.filter((symbol) => feed.store.book(symbol).status === 'live').length;
  return { symbols, clock, asked, feed, depth, settle, live, delays, refused, unusual, mostAtOnce: () => mostAtOnce };
}

test('books of seventy symbols come live as their share of the weight allows: sixty in a minute, four at once, none lost', async () => {
  const { symbols, clock, asked, feed, depth, settle, live, mostAtOnce } = feedOf(70);
  const speak = (lastId: number): void => {
    for (const symbol of symbols) feed.publicFrame(depth(symbol, lastId));
  };
  speak(10);
  await settle();
  expect([asked.length, live(), mostAtOnce()]).toEqual([60, 60, 4]);
  clock.advance(MINUTE_MS - 1);
  await settle();
  expect(asked).toHaveLength(60);
  clock.advance(1_000);
  await settle();
  expect([live(), new Set(asked.map(({ symbol }) => symbol)).size]).toEqual([70, 70]);
  feed[Symbol.dispose]();
});

test('delay is measured from the time the venue sent a message, and one too late takes its book down', async () => {
  const { clock, feed, depth, settle, delays } = feedOf(1);
  feed.publicFrame(depth('A0USDT', 10, clock.wallMs() - 40));
  await settle();
  expect([feed.store.book('A0USDT').status, feed.store.health()]).toEqual(['live', { state: 'live', ageMs: 1, delayMs: 40 }]);
  feed.publicFrame(depth('A0USDT', 11, clock.wallMs() - 1_001));
  expect([feed.store.book('A0USDT').reason, delays]).toEqual(['lag', [false, true]]);
  feed.publicFrame(depth('A0USDT', 12));
  expect(feed.store.book('A0USDT').status).toBe('live');
  feed[Symbol.dispose]();
});

test('a depth message is read from its bytes; one in another form is counted, and left to the reader of its text', async () => {
  const { feed, depth, settle, refused, unusual } = feedOf(1);
  const told = (text: string): void => feed.publicFrame(text, new TextEncoder().encode(text));
  told(depth('A0USDT', 10));
  await settle();
  told(depth('A0USDT', 11));
  expect([feed.store.book('A0USDT').lastUpdateId, feed.store.book('A0USDT').status, unusual]).toEqual([11, 'live', []]);
  told(depth('A0USDT', 12).replace('"e":', '"n":1,"e":'));
  expect([feed.store.book('A0USDT').lastUpdateId, unusual, refused]).toEqual([12, [true], []]);
  told(depth('A0USDT', 13).replace('"9.9"', '"9.95"'));
  expect([feed.store.book('A0USDT').reason, unusual.length, refused.length]).toEqual(['unreadable', 2, 1]);
  feed[Symbol.dispose]();
});

test('best prices that cannot be read are refused, and leave the book as it is', async () => {
  const { feed, depth, settle, refused } = feedOf(1);
  feed.publicFrame(depth('A0USDT', 10));
  await settle();
  const best = (over: object): string =>
    JSON.stringify({
      stream: 'a0usdt@bookTicker',
      data: { e: 'bookTicker', u: 11, E: 1, T: 1, s: 'A0USDT', b: '9.9', B: '5', a: '10.1', A: '1', ...over },
    });
  feed.publicFrame(best({ b: '9.95' }));
  expect([refused.length, feed.store.book('A0USDT').status, feed.store.book('A0USDT').top]).toEqual([1, 'live', null]);
  feed.publicFrame(best({}));
  expect(feed.store.book('A0USDT').top).toMatchObject({ updateId: 11, bid: { price: 99, size: 5 } });
  feed.publicFrame(depth('A0USDT', 11));
  expect(feed.store.book('A0USDT').top).toBeNull();
  feed[Symbol.dispose]();
});

const trade = (tradeId: number): string =>
  JSON.stringify({
    stream: 'a0usdt@aggTrade',
    data: { e: 'aggTrade', E: 1, s: 'A0USDT', a: tradeId, p: '10.0', q: '1', f: tradeId, l: tradeId, T: 1, m: false },
  });

test('public trades that do not follow each other are told as missed, and so is a lost stream', () => {
  const { feed } = feedOf(1);
  const told: string[] = [];
  feed.listen({
    onBookLive: () => {},
    onTrade: ({ tradeId }) => void told.push(tradeId),
    onTradesMissed: (symbol) => void told.push(`missed ${symbol}`),
  });
  for (const tradeId of [7, 8, 10]) feed.marketFrame(trade(tradeId));
  feed.marketLost();
  for (const tradeId of [20, 21]) feed.marketFrame(trade(tradeId));
  expect(told).toEqual(['7', '8', 'missed A0USDT', '10', 'missed A0USDT', '20', '21']);
  feed.setOverlap(true);
  for (const tradeId of [21, 22, 22]) feed.marketFrame(trade(tradeId));
  expect(told.slice(7)).toEqual(['22']);
  feed[Symbol.dispose]();
});

test('bars of each interval that strategies read are kept apart, and those of another are not kept', () => {
  const { feed, asked, clock } = feedOf(
    1,
    new Map([
      ['1m', 3],
      ['5m', 2],
    ]),
  );
  feed.marketLive();
  clock.advance(0);
  expect(asked).toHaveLength(2);
  expect(['1m', '5m', '1h'].map((interval) => feed.store.bars('A0USDT', interval).status)).toEqual(Array(3).fill('bars-unknown'));
  feed[Symbol.dispose]();
});
