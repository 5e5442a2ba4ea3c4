/** The simulator assembled: exchange, wire, sockets and the clock that drives them. */
import { type Clock, type ClockSpec, systemClock, VirtualClock } from '../../shared/clock.ts';
import { Random } from '../../shared/random.ts';
import { Calls } from '../../shared/sim/binance/calls.ts';
import { fullKey, type Keyring, type KeySpec, makeKeyring } from '../../shared/sim/binance/keys.ts';
import { type LimitFigures, RateLimits, VENUE_LIMITS } from '../../shared/sim/binance/limits.ts';
import { ListenKeys } from '../../shared/sim/binance/listen-keys.ts';
import { RestWire } from '../../shared/sim/binance/rest.ts';
import { MarketStreams } from '../../shared/sim/binance/streams.ts';
import { listenKeyExpired, userMessage } from '../../shared/sim/binance/user-json.ts';
import type { AlgoTerms } from '../../shared/sim/algo-desk.ts';
import { type AccountSpec, Exchange, type MarketSpec } from '../../shared/sim/exchange.ts';
import type { MarketEvent, UserEvent } from '../../shared/sim/exchange-events.ts';
import type { FlowProfile } from '../../shared/sim/flow-profile.ts';
import type { QueueModelName } from '../../shared/sim/queue.ts';
import { Admin } from './admin.ts';
import { Driver } from './driver.ts';
import { Outbox } from './outbox.ts';
import { flowMarkets, klineMarkets, openKlines, replayMarkets, SimulatorProblem } from './markets.ts';
import { Network, type NetworkSettings, VENUE_NETWORK } from './network.ts';
import { RestDoor } from './rest-door.ts';
import { type OpenServer, openServer } from './server.ts';
import { SimMeters } from './sim-meters.ts';
import { type MarketStart, marketStart } from './state/resume.ts';
import { StateProblem } from '../../shared/sim/io/state-file.ts';
import { StateJournal } from '../../shared/sim/io/state-journal.ts';
import { Stepper } from './stepper.ts';
import { UpgradeDoor } from './upgrade-door.ts';
import { WsApiHub } from './ws-api-hub.ts';
import { scanTape, type TapeScan } from './tape-file.ts';
import { TapeFeed } from './tape-feed.ts';

/** `secret`: an HMAC secret, or the PEM of an RSA or Ed25519 public key. */
export type SimAccount = AccountSpec & { readonly secret: string };

export type SimulatorOptions = NetworkSettings & {
  readonly host: string;
  /** Zero takes a free one. */
  readonly port: number;
  readonly seed: number;
  readonly speed: number;
  /** Overrides speed and origin. */
  readonly clock: ClockSpec | null;
  /** Time stands still at this instant until it is told to move; null or absent: it runs. */
  readonly steppedFromMs?: number | null;
  /** File that outlives the process; null or absent: nothing does. */
  readonly state?: string | null;
  readonly symbols: readonly string[];
  readonly replay: string | null;
  /** K-lines that the price of the one symbol follows, and the time in them to begin at (absent: their start). */
  readonly klines?: string | null;
  readonly klinesFromMs?: number | null;
  readonly profile: FlowProfile;
  /** Where own orders stand in line while a recording plays; absent: the most careful. */
  readonly queueModel?: QueueModelName;
  readonly historyDays: number;
  /** Real milliseconds between the start and the first recorded frame. */
  readonly leadMs: number;
  readonly limitsEnforced: boolean;
  /** Where they differ from the venue's. */
  readonly limitFigures?: Partial<LimitFigures>;
  readonly accounts: readonly SimAccount[];
  /** How conditional orders behave where the venue's ways are not known, or differ. */
  readonly algos?: Partial<AlgoTerms>;
  /** More keys of these accounts. */
  readonly keys?: readonly KeySpec[];
  /** The recording cannot be read on: what it says, in one line. */
  readonly onTapeProblem: (problem: Error) => void;
};

export type Simulator = {
  readonly port: number;
  readonly clock: ClockSpec;
  readonly symbols: readonly string[];
  readonly exchange: Exchange;
  /** Null when time runs by itself. */
  readonly stepper: Stepper | null;
  /** For clients in the same process. */
  readonly inside: Pick<Parts, 'network' | 'driver' | 'rest' | 'outbox'> & { readonly clock: Clock };
  readonly close: () => Promise<void>;
};

const HOUR_MS = 3_600_000;

