/** The Binance USD-M venue, connected: pools, sockets, timers and logs around the adapter's cores. One code path for sim, testnet and mainnet. */
import { backoffMs } from '../../../../shared/backoff.ts';
import { type Clock, patienceMs, type Timer } from '../../../../shared/clock.ts';
import { barsRead, type Config } from '../../../../shared/config.ts';
import type { Instrument } from '../../../../shared/instrument.ts';
import type { Log } from '../../../../shared/log.ts';
import type { Metrics } from '../../../../shared/metrics.ts';
import type { Random } from '../../../../shared/random.ts';
import { err, ok, type Result } from '../../../../shared/result.ts';
import { type MonoMs, monoMs, type WallMs } from '../../../../shared/units.ts';
import { AccountSession } from '../../../account/session.ts';
import { type Http, type HttpOptions, openHttp } from '../../../io/http.ts';
import { RotatingStream } from '../../../io/rotation.ts';
import type { OpenSocket } from '../../../io/websocket.ts';
import { barsWanted, CLOSE_GRACE_MS } from '../../../market/bars.ts';
import type { HttpAnswer } from '../../transport.ts';
import type { MarketView, OrderEntry, OrderRoute, Reads, StopEntry, StreamHealth, Venue, VenueEvents, VenueFault } from '../../venue.ts';
import { RestStopEntry } from '../algo.ts';
import { decodeUser } from '../decode.ts';
import { privatePath } from '../encode.ts';
import { ListingReader } from '../listing-reader.ts';
import { endpointsOf, orderEntryProblem } from '../endpoints.ts';
import { readMarks } from '../first-marks.ts';
import { LineHealth } from '../line-health.ts';
import { prepare } from '../prepare.ts';
import { CALLS, type Endpoints } from '../limits.ts';
import { MarketFeed } from '../market-feed.ts';
import { RestOrderEntry } from '../orders.ts';
import { Rest } from '../rest.ts';
import { secretOf } from '../sign.ts';
import { ListenKey } from '../wire.ts';
import { checkKeyRights } from './key-rights.ts';
import { MarketStreams, OVERLAP_MS, ROTATE_MS, TICK_MS } from './market-streams.ts';
import { venueMeters, type VenueMeters } from './meters.ts';
import { WsApi } from './ws-api.ts';

const CLOCK_SYNC_MS = 60_000;
const LISTING_MS = 3_600_000;
/** At the start a read without an answer for this long is asked again; for so long after it, real time. */
const HEDGE_MS = 400;
const HEDGE_FOR_MS = 15_000;
/** While no request gets through, one tries. */
const PROBE_MS = 2_000;
/**
 * Depth longer on its way than this is too old to quote on: many times the usual tens of milliseconds, and well below the seconds after
 * which a silent book is not trusted either. A wrong clock looks the same, so it is read again.
 */
const LAG_MS = 1_000;
const LAG_SYNC_MS = 5_000;
/** The private stream may be idle: asked by ping, answered within. */
const PING_MS = 5_000;
const PONG_MS = 5_000;
const RETRY = { baseMs: 250, maxMs: 10_000 } as const;

export type VenueOptions = {
  readonly config: Config;
  /** Null: public data only; no key is asked for and no private stream opened. */
  readonly credentials: { readonly apiKey: string; readonly secret: string } | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Simulated per real time. */
  readonly speed?: number;
  /** Age at which a stream connection is replaced, ms. */
  readonly rotateMs?: number;
  /** Other hosts than those of the configuration and its environment. */
  readonly endpoints?: Endpoints;
  /** Once it is aborted no order that could open leaves any more, not even one that waits for its socket. */
  readonly ending?: AbortSignal;
  /** Another way to the venue than over the network, for runs on virtual time in one process. */
  readonly lines?: { readonly http: (options: HttpOptions) => Http; readonly socket: OpenSocket };
};

