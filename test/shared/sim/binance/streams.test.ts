import { expect, test } from 'vitest';
import { Random } from '../../../../shared/random.ts';
import { type MarketRoute, MarketStreams } from '../../../../shared/sim/binance/streams.ts';
import { Exchange } from '../../../../shared/sim/exchange.ts';
import type { MarketEvent } from '../../../../shared/sim/exchange-events.ts';
import { makeFlow } from '../../../../shared/sim/flow.ts';
import { lots, ticks } from '../../../../shared/units.ts';
import { simInstrument } from '../../../kit/flow-harness.ts';

const START_MS = 1_799_999_990_000;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

type Sent = { readonly atMs: number; readonly stream: string; readonly data: unknown };

/** Two symbols for some seconds with listeners on `wanted` (route and stream); `also` happens at 2.5 s. */
function listen(wanted: readonly string[], { seconds, also = [] }: { readonly seconds: number; readonly also?: readonly MarketEvent[] }) {
  const sent: Sent[] = [];
  const random = new Random(1);
  let streams: MarketStreams | null = null;
  const exchange = new Exchange({
    startMs: START_MS,
    random: random.fork('exchange'),
    markets: SYMBOLS.map((symbol) => {
      const { instrument, startPrice } = simInstrument(symbol);
      const flow = makeFlow({ instrument, random: random.fork(symbol), startPrice, profile: 'normal' });
      return { kind: 'flow', flow, history: [], startPrice };
    }),
    accounts: [],
    onMarket: (event) => streams?.tell(event),
    onUser: () => {},
  });
  const wants = (route: MarketRoute, stream: string): boolean => wanted.includes(`${route} ${stream}`);
  streams = new MarketStreams({
    exchange,
    sink: {
      wants,
      send: ({ route, stream, text }) => {
        if (wants(route, stream)) sent.push({ atMs: exchange.nowMs - START_MS, stream, data: JSON.parse(text) as unknown });
      },
    },
  });
  exchange.advance(START_MS + 2_500);
  for (const event of also) streams.tell(event);
  exchange.advance(START_MS + seconds * 1_000);
  return sent;
}

const timesOf = (sent: readonly Sent[]): readonly number[] => [...new Set(sent.map(({ atMs }) => atMs))];

test.each([
  ['market btcusdt@markPrice@1s', [1_000, 2_000, 3_000, 4_000, 5_000, 6_000]],
  ['market btcusdt@markPrice', [1_000, 4_000]],
  ['market !markPrice@arr', [1_000, 4_000]],
  ['market !markPrice@arr@1s', [1_000, 2_000, 3_000, 4_000, 5_000, 6_000]],
  ['market btcusdt@ticker', [2_000, 4_000, 6_000]],
  ['market btcusdt@miniTicker', [2_000, 4_000, 6_000]],
  ['market !ticker@arr', [1_000, 2_000, 3_000, 4_000, 5_000, 6_000]],
  ['public !bookTicker', [5_000]],
  ['public btcusdt@rpiDepth@500ms', Array.from({ length: 12 }, (_, i) => 500 * (i + 1))],
])('MarketStreams sends %s at %j ms', (name, times) => {
  expect(timesOf(listen([name], { seconds: 6 }))).toEqual(times);
});

test.each([
  ['a stream on the other route', 'public btcusdt@markPrice@1s'],
  ['an all-market stream on the other route', 'public !ticker@arr'],
  ['depth on the market route', 'market btcusdt@depth@100ms'],
  ['an index that does not exist', 'market defiusdt@compositeIndex'],
  ['a contract that does not exist', 'market btcusdt_current_quarter@continuousKline_1m'],
])('MarketStreams keeps silent on %s', (_name, name) => {
  expect(listen([name], { seconds: 2 })).toEqual([]);
});

const liquidation = (symbol: string, size: number): MarketEvent => ({
  ...{ kind: 'liquidation', symbol, atMs: START_MS + 2_500, side: 'sell', price: ticks(600_000), size: lots(size) },
  ...{ averagePrice: ticks(600_100), status: 'filled' },
});

test('MarketStreams tells the largest liquidation of a symbol and second, at the end of that second', () => {
  const also = [liquidation('BTCUSDT', 5), liquidation('BTCUSDT', 9), liquidation('BTCUSDT', 7), liquidation('ETHUSDT', 1)];
  const sent = listen(['market btcusdt@forceOrder', 'market !forceOrder@arr'], { seconds: 6, also });
  expect(sent.map(({ atMs, stream, data }) => [atMs, stream, (data as { o: { s: string; q: string } }).o])).toEqual([
    [
      3_000,
      'btcusdt@forceOrder',
      expect.objectContaining({ s: 'BTCUSDT', S: 'SELL', q: '0.009', p: '60000.00', ap: '60010.00', X: 'FILLED' }),
    ],
    [3_000, '!forceOrder@arr', expect.objectContaining({ s: 'BTCUSDT', q: '0.009' })],
    [3_000, '!forceOrder@arr', expect.objectContaining({ s: 'ETHUSDT', q: '0.001' })],
  ]);
});

test('MarketStreams tells a changed contract at once', () => {
  const sent = listen(['market !contractInfo'], { seconds: 3, also: [{ kind: 'contract', symbol: 'ETHUSDT', atMs: START_MS + 2_500 }] });
  expect(sent).toEqual([
    { atMs: 2_500, stream: '!contractInfo', data: expect.objectContaining({ e: 'contractInfo', s: 'ETHUSDT', cs: 'TRADING', st: 1 }) },
  ]);
});

test('MarketStreams counts the trades of a bar from their ids', () => {
  const sent = listen(['market btcusdt@kline_1m', 'market btcusdt_perpetual@continuousKline_1m'], { seconds: 12 });
  const bars = sent.map(({ stream, data }) => ({ stream, k: (data as { k: Record<'f' | 'L' | 'n', number> & { x: boolean } }).k }));
  expect(bars.filter(({ k }) => k.x).map(({ stream }) => stream)).toEqual(['btcusdt@kline_1m', 'btcusdt_perpetual@continuousKline_1m']);
  for (const { k } of bars) expect(k.n === 0 ? [k.f, k.L] : [k.L - k.f + 1]).toEqual(k.n === 0 ? [-1, -1] : [k.n]);
  const plain = bars.filter(({ stream }) => stream === 'btcusdt@kline_1m');
  const end = plain.findIndex(({ k }) => k.x);
  const next = plain.slice(end + 1).find(({ k }) => k.n > 0);
  expect(next?.k.f).toBe((plain[end]?.k.L ?? 0) + 1);
});
