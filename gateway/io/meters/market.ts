/** Metrics of the data that comes in: streams and books. Ages are of the clock that trades. */
import type { Metrics, Sample } from '../../../shared/metrics.ts';
import { stateSet } from '../../../shared/metrics.ts';
import type { MarketView, StreamHealth } from '../../venues/venue.ts';
import type { Measured } from './measured.ts';

const STREAM_STATES = ['connecting', 'live', 'lost'] as const;
const BOOK_STATES = ['live', 'stale', 'syncing'] as const;
const inSeconds = (ms: number | null | undefined): number | null => (ms === null || ms === undefined ? null : ms / 1_000);

export function meterMarket(metrics: Metrics, { core }: Measured): void {
  const { venue, clock } = core;
  const streams = (): readonly (readonly [string, StreamHealth])[] => [
    ['market', venue.market.health()],
    ['account', venue.accountHealth()],
  ];
  metrics.readGauge({
    ...{ name: 'stream_state', help: 'Streams of the venue: 1 for the state that holds', labels: ['stream', 'state'] },
    read: () =>
      streams().flatMap(([stream, { state }]) =>
        stateSet('state', { states: STREAM_STATES, holds: (one) => one === state, labels: { stream } }),
      ),
  });
  metrics.readGauge({
    ...{ name: 'stream_age_seconds', help: 'Since a stream last said anything', labels: ['stream'] },
    read: () => streams().map(([stream, { ageMs }]): Sample => [{ stream }, inSeconds(ageMs)]),
  });
  metrics.readGauge({
    ...{ name: 'stream_delay_seconds', help: 'How long messages are on their way, smoothed', labels: ['stream'] },
    read: () => streams().map(([stream, { delayMs }]): Sample => [{ stream }, inSeconds(delayMs)]),
  });
  metrics.readGauge({
    ...{ name: 'venue_clock_age_seconds', help: 'Since the clock of the venue was read' },
    read: () => [[{}, inSeconds(venue.lineHealth?.().clockAgeMs)]],
  });
  meterBooks(metrics, { market: venue.market, symbols: [...venue.instruments.keys()], now: () => clock.monoMs() });
}

type Books = { readonly market: MarketView; readonly symbols: readonly string[]; readonly now: () => number };

function meterBooks(metrics: Metrics, { market, symbols, now }: Books): void {
  const each = (value: (symbol: string) => number | null): readonly Sample[] => symbols.map((symbol) => [{ symbol }, value(symbol)]);
  metrics.readGauge({
    ...{ name: 'book_state', help: 'Order books: 1 for the state that holds', labels: ['symbol', 'state'] },
    read: () =>
      symbols.flatMap((symbol) =>
        stateSet('state', { states: BOOK_STATES, holds: (state) => market.book(symbol).status === state, labels: { symbol } }),
      ),
  });
  metrics.readGauge({
    ...{ name: 'book_age_seconds', help: 'Since the newest frame that proves a book', labels: ['symbol'] },
    read: () =>
      each((symbol) => {
        const { receivedAt } = market.book(symbol);
        return receivedAt === null ? null : (now() - receivedAt) / 1_000;
      }),
  });
  metrics.readGauge({
    ...{ name: 'mark_age_seconds', help: 'Since the mark price came in', labels: ['symbol'] },
    read: () => each((symbol) => inSeconds(market.markAgeMs(symbol))),
  });
  metrics.readGauge({
    ...{ name: 'book_gaps_open', help: 'Gaps since a book was last live', labels: ['symbol'] },
    read: () => each((symbol) => market.counters(symbol).gapsUnresolved),
  });
  const counters = [
    ['book_messages_total', 'Depth messages', 'messages'],
    ['book_messages_applied_total', 'Depth messages that changed a book', 'applied'],
    ['book_messages_dropped_total', 'Depth messages that were older than the book, unreadable, or too many to keep', 'dropped'],
    ['book_gaps_total', 'Breaks in the sequence of depth messages', 'gaps'],
    ['book_resyncs_total', 'Books built anew', 'resyncs'],
  ] as const;
  for (const [name, help, key] of counters)
    metrics.readCounter({ name, help, labels: ['symbol'], read: () => each((symbol) => market.counters(symbol)[key]) });
}