/** Syncs the clock, reads the instruments and proves the key. Opens no stream yet. */
export async function openBinance(options: VenueOptions): Promise<Result<Venue, VenueFault>> {
  const { config, credentials, clock, speed = 1 } = options;
  const endpoints = options.endpoints ?? endpointsOf(config);
  const secret = credentials && secretOf(credentials.secret);
  const problem = orderEntryProblem(config, { secret, endpoints });
  if (problem !== null) return err({ kind: 'rejected', reason: 'config', sentence: problem });
  const meters = venueMeters(options.metrics);
  const http = (options.lines?.http ?? openHttp)({ origin: endpoints.rest, clock, timeoutMs: config.gateway.requestTimeoutMs });
  const apiKey = credentials?.apiKey ?? '';
  const { recvWindowMs } = config.gateway;
  const line = new LineHealth(clock.monoMs());
  const rest = new Rest({
    send: http.send,
    clock,
    apiKey,
    secret: secret ?? secretOf(''),
    recvWindowMs,
    hedge: { afterMs: patienceMs(HEDGE_MS, speed), until: monoMs(clock.monoMs() + HEDGE_FOR_MS * speed) },
    onCall: (call, outcome, tookMs) => {
      meters.onCall(call, outcome, tookMs);
      if (call.method === 'GET') line.read(outcome);
    },
    onResult: (fault) => line.called(fault),
  });
  const instruments = await prepare({ rest, config, host: endpoints.rest, keyed: credentials !== null, clock });
  if (!instruments.ok) {
    await http[Symbol.asyncDispose]();
    return instruments;
  }
  const rights = await rightsOf(options, { origin: endpoints.wallet, rest });
  if (!rights.ok) {
    await http[Symbol.asyncDispose]();
    return rights;
  }
  for (const warning of rights.value) options.log.warn({ warning }, 'API key');
  return ok(new BinanceVenue({ ...options, endpoints, meters, rest, line, http, instruments: instruments.value }));
}

/** Only where the key guards real money; nowhere else is there a host to ask. */
async function rightsOf(
  { config, credentials, clock, lines }: VenueOptions,
  { origin, rest }: { readonly origin: string | undefined; readonly rest: Rest },
): Promise<Result<readonly string[], VenueFault>> {
  if (config.environment !== 'mainnet' || credentials === null) return ok([]);
  const { recvWindowMs, requestTimeoutMs: timeoutMs } = config.gateway;
  const key = { apiKey: credentials.apiKey, secret: secretOf(credentials.secret) };
  return checkKeyRights({ ...key, origin, openHttp: lines?.http ?? openHttp, clock, nowMs: rest.nowMs(), recvWindowMs, timeoutMs });
}

