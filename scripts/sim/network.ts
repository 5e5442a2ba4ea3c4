/** What lies between the exchange and its clients: ways with their latencies, stream sockets, and every fault that can befall them. */
import { Random } from '../../shared/random.ts';
import type { RateLimits } from '../../shared/sim/binance/limits.ts';
import type { ListenKeys } from '../../shared/sim/binance/listen-keys.ts';
import type { Exchange } from '../../shared/sim/exchange.ts';
import { CallPath } from './call-path.ts';
import type { Driver } from './driver.ts';
import { FaultBoard } from './faults/board.ts';
import { type ChaosSettings, drawFault, drawPause } from './faults/chaos.ts';
import { CallFaults } from './faults/call-faults.ts';
import { ExchangeFaults } from './faults/exchange-faults.ts';
import { type Fault, Faults } from './faults/fault.ts';
import type { ScenarioStep } from './faults/scenario.ts';
import { SocketFaults } from './faults/socket-faults.ts';
import { StreamFaults } from './faults/stream-faults.ts';
import { VenueFaults } from './faults/venue-faults.ts';
import type { Outbox } from './outbox.ts';
import { StreamHub } from './stream-hub.ts';
import { type Latencies, type Later, NO_LATENCIES, Ways } from './ways.ts';
import type { WsApiHub } from './ws-api-hub.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** What of the network may be asked for; absent: as on the venue, without latency and without a sound. */
export type NetworkSettings = {
  readonly latencies?: Partial<Latencies>;
  /** A socket is closed after so many simulated milliseconds. */
  readonly disconnectAfterMs?: number;
  readonly pingEveryMs?: number;
  /** In which a ping must be answered. */
  readonly pongWithinMs?: number;
  readonly scenario?: readonly ScenarioStep[];
  readonly chaos?: ChaosSettings | null;
  /** One line for each time a fault happened. */
  readonly onFault?: (line: string) => void;
};

/** Binance USD-M docs, websocket streams (reference sheet 2026-11, sections 0 and 6). */
export const VENUE_NETWORK = { disconnectAfterMs: DAY_MS, pingEveryMs: 3 * MINUTE_MS, pongWithinMs: 10 * MINUTE_MS } as const;

export type NetworkOptions = {
  readonly settings: NetworkSettings;
  readonly seed: number;
  readonly limitsEnforced: boolean;
  readonly outbox: Outbox;
  /** These are made later than the network and asked for while it works. */
  readonly exchange: () => Exchange;
  readonly driver: () => Driver;
  readonly listenKeys: () => ListenKeys;
  readonly limits: () => RateLimits;
  readonly wsApi: () => WsApiHub;
};

export class Network {
  readonly hub: StreamHub;
  readonly ways: Ways;
  readonly faults: Faults;
  readonly path: CallPath;
  readonly later: Later;
  readonly #options: NetworkOptions;
  readonly #random: Random;

  constructor(options: NetworkOptions) {
    const { settings, exchange, driver, wsApi } = options;
    const random = new Random(options.seed).fork('network');
    this.#options = options;
    const nowMs = (): number => exchange().nowMs;
    const later: Later = (atMs, run) => {
      const entry = exchange().agenda.at(atMs, run);
      driver().wakeBy(atMs);
      return entry;
    };
    const ways = new Ways({ latencies: { ...NO_LATENCIES, ...settings.latencies }, random: random.fork('ways'), nowMs, later });
    const board = new FaultBoard({ random: random.fork('faults'), nowMs, onFired: settings.onFault ?? (() => undefined) });
    const streams = new StreamFaults(board);
    const dropSockets = (): void => this.closeSockets(wsApi());
    const venue = new VenueFaults({ board, nowMs, limits: options.limits, dropSockets });
    const sockets = new SocketFaults({ ...options, board, hub: () => this.hub, apiKeys: () => exchange().apiKeys() });
    this.hub = new StreamHub({
      ...options,
      nowMs,
      later,
      lifeMs: settings.disconnectAfterMs ?? VENUE_NETWORK.disconnectAfterMs,
      pongMsMax: settings.pongWithinMs ?? VENUE_NETWORK.pongWithinMs,
      wayOf: (kind, stream) => ways.stream(kind, stream),
      judge: (route, name) => streams.judge(route, name),
      date: (text) => venue.date(text),
      onSent: (connection) => sockets.onSent(connection),
    });
    this.#random = random.fork('chaos');
    this.ways = ways;
    this.later = later;
    const symbols = (): readonly string[] => [...exchange().markets.keys()];
    const calls = new CallFaults(board);
    const exchangeFaults = new ExchangeFaults({ exchange });
    this.path = new CallPath({ ...options, callFaults: calls, exchangeFaults, venue, nowMs, later });
    this.faults = new Faults({ board, calls, streams, sockets, venue, exchange: exchangeFaults, symbols });
  }

  /** Sets out the faults of the scenario and of chance, from now on. */
  begin(): void {
    const { settings, exchange } = this.#options;
    const startMs = exchange().nowMs;
    for (const { atMs, fault } of settings.scenario ?? []) this.later(startMs + atMs, () => this.#start(fault));
    if (settings.chaos) this.#beginChaos(settings.chaos);
  }

  #beginChaos(chaos: ChaosSettings): void {
    const { exchange } = this.#options;
    this.later(exchange().nowMs + drawPause(chaos, this.#random), () => {
      this.#start(drawFault(chaos, { random: this.#random, symbols: [...exchange().markets.keys()] }));
      this.#beginChaos(chaos);
    });
  }

  /** One that cannot be is told, and the rest goes on. */
  #start(fault: Fault): void {
    const started = this.faults.start(fault);
    if (!started.ok) this.#options.settings.onFault?.(`fault ${fault.kind} cannot be: ${started.error}`);
  }

  closeSockets(wsApi: WsApiHub): void {
    this.hub.closeAll();
    wsApi.closeAll();
  }
}