/** Rejects with `SimulatorProblem` or `TapeProblem` for a bad request, with the system's error for a taken port. */
export async function openSimulator(options: SimulatorOptions): Promise<Simulator> {
  const journal = journalOf(options);
  const klines = await openKlines(options);
  const scan = options.replay === null ? null : await scanTape(options.replay);
  const earlier = journal?.earlier ?? null;
  const preset = presetClock(
    { ...options, clock: options.clock ?? (earlier && wentOn(earlier.clock, options.speed)) },
    scan !== null || klines !== null,
  );
  const recordedMs = klines ? klines.fromMs : Math.floor((scan?.firstMs ?? 0) - options.leadMs * options.speed);
  const startMs = preset
    ? Math.max(options.steppedFromMs ?? systemClock(preset).wallMs(), Math.ceil(earlier?.moment.nowMs ?? 0)) // never back
    : recordedMs;
  const resume = (symbol: string): MarketStart | null => earlier && marketStart(earlier, symbol);
  const markets = scan
    ? await replayMarkets(options, scan, startMs)
    : klines
      ? klineMarkets(options, klines, startMs)
      : flowMarkets(options, randomOf(options, journal), { startMs, resume });
  const spec = preset ?? { ...realClock(options.speed), originMs: startMs }; // a recording's time runs from when all is prepared
  const stepped = options.steppedFromMs == null ? null : new VirtualClock(startMs);
  const clock = stepped ?? systemClock(spec);
  const parts = assemble({ options, markets, startMs, clock, journal });
  journal?.begin(parts.exchange, spec);
  const feed =
    scan && options.replay !== null ? feedOf({ options, scan, file: options.replay, exchange: parts.exchange, startMs, spec }) : null;
  const stepper =
    stepped &&
    new Stepper({
      clock: stepped,
      waitingBytes: () => parts.network.hub.waitingBytes(),
      reach: async (untilMs) => (await feed?.reach(untilMs)) ?? untilMs,
    });
  const server = await serve({ options, feed, clock, stepper, journal, ...parts });
  feed?.run().catch(options.onTapeProblem);
  return {
    port: server.port,
    clock: spec,
    symbols: [...parts.exchange.markets.keys()],
    exchange: parts.exchange,
    stepper,
    inside: { ...parts, clock },
    close: server.close,
  };
}

function journalOf({ state = null, replay, klines = null, seed, profile, symbols, accounts }: SimulatorOptions): StateJournal | null {
  if (state === null) return null;
  if (replay !== null || klines !== null)
    throw new SimulatorProblem('--state: a recording or a K-line file always begins anew, so it keeps no state');
  try {
    return new StateJournal(state, { seed, profile, symbols, accounts: accounts.map(({ apiKey }) => apiKey) });
  } catch (problem) {
    throw problem instanceof StateProblem ? new SimulatorProblem(`--state ${state}: ${problem.message}`) : problem;
  }
}

/** Each life draws anew: ids, keys and the public of an earlier one do not come again. */
const randomOf = ({ seed }: SimulatorOptions, journal: StateJournal | null): Random =>
  journal && journal.life > 0 ? new Random(seed).fork(`life ${journal.life}`) : new Random(seed);

/** The clock of an earlier life, or at another speed one that goes on from where that one is now. */
function wentOn(clock: ClockSpec, speed: number): ClockSpec {
  return clock.speed === speed ? clock : { originMs: systemClock(clock).wallMs(), originRealMs: Date.now(), speed };
}

/** Null: time begins with the recording or the K-lines. */
function presetClock({ clock, speed, steppedFromMs = null }: SimulatorOptions, replays: boolean): ClockSpec | null {
  if (steppedFromMs !== null && !replays) return { originMs: steppedFromMs, originRealMs: Date.now(), speed: 1 };
  return clock ?? (replays ? null : realClock(speed));
}

/** Scaled time begins on the hour, so that for one seed the bars close at the same points of the market whenever it is started. */
function realClock(speed: number): ClockSpec {
  const nowMs = Date.now();
  return { originMs: speed === 1 ? nowMs : nowMs - (nowMs % HOUR_MS), originRealMs: nowMs, speed };
}

type Parts = {
  readonly exchange: Exchange;
  readonly network: Network;
  readonly driver: Driver;
  readonly calls: Calls;
  readonly rest: RestWire;
  readonly wsApi: WsApiHub;
  readonly outbox: Outbox;
};

type Assembling = {
  readonly options: SimulatorOptions;
  readonly markets: readonly MarketSpec[];
  readonly startMs: number;
  readonly clock: Clock;
  readonly journal: StateJournal | null;
};

