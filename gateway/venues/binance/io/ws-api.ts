/** The WebSocket API over two sockets: writes and signs in the turn in which a call is taken, hands each outcome back, reopens for ever. Decides nothing. */
import type { Clock, Timer } from '../../../../shared/clock.ts';
import type { Log } from '../../../../shared/log.ts';
import { type OpenSocket, openSocket, type Socket } from '../../../io/websocket.ts';
import type { HttpAnswer, HttpOutcome } from '../../transport.ts';
import type { OrderRoute, VenueFault } from '../../venue.ts';
import type { CallTaker, Rest } from '../rest.ts';
import type { Secret } from '../sign.ts';
import { type Line, type LineAction, LINES, WsApiPair } from '../ws-api-pair.ts';
import type { SessionInput } from '../ws-api-session.ts';
import { logonText, methodOf, requestText } from '../ws-api-wire.ts';
import type { VenueMeters } from './meters.ts';

const TICK_MS = 50;
/** The venue ends a connection after 24 h (reference sheet 2026-11, 10). */
const LIFE_MS = 23 * 3_600_000;
/** On each connection; beyond it calls leave over REST. */
const IN_FLIGHT_MAX = 64;

export type WsApiOptions = {
  /** Another way to connect than over the network. */
  readonly openSocket?: OpenSocket | undefined;
  readonly url: string;
  readonly rest: Rest;
  readonly clock: Clock;
  readonly apiKey: string;
  /** Ed25519. */
  readonly secret: Secret;
  readonly recvWindowMs: number;
  readonly timeoutMs: number;
  readonly silenceMs: number;
  readonly retryMs: (failures: number) => number;
  readonly log: Log;
  readonly meters: VenueMeters;
  readonly lifeMs?: number;
};
type Side = { socket: Socket | null; reopen: Timer | null };

export class WsApi implements Disposable {
  readonly #options: WsApiOptions;
  readonly #pair: WsApiPair;
  readonly #sides: readonly [Side, Side] = [
    { socket: null, reopen: null },
    { socket: null, reopen: null },
  ];
  readonly #waiting = new Map<string, (outcome: HttpOutcome) => void>();
  readonly #ticker: Timer;
  #route: OrderRoute = 'fallback';
  #disposed = false;

  /** Opens both connections; until one is logged on, calls leave over REST. */
  constructor(options: WsApiOptions) {
    const { rest, timeoutMs, silenceMs, retryMs, clock, lifeMs = LIFE_MS } = options;
    const judge = (answer: HttpAnswer) => rest.judge(answer);
    this.#options = options;
    this.#pair = new WsApiPair({ timeoutMs, silenceMs, retryMs, lifeMs, inFlightMax: IN_FLIGHT_MAX, judge });
    this.#ticker = clock.every(TICK_MS, () => {
      for (const line of LINES) this.#feed(line, { kind: 'tick' });
    });
    for (const line of LINES) this.#open(line);
    rest.useTaker(this.take);
  }

  get route(): OrderRoute {
    return this.#route;
  }

  readonly take: CallTaker = (call, { parameters, onWritten }) => {
    const method = methodOf(call);
    if (method === null || this.#disposed) return null;
    const { clock, rest, recvWindowMs } = this.#options;
    const taken = this.#pair.take(clock.monoMs(), (line) => this.#sides[line].socket?.canSend() ?? false);
    if (!taken) return null;
    const outcome = new Promise<HttpOutcome>((resolve) => this.#waiting.set(taken.id, resolve));
    this.#sides[taken.line].socket?.send(requestText(taken.id, { method, parameters, recvWindowMs, timestampMs: rest.nowMs() }));
    onWritten?.(clock.monoMs(), 'websocket');
    return outcome;
  };

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#ticker.cancel();
    for (const { socket, reopen } of this.#sides) {
      reopen?.cancel();
      socket?.destroy();
    }
    for (const settle of this.#waiting.values())
      settle({ kind: 'unanswered', timedOut: false, sentence: 'the venue is being closed', via: 'websocket' });
    this.#waiting.clear();
  }

  #open(line: Line): void {
    const { rest, url } = this.#options;
    const waitMs = rest.waitMs();
    if (waitMs > 0) {
      this.#openAfter(line, waitMs);
      return;
    }
    const side = this.#sides[line];
    const current = (): boolean => !this.#disposed && side.socket === socket;
    this.#feed(line, { kind: 'opening' });
    const socket: Socket = (this.#options.openSocket ?? openSocket)(url, {
      onOpen: () => current() && this.#feed(line, { kind: 'opened' }),
      onText: (text) => current() && this.#feed(line, { kind: 'frame', text }),
      onPong: () => current() && this.#feed(line, { kind: 'pong' }),
      onClosed: (sentence) => current() && this.#drop(line, sentence),
      onRefused: (answer) => void rest.judge(answer), // a ban is told at the door too
    });
    side.socket = socket;
  }

  #openAfter(line: Line, delayMs: number): void {
    this.#sides[line].reopen?.cancel();
    this.#sides[line].reopen = this.#options.clock.after(delayMs, () => this.#open(line));
  }

  /** Ends the present opening; nothing of this socket is heard any more. */
  #drop(line: Line, sentence: string): void {
    const { log, meters } = this.#options;
    const side = this.#sides[line];
    const old = side.socket;
    if (old === null) return;
    side.socket = null;
    old.destroy();
    meters.apiClosed();
    log.info({ line, sentence }, 'Connection to the WebSocket API closed');
    this.#feed(line, { kind: 'closed', sentence });
  }

  #feed(line: Line, input: SessionInput): void {
    if (this.#disposed) return;
    for (const action of this.#pair.handle(line, input, this.#options.clock.monoMs())) this.#perform(action);
    this.#noteRoute();
  }

  #perform(action: LineAction): void {
    const { meters } = this.#options;
    const side = this.#sides[action.line];
    switch (action.kind) {
      case 'log-on':
        side.socket?.send(this.#logon(action.id));
        break;
      case 'settle':
        this.#waiting.get(action.id)?.(action.outcome);
        this.#waiting.delete(action.id);
        break;
      case 'logon-refused':
        this.#refused(action.line, action.fault);
        break;
      case 'stray':
        meters.apiStray();
        break;
      case 'ping':
        side.socket?.ping();
        break;
      case 'close':
        this.#drop(action.line, 'given up');
        break;
      case 'open-after':
        this.#openAfter(action.line, action.delayMs);
        break;
      default:
        throw new Error(`Cannot perform: ${JSON.stringify(action satisfies never)}`);
    }
  }

  #logon(id: string): string {
    const { apiKey, secret, recvWindowMs, rest } = this.#options;
    return logonText(id, { apiKey, secret, recvWindowMs, timestampMs: rest.nowMs() });
  }

  #refused(line: Line, fault: VenueFault): void {
    this.#options.log.warn({ line, fault }, 'Logon to the WebSocket API refused');
    if (fault.kind === 'clock') void this.#options.rest.syncClock();
  }

  #noteRoute(): void {
    const route = this.#pair.isUp ? 'websocket' : 'fallback';
    if (route === this.#route) return;
    this.#route = route;
    const { log, meters } = this.#options;
    meters.orderRoute(route);
    if (route === 'websocket') log.info({ route }, 'Orders leave over the WebSocket API');
    else log.warn({ route }, 'WebSocket API lost: orders leave over REST');
  }
}
