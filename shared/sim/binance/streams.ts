/** Which market streams exist on which route, and what an event sends on each (reference sheet 2026-11, sections 1.1 and 6). */
import type { Exchange } from '../exchange.ts';
import type { MarketEvent } from '../exchange-events.ts';
import { INTERVALS } from '../history.ts';
import { bestMessage, depthMessage, klineMessage, markMessage, tradesMessage } from './market-json.ts';

export type MarketRoute = 'public' | 'market';
export type StreamMessage = { readonly route: MarketRoute; readonly stream: string; readonly text: () => string };
/** Whether anybody listens: nothing is written for nobody. */
export type Wanted = (route: MarketRoute, stream: string) => boolean;

type OfKind<K extends MarketEvent['kind']> = Extract<MarketEvent, { kind: K }>;

const PARTIAL_LEVELS = [5, 10, 20];
/** Update speed as it is written in a stream name; 250 ms is written by leaving it out. */
const SPEED_SUFFIX: Readonly<Record<number, readonly string[]>> = { 100: ['@100ms', '@0ms'], 250: [''], 500: ['@500ms'] };
const SLOW_MARK_PERIOD_S = 3;

/** The messages of one event on the streams that are wanted. */
export function messagesOf(exchange: Exchange, event: MarketEvent, wanted: Wanted): readonly StreamMessage[] {
  return candidates(exchange, event).filter(({ route, stream }) => wanted(route, stream));
}

function candidates(exchange: Exchange, event: MarketEvent): readonly StreamMessage[] {
  const { instrument } = exchange.market(event.symbol);
  const name = event.symbol.toLowerCase();
  switch (event.kind) {
    case 'depth':
      return depthMessages(exchange, event);
    case 'best':
      return [{ route: 'public', stream: `${name}@bookTicker`, text: once(() => bestMessage(instrument, event)) }];
    case 'trades':
      return [{ route: 'market', stream: `${name}@aggTrade`, text: once(() => tradesMessage(instrument, event)) }];
    case 'mark':
      return markMessages(exchange, event);
    case 'bars':
      return Object.keys(INTERVALS).flatMap((interval) => barMessages(exchange, event, interval));
    case 'bar-closed':
      return closedBar(exchange, event);
    case 'frame':
      return frameMessages(exchange, event);
    default:
      throw new Error(`Cannot send event: ${JSON.stringify(event satisfies never)}`);
  }
}

function depthMessages(exchange: Exchange, event: OfKind<'depth'>): readonly StreamMessage[] {
  const { instrument } = exchange.market(event.symbol);
  const name = event.symbol.toLowerCase();
  const text = once(() => depthMessage(instrument, event));
  const suffixes = SPEED_SUFFIX[event.periodMs] ?? [];
  return suffixes.flatMap((suffix) => [
    { route: 'public' as const, stream: `${name}@depth${suffix}`, text },
    ...partials(exchange, event, suffix),
  ]);
}

/** The whole top of the book, with the field names of a diff. */
function partials(exchange: Exchange, event: OfKind<'depth'> | OfKind<'frame'>, suffix: string): readonly StreamMessage[] {
  const market = exchange.market(event.symbol);
  return PARTIAL_LEVELS.map((levels) => ({
    route: 'public',
    stream: `${event.symbol.toLowerCase()}@depth${levels}${suffix}`,
    text: once(() => {
      const { bids, asks, lastUpdateId } = market.depth(levels);
      const ids =
        event.kind === 'depth' ? { first: event.first, previous: event.previous } : { first: lastUpdateId, previous: lastUpdateId };
      return depthMessage(market.instrument, {
        kind: 'depth',
        symbol: event.symbol,
        atMs: event.atMs,
        periodMs: 0,
        ...ids,
        last: lastUpdateId,
        bids,
        asks,
      });
    }),
  }));
}

function markMessages(exchange: Exchange, event: OfKind<'mark'>): readonly StreamMessage[] {
  const { feed } = exchange.market(event.symbol);
  const stream = `${event.symbol.toLowerCase()}@markPrice`;
  const text = once(() => markMessage(event.symbol, feed.mark.get()));
  const slow = Math.floor(event.atMs / 1_000) % SLOW_MARK_PERIOD_S === 0;
  return [{ route: 'market', stream: `${stream}@1s`, text }, ...(slow ? [{ route: 'market' as const, stream, text }] : [])];
}

function barMessages(exchange: Exchange, { symbol, atMs }: OfKind<'bars'>, interval: string): readonly StreamMessage[] {
  const { feed } = exchange.market(symbol);
  const bar = feed.recorded.has(interval) ? null : feed.bars.open(interval);
  if (!bar) return [];
  return [
    {
      route: 'market',
      stream: klineStream(symbol, interval),
      text: once(() => klineMessage({ symbol, interval, bar, final: false, atMs })),
    },
  ];
}

function closedBar(exchange: Exchange, { symbol, interval, atMs, openMs }: OfKind<'bar-closed'>): readonly StreamMessage[] {
  const { bars, recorded } = exchange.market(symbol).feed;
  const bar = bars.closed(interval).findLast((each) => each.openMs === openMs);
  if (!bar || recorded.has(interval)) return [];
  return [
    {
      route: 'market',
      stream: klineStream(symbol, interval),
      text: once(() => klineMessage({ symbol, interval, bar, final: true, atMs })),
    },
  ];
}

/** A recorded message goes out byte for byte, on every speed that was asked for. */
function frameMessages(exchange: Exchange, event: OfKind<'frame'>): readonly StreamMessage[] {
  const name = event.symbol.toLowerCase();
  const text = (): string => event.raw;
  switch (event.feed) {
    case 'depth': {
      const suffixes = Object.values(SPEED_SUFFIX).flat();
      return suffixes.flatMap((suffix) => [
        { route: 'public' as const, stream: `${name}@depth${suffix}`, text },
        ...partials(exchange, event, suffix),
      ]);
    }
    case 'best':
      return [{ route: 'public', stream: `${name}@bookTicker`, text }];
    case 'trades':
      return [{ route: 'market', stream: `${name}@aggTrade`, text }];
    case 'single-trade':
      return [{ route: 'market', stream: `${name}@trade`, text }];
    case 'bar':
      return [{ route: 'market', stream: klineStream(event.symbol, event.interval ?? ''), text }];
    default:
      throw new Error(`Cannot send frame: ${JSON.stringify(event.feed satisfies never)}`);
  }
}

const klineStream = (symbol: string, interval: string): string => `${symbol.toLowerCase()}@kline_${interval}`;

/** Written at most once, however many streams carry it. */
function once(write: () => string): () => string {
  let text: string | null = null;
  return () => {
    text ??= write();
    return text;
  };
}