type Connected = VenueOptions & {
  readonly endpoints: Endpoints;
  readonly meters: VenueMeters;
  readonly rest: Rest;
  readonly line: LineHealth;
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
  readonly #speed: number;
  #streams: MarketStreams | null = null;
  #account: RotatingStream<AccountSession> | null = null;
  #api: WsApi | null = null;
  #lagSyncAt: MonoMs | null = null;
  readonly #listing: ListingReader;
  #events: VenueEvents | null = null;
  #timers: readonly Timer[] = [];

  constructor(parts: Connected) {
    const { rest, clock, config, meters } = parts;
    const instruments = new Map(parts.instruments);
    const log = parts.log.child({ room: 'venue' });
    const retryMs = this.#retryMs;
    this.#parts = { ...parts, log };
    this.instruments = instruments;
    this.orders = new RestOrderEntry({ rest, instruments, route: () => this.#route(), mayOpen: () => parts.ending?.aborted !== true });
    this.stops = new RestStopEntry({ rest, instruments });
    this.#speed = parts.speed ?? 1;
    this.#listing = new ListingReader({
      ...{ rest, clock, instruments, retryMs },
      onNews: (news) => this.#events?.onInstrument?.(news),
      onFailed: (reason, fault) => log.warn({ reason, fault }, 'Instruments could not be read'),
    });
    this.#feed = new MarketFeed({
      rest,
      clock,
      instruments,
      bars: new Map([...barsRead(config)].map(([interval, period]) => [interval, barsWanted(period)])),
      bookStaleMs: patienceMs(config.gateway.bookStaleMs, this.#speed),
      lagMsMax: patienceMs(LAG_MS, this.#speed),
      closeGraceMs: patienceMs(CLOSE_GRACE_MS, this.#speed),
      random: parts.random,
      retryMs,
      health: () => this.#streams?.health() ?? [{ state: 'connecting', ageMs: null }],
      onDelay: (delayMs, late) => this.#delayed(delayMs, late),
      onUnusual: () => meters.unusual(),
      onContract: (reason) => this.refreshInstruments(reason),
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

  lineHealth(): { readonly failing: boolean; readonly clockAgeMs: number; readonly reads: Reads } {
    const { line, clock } = this.#parts;
    return { failing: line.failing, clockAgeMs: line.clockAgeMs(clock.monoMs()), reads: line.reads };
  }

  refreshInstruments(reason: string): void {
    this.#listing.want(reason);
  }

  reopenAccount(reason: string): void {
    if (this.#account) this.#account.perform(this.#account.session.giveUp(reason));
  }

  nowMs(): WallMs {
    return this.#parts.rest.nowMs();
  }

  start(events: VenueEvents): Promise<void> {
    if (this.#streams) throw new Error('Cannot start the venue twice');
    const { clock, config, rotateMs = ROTATE_MS, log, meters, endpoints } = this.#parts;
    const feed = this.#feed;
    feed.listen(events);
    this.#events = events;
    this.#streams = new MarketStreams({
      ...{ clock, log, meters, feed, rotateMs, speed: this.#speed, retryMs: this.#retryMs },
      ...{ mayConnect: () => this.#parts.rest.waitMs() === 0, onRefused: this.#onRefused },
      openSocket: this.#parts.lines?.socket,
      ...{ host: endpoints.stream, symbols: [...this.instruments.keys()], intervals: [...barsRead(config).keys()] },
    });
    if (this.#parts.credentials) this.#account = this.#openAccount(events);
    this.#api = this.#openApi();
    this.#timers = [
      clock.every(TICK_MS, () => feed.tick()),
      clock.every(CLOCK_SYNC_MS, () => void this.#syncClock()),
      clock.every(LISTING_MS, () => this.refreshInstruments('hourly')),
      clock.every(PROBE_MS, () => void (this.#parts.line.failing && this.#syncClock())), // the first answer ends the silence
      clock.every(config.gateway.keepAliveMs, () => void this.#keepAlive()),
    ];
    void this.#readMarks();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#streams?.[Symbol.dispose]();
    this.#account?.[Symbol.dispose]();
    this.#api?.[Symbol.dispose]();
    this.#feed[Symbol.dispose]();
    this.#listing[Symbol.dispose]();
    await this.#parts.http[Symbol.asyncDispose]();
  }

  /** The stream is newer when it was faster. */
  async #readMarks(): Promise<void> {
    const { rest, log } = this.#parts;
    for (const read of await readMarks(rest, [...this.instruments.keys()])) {
      if (!read.ok) log.warn({ what: 'mark', fault: read.error }, 'Market data read failed');
      else for (const mark of read.value) if (this.#feed.store.mark(mark.symbol) === null) this.#feed.store.setMark(mark);
    }
  }

  /** Never before the end of a ban: an opening is a request like any other (reference sheet 2026-11, 5). */
  readonly #retryMs = (failures: number): number =>
    Math.max(Math.ceil(this.#parts.rest.waitMs()), backoffMs(failures, { ...RETRY, random: this.#parts.random }));

  /** A socket refused with 418 or 429 says the same as a call answered so. */
  readonly #onRefused = (answer: HttpAnswer): void => {
    const fault = this.#parts.rest.judge(answer);
    this.#parts.log.warn({ fault }, 'Stream refused by the venue');
  };

  #route(): OrderRoute {
    return this.#parts.config.gateway.orderEntry === 'rest' ? 'rest' : (this.#api?.route ?? 'fallback');
  }

  /** Null where orders leave over REST. */
  #openApi(): WsApi | null {
    const { config, endpoints, credentials, rest, clock, log, meters, rotateMs } = this.#parts;
    const { orderEntry, recvWindowMs, requestTimeoutMs } = config.gateway;
    if (orderEntry === 'rest' || endpoints.api === undefined || !credentials) return null;
    return new WsApi({
      ...{ url: endpoints.api, rest, clock, log, meters, recvWindowMs, retryMs: this.#retryMs },
      ...{ apiKey: credentials.apiKey, secret: secretOf(credentials.secret), timeoutMs: requestTimeoutMs },
      silenceMs: patienceMs(PING_MS, this.#speed),
      openSocket: this.#parts.lines?.socket,
      ...(rotateMs === undefined ? {} : { lifeMs: rotateMs }),
    });
  }

  /** A message that seems late may only be a clock that is wrong. */
  #delayed(delayMs: number, late: boolean): void {
    const { meters, clock, log } = this.#parts;
    meters.delay(delayMs);
    const now = clock.monoMs();
    if (!late || (this.#lagSyncAt !== null && now - this.#lagSyncAt < LAG_SYNC_MS)) return;
    this.#lagSyncAt = now;
    log.warn({ delayMs }, 'Depth is late; the clock is read again');
    void this.#syncClock();
  }

  /** On its own socket, so that bursts of depth never delay an order event. */
  #openAccount(events: VenueEvents): RotatingStream<AccountSession> {
    const { clock, log, meters, rotateMs = ROTATE_MS } = this.#parts;
    return new RotatingStream({
      clock,
      tickMs: TICK_MS,
      session: () => this.#accountSession(events),
      url: () => this.#privateUrl(),
      rotateMs: 0.98 * rotateMs, // not with the others
      overlapMsMax: patienceMs(OVERLAP_MS, this.#speed),
      openSocket: this.#parts.lines?.socket,
      ready: () => true, // its own `live` makes the account be read afresh
      onFrame: () => {},
      onRefused: this.#onRefused,
      onLive: () => log.info({ stream: 'private' }, 'Stream live'),
      onLost: (reason) => log.warn({ stream: 'private', reason }, 'Stream lost'),
      onTurn: (turn) => log.info({ stream: 'private', turn }, 'Stream connection replaced'),
      onClosed: (sentence) => {
        meters.closed('private');
        log.info({ stream: 'private', sentence }, 'Stream closed');
      },
    });
  }

  #accountSession(events: VenueEvents): AccountSession {
    const { log, meters } = this.#parts;
    return new AccountSession({
      pingMs: patienceMs(PING_MS, this.#speed),
      pongMs: patienceMs(PONG_MS, this.#speed),
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
  async #keepAlive(): Promise<void> {
    const { rest, log } = this.#parts;
    if (!this.#account) return;
    const answer = await rest.call(CALLS.listenKeyKeep, { schema: ListenKey.partial(), parameters: [] });
    if (answer.ok) return;
    log.error({ fault: answer.error }, 'Keep-alive of the private stream failed');
    if (answer.error.reason === 'listen-key-gone') this.reopenAccount('key-gone');
  }

  async #syncClock(): Promise<void> {
    const synced = await this.#parts.rest.syncClock();
    this.#parts.line.called(synced.ok ? null : synced.error);
    if (synced.ok) this.#parts.line.clockRead(this.#parts.clock.monoMs());
    else this.#parts.log.warn({ fault: synced.error }, 'Clock sync failed');
  }
}