function assemble({ options, markets, startMs, clock, journal }: Assembling): Parts {
  const random = randomOf(options, journal);
  const outbox = new Outbox({ beforeFlush: () => journal?.commit() });
  const network = new Network({
    settings: options,
    seed: options.seed,
    limitsEnforced: options.limitsEnforced,
    outbox,
    exchange: () => exchange,
    driver: () => driver,
    listenKeys: () => listenKeys,
    limits: () => limits,
    wsApi: () => wsApi,
  });
  const { hub } = network;
  const exchangeFaults = network.faults.parts.exchange;
  const onUser = (event: UserEvent): void => {
    const { name, text } = userMessage((symbol) => exchange.market(symbol).instrument, event);
    hub.sendUser({ name, to: event.apiKey, text, belongs: (listenKey) => listenKeys.accountOf(listenKey) === event.apiKey });
  };
  const onMarket = (event: MarketEvent): void => {
    if (!streams) return;
    exchangeFaults.book.note(event);
    if (!isDepth(event) || !network.faults.parts.streams.losesDepth(event.symbol)) streams.tell(event);
  };
  let streams: MarketStreams | null = null;
  const exchange: Exchange = new Exchange({
    startMs,
    random: random.fork('exchange'),
    markets,
    accounts: options.accounts,
    onMarket,
    onUser: (event) => {
      if (streams) exchangeFaults.orders.tell(event, onUser); // an earlier life is taken up without a word
    },
    interference: exchangeFaults.orders,
    algos: options.algos ?? {},
    ...(journal && { journal, saved: journal.earlier?.saved ?? null }),
  });
  const send: typeof hub.send = (message) => hub.send({ ...message, text: exchangeFaults.book.message(message.stream, message.text) });
  streams = new MarketStreams({ exchange, sink: { wants: (...name) => hub.wants(...name), send } });
  const onExpired = (listenKey: string): void => {
    const text = listenKeyExpired(listenKey, exchange.nowMs);
    hub.sendUser({ name: 'listenKeyExpired', to: listenKey, text, belongs: (other) => other === listenKey });
  };
  const listenKeys = new ListenKeys({ random: random.fork('listen keys'), agenda: exchange.agenda, onExpired });
  const limits = new RateLimits({ enforced: options.limitsEnforced, figures: { ...VENUE_LIMITS, ...options.limitFigures } });
  const skewMs = (): number => network.faults.parts.venue.skewMs();
  const calls = new Calls({ exchange, listenKeys, limits, random: random.fork('client ids'), skewMs });
  const keyring = keyringOf(options);
  const driver = new Driver({ exchange, clock, outbox });
  const { disconnectAfterMs: lifeMs, pongWithinMs: pongMsMax } = { ...VENUE_NETWORK, ...options };
  const { ways, path } = network;
  const wsApi = new WsApiHub({ calls, keyring, path, agenda: exchange.agenda, lifeMs, pongMsMax, outbox, ways, toNow: () => driver.now() });
  return { exchange, network, driver, calls, rest: new RestWire(calls, keyring), wsApi, outbox };
}

function keyringOf({ accounts, keys = [] }: SimulatorOptions): Keyring {
  const stray = keys.find(({ account }) => accounts.every(({ apiKey }) => apiKey !== account));
  if (stray) throw new SimulatorProblem(`--account-key: there is no account ${stray.account}`);
  try {
    return makeKeyring([...accounts.map(({ apiKey, secret }) => fullKey({ apiKey, account: apiKey, secret })), ...keys]);
  } catch (problem) {
    throw new SimulatorProblem(`--account, --account-key: ${problem instanceof Error ? problem.message : String(problem)}`);
  }
}

const isDepth = (event: MarketEvent): boolean =>
  (event.kind === 'depth' && event.periodMs === 100) || (event.kind === 'frame' && event.feed === 'depth');

async function serve(
  given: Parts & {
    readonly options: SimulatorOptions;
    readonly feed: TapeFeed | null;
    readonly clock: Clock;
    readonly stepper: Stepper | null;
    readonly journal: StateJournal | null;
  },
): Promise<OpenServer> {
  const { options, exchange, network, driver, calls, rest, wsApi, outbox, feed, clock, stepper, journal } = given;
  const { hub, ways, path, faults } = network;
  const { sockets: socketFaults, venue } = faults.parts;
  const nowMs = (): number => exchange.nowMs;
  const meters = new SimMeters({ exchange, hub, faults, apiKeys: options.accounts.map(({ apiKey }) => apiKey) });
  const server = await openServer({
    host: options.host,
    port: options.port,
    admin: new Admin({ exchange, hub, faults, stepper, seed: options.seed, replay: () => feed?.state() ?? null }),
    meters,
    rest: new RestDoor({ rest, path, ways, onAnswer: (status) => meters.answered(status) }),
    upgrades: new UpgradeDoor({ hub, wsApi, limits: calls.limits, socketFaults, venue, nowMs }),
    outbox,
    toNow: () => driver.now(),
    closeSockets: () => network.closeSockets(wsApi),
  });
  driver.start();
  network.begin();
  const pings = clock.every(options.pingEveryMs ?? VENUE_NETWORK.pingEveryMs, () => {
    driver.now();
    hub.ping();
    wsApi.ping();
  });
  const close = async (): Promise<void> => {
    pings.cancel();
    driver.stop();
    feed?.stop();
    await server.close();
    journal?.[Symbol.dispose]();
  };
  return { port: server.port, close };
}

/** On a given clock that is already past the recording, its frames keep their spacing and begin after the lead. */
function feedOf(given: {
  readonly options: SimulatorOptions;
  readonly scan: TapeScan;
  readonly file: string;
  readonly exchange: Exchange;
  readonly startMs: number;
  readonly spec: ClockSpec;
}): TapeFeed {
  const { options, scan, file, exchange, startMs, spec } = given;
  const beginMs = startMs + options.leadMs * spec.speed;
  const shiftMs = options.clock && startMs > scan.firstMs ? beginMs - scan.firstMs : 0;
  return new TapeFeed({ file, exchange, shiftMs, total: scan.frames });
}
