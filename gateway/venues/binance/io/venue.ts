/** The Binance USD-M venue, connected: pools, sockets, timers and logs around the adapter's cores. One code path for sim, testnet and mainnet. */
import { backoffMs } from '../../../../shared/backoff.ts';
import type { Clock, Timer } from '../../../../shared/clock.ts';
import type { Config } from '../../../../shared/config.ts';
import type { Instrument } from '../../../../shared/instrument.ts';
import type { Log } from '../../../../shared/log.ts';
import type { Metrics } from '../../../../shared/metrics.ts';
import type { Random } from '../../../../shared/random.ts';
import { err, ok, type Result } from '../../../../shared/result.ts';
import type { WallMs } from '../../../../shared/units.ts';
import { AccountSession } from '../../../account/session.ts';
import { openHttp } from '../../../io/http.ts';
import { driveStream, type StreamDriver } from '../../../io/stream-driver.ts';
import { barsWanted } from '../../../market/bars.ts';
import { MarketSession } from '../../../market/session.ts';
import type { MarketView, OrderEntry, StopEntry, StreamHealth, Venue, VenueEvents, VenueFault } from '../../venue.ts';
import { RestStopEntry } from '../algo.ts';
import { decodeUser } from '../decode.ts';
import { marketPath, privatePath, publicPath } from '../encode.ts';
import { instrumentsOf, rateLimitsOf } from '../instruments.ts';
import { CALLS, type Endpoints, ENDPOINTS, simEndpoints } from '../limits.ts';
import { MarketFeed } from '../market-feed.ts';
import { RestOrderEntry } from '../orders.ts';
import { Rest } from '../rest.ts';
import { secretOf } from '../sign.ts';
import { Balances, ExchangeInfo, ListenKey } from '../wire.ts';
import { venueMeters, type VenueMeters } from './meters.ts';

const TICK_MS = 100;
const CLOCK_SYNC_MS = 60_000;
/** A public stream without any message for this long is reopened; marks come every second and depth ten times as often. */
const SILENCE_MS = 5_000;
/** The private stream may be idle: asked by ping, answered within. */
const PING_MS = 5_000;
const PONG_MS = 5_000;
const RETRY = { baseMs: 250, maxMs: 10_000 } as const;

export type VenueOptions = {
  readonly config: Config;
  readonly credentials: { readonly apiKey: string; readonly secret: string };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Other hosts than those of the configuration and its environment. */
  readonly endpoints?: Endpoints;
};

/** Syncs the clock, reads the instruments and proves the key. Opens no stream yet. */
export async function openBinance(options: VenueOptions): Promise<Result<Venue, VenueFault>> {
  const { config, credentials, clock } = options;
  const endpoints = endpointsOf(options);
  const meters = venueMeters(options.metrics);
  const http = openHttp({ origin: endpoints.rest, clock, timeoutMs: config.gateway.requestTimeoutMs });
  const { apiKey, secret } = credentials;
  const { recvWindowMs } = config.gateway;
  const rest = new Rest({ send: http.send, clock, apiKey, secret: secretOf(secret), recvWindowMs, onCall: meters.onCall });
  const instruments = await prepare({ rest, config, host: endpoints.rest });
  if (!instruments.ok) {
    await http[Symbol.asyncDispose]();
    return instruments;
  }
  return ok(new BinanceVenue({ ...options, endpoints, meters, rest, http, instruments: instruments.value }));
}

function endpointsOf({ config, endpoints }: VenueOptions): Endpoints {
  const { environment } = config;
  if (endpoints) return endpoints;
  if (environment === 'sim') return config.endpoints.sim ?? simEndpoints(config.sim.port);
  if (environment === 'testnet') return config.endpoints.testnet ?? ENDPOINTS.testnet;
  return config.endpoints.mainnet ?? ENDPOINTS.mainnet; // paper trades on live public data
}

type Prepare = { readonly rest: Rest; readonly config: Config; readonly host: string };

async function prepare({ rest, config, host }: Prepare): Promise<Result<ReadonlyMap<string, Instrument>, VenueFault>> {
  const synced = await rest.syncClock();
  if (!synced.ok) return err({ ...synced.error, sentence: `Cannot reach the venue at ${host}: ${synced.error.sentence}` });
  const info = await rest.call(CALLS.exchangeInfo, { schema: ExchangeInfo, parameters: [] });
  if (!info.ok) return err({ ...info.error, sentence: `Cannot read the instruments at ${host}: ${info.error.sentence}` });
  rest.setLimits(rateLimitsOf(info.value));
  const instruments = instrumentsOf(info.value, config.symbols);
  if (!instruments.ok) return err({ kind: 'rejected', reason: 'symbol', sentence: instruments.error });
  const key = await rest.call(CALLS.balance, { schema: Balances, parameters: [] });
  if (key.ok) return ok(instruments.value);
  const refused = key.error.kind === 'auth' || key.error.kind === 'rejected';
  const what = refused ? `The venue at ${host} refuses the API key or its secret` : `Cannot read the account at ${host}`;
  return err({ ...key.error, kind: refused ? 'auth' : key.error.kind, sentence: `${what}: ${key.error.sentence}` });
}

type Connected = VenueOptions & {
  readonly endpoints: Endpoints;
  readonly meters: VenueMeters;
  readonly rest: Rest;
  readonly http: AsyncDisposable;
  readonly instruments: ReadonlyMap<string, Instrument>;
};

class BinanceVenue implements Venue {
  readonly name = 'binance';
  readonly instruments: ReadonlyMap<string, Instrument>;
  readonly orders: OrderEntry;
  readonly stops: StopEntry;
  readonly market: MarketView;
  readonly #parts: Connected;
  readonly #feed: MarketFeed;
  readonly #public: MarketSession;
  readonly #market: MarketSession;
  #account: AccountSession | null = null;
  #drivers: readonly StreamDriver[] = [];
  #timers: readonly Timer[] = [];

  constructor(parts: Connected) {
    const { rest, clock, config, instruments, meters } = parts;
    const log = parts.log.child({ room: 'venue' });
    const retryMs = this.#retryMs;
    this.#parts = { ...parts, log };
    this.instruments = instruments;
    this.orders = new RestOrderEntry({ rest, instruments });
    this.stops = new RestStopEntry({ rest, instruments });
    this.#public = new MarketSession({ silenceMsMax: SILENCE_MS, retryMs });
    this.#market = new MarketSession({ silenceMsMax: SILENCE_MS, retryMs });
    this.#feed = new MarketFeed({
      rest,
      clock,
      instruments,
      interval: config.strategy.macdTrend.interval,
      barsKept: barsWanted(config.strategy.macdTrend.slowPeriod),
      bookStaleMs: config.gateway.bookStaleMs,
      retryMs,
      health: () => [this.#public.health(clock.monoMs()), this.#market.health(clock.monoMs())],
      onRefused: (stream, sentence) => {
        meters.refused(stream);
        log.warn({ stream, sentence }, 'Stream message refused');
      },
      onReadFailed: (what, symbol, fault) => log.warn({ what, symbol, fault }, 'Market data read failed'),
    });
    this.market = this.#feed.store;
  }

  accountHealth(): StreamHealth {
    return this.#account?.health(this.#parts.clock.monoMs()) ?? { state: 'connecting', ageMs: null };
  }

  nowMs(): WallMs {
    return this.#parts.rest.nowMs();
  }

  start(events: VenueEvents): Promise<void> {
    if (this.#drivers.length > 0) throw new Error('Cannot start the venue twice');
    const { clock, config } = this.#parts;
    this.#feed.listen(events);
    const account = this.#openAccount(events);
    this.#drivers = [this.#openPublic(), this.#openMarket(), account];
    this.#timers = [
      clock.every(TICK_MS, () => this.#feed.tick()),
      clock.every(CLOCK_SYNC_MS, () => void this.#syncClock()),
      clock.every(config.gateway.keepAliveMs, () => void this.#keepAlive(account)),
    ];
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    for (const driver of this.#drivers) driver[Symbol.dispose]();
    this.#feed[Symbol.dispose]();
    await this.#parts.http[Symbol.asyncDispose]();
  }

  readonly #retryMs = (failures: number): number => backoffMs(failures, { ...RETRY, random: this.#parts.random });

  #openPublic(): StreamDriver {
    const url = `${this.#parts.endpoints.stream}${publicPath([...this.instruments.keys()])}`;
    return driveStream({
      ...this.#stream('public'),
      session: this.#public,
      url: () => Promise.resolve(url),
      onFrame: (text) => this.#feed.publicFrame(text),
      onLive: () => this.#parts.log.info({ stream: 'public' }, 'Stream live'),
      onLost: (reason) => this.#lost('public', reason, () => this.#feed.publicLost(reason)),
    });
  }

  #openMarket(): StreamDriver {
    const url = `${this.#parts.endpoints.stream}${marketPath([...this.instruments.keys()], this.#parts.config.strategy.macdTrend.interval)}`;
    return driveStream({
      ...this.#stream('market'),
      session: this.#market,
      url: () => Promise.resolve(url),
      onFrame: (text) => this.#feed.marketFrame(text),
      onLive: () => {
        this.#parts.log.info({ stream: 'market' }, 'Stream live');
        this.#feed.marketLive();
      },
      onLost: (reason) => this.#lost('market', reason, () => this.#feed.marketLost()),
    });
  }

  /** On its own socket, so that bursts of depth never delay an order event. */
  #openAccount(events: VenueEvents): StreamDriver {
    const { log, meters } = this.#parts;
    const session = new AccountSession({
      pingMs: PING_MS,
      pongMs: PONG_MS,
      retryMs: this.#retryMs,
      port: {
        decode: (text) => decodeUser(text, this.instruments),
        emit: (event) => events.onAccount(event),
        onUnknown: (name, first) => {
          meters.unknownEvent();
          if (first) log.warn({ event: name }, 'Unknown account event');
        },
        onUnreadable: (sentence) => {
          meters.refused('private');
          log.error({ sentence }, 'Account event could not be read; the account is read afresh');
        },
        onExpired: () => log.error({ stream: 'private' }, 'Key of the private stream expired; a new one is asked for'),
      },
    });
    this.#account = session;
    return driveStream({
      ...this.#stream('private'),
      session,
      url: () => this.#privateUrl(),
      onFrame: () => {},
      onLive: () => log.info({ stream: 'private' }, 'Stream live'),
      onLost: (reason) => this.#lost('private', reason, () => {}),
    });
  }

  #stream(stream: 'public' | 'market' | 'private') {
    const { clock, log, meters } = this.#parts;
    const onClosed = (sentence: string): void => {
      meters.closed(stream);
      log.info({ stream, sentence }, 'Stream closed');
    };
    return { clock, tickMs: TICK_MS, onClosed };
  }

  #lost(stream: string, reason: string, tell: () => void): void {
    this.#parts.log.warn({ stream, reason }, 'Stream lost');
    tell();
  }

  /** Each opening asks for the key: POST returns the one in force and extends it (reference sheet 2026-11, 8.1). */
  async #privateUrl(): Promise<string | null> {
    const { rest, endpoints, log } = this.#parts;
    const answer = await rest.call(CALLS.listenKeyCreate, { schema: ListenKey, parameters: [] });
    if (answer.ok) return `${endpoints.stream}${privatePath(answer.value.listenKey)}`;
    log.warn({ fault: answer.error }, 'No key for the private stream');
    return null;
  }

  /** The key lives 60 minutes; one failure is an alarm, and a key that is gone means a stream that is silent. */
  async #keepAlive(driver: StreamDriver): Promise<void> {
    const { rest, log } = this.#parts;
    const answer = await rest.call(CALLS.listenKeyKeep, { schema: ListenKey.partial(), parameters: [] });
    if (answer.ok) return;
    log.error({ fault: answer.error }, 'Keep-alive of the private stream failed');
    if (answer.error.reason === 'listen-key-gone') driver.perform(this.#account?.giveUp('key-gone') ?? []);
  }

  async #syncClock(): Promise<void> {
    const synced = await this.#parts.rest.syncClock();
    if (!synced.ok) this.#parts.log.warn({ fault: synced.error }, 'Clock sync failed');
  }
}
