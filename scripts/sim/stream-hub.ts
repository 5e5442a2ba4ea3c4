/** Open stream sockets, what each asked for, and who gets which message. */
import type { WebSocket } from 'ws';
import type { Fate } from './faults/stream-faults.ts';
import type { Outbox } from './outbox.ts';
import { Outgoing, StreamConnection } from './stream-connection.ts';
import type { StreamRoute, StreamUrl } from './stream-url.ts';
import type { Later, Way } from './ways.ts';

/** Binance USD-M docs, websocket streams (reference sheet 2026-11, section 5). */
export const STREAMS_MAX = 1_024;
/** A message that lets the next one pass leaves after this long when none comes. */
const ASIDE_MS_MAX = 10_000;

type Control = { readonly method: string; readonly params: readonly unknown[]; readonly id: unknown };

export type HubOptions = {
  readonly nowMs: () => number;
  readonly later: Later;
  readonly outbox: Outbox;
  readonly limitsEnforced: boolean;
  /** After which a connection is closed: 24 h on the venue. */
  readonly lifeMs: number;
  /** In which a ping must be answered. */
  readonly pongMsMax: number;
  readonly wayOf: (kind: 'market' | 'user', stream: string) => Way;
  readonly judge: (route: StreamRoute, name: string) => Fate;
  /** A text as it is dated by the venue's clock. */
  readonly date: (text: string) => string;
  readonly onSent: (connection: StreamConnection) => void;
};

/** A message on its way: `kind` and `stream` name the way, `name` is what a fault may pick it by. */
type Parcel = {
  readonly kind: 'market' | 'user';
  readonly route: StreamRoute;
  readonly stream: string;
  readonly name: string;
  readonly deliver: () => void;
};

export class StreamHub {
  readonly #options: HubOptions;
  readonly #connections = new Set<StreamConnection>();
  readonly #byStream: Readonly<Record<StreamRoute, Map<string, Set<StreamConnection>>>> = {
    public: new Map(),
    market: new Map(),
    private: new Map(),
  };
  /** What has stepped aside on which stream. */
  readonly #aside = new Map<string, () => void>();

  constructor(options: HubOptions) {
    this.#options = options;
  }

  add(socket: WebSocket, url: StreamUrl): void {
    const { nowMs, later, lifeMs } = this.#options;
    const connection = new StreamConnection(socket, url, nowMs());
    this.#connections.add(connection);
    for (const stream of url.streams) this.#subscribe(connection, stream);
    socket.on('message', (data) => this.#onMessage(connection, data.toString()));
    socket.on('pong', () => connection.heard(nowMs()));
    socket.on('error', () => socket.terminate()); // the peer broke the protocol or the line: nothing more to say to it
    const end = later(nowMs() + lifeMs, () => connection.close(1008, 'disconnected'));
    socket.on('close', () => {
      end.cancel();
      this.#remove(connection);
    });
  }

  wants(route: StreamRoute, stream: string): boolean {
    return this.#byStream[route].has(stream);
  }

  /** Sends a market message to all who listen to that stream on that route when it arrives. */
  send({ route, stream, text }: { readonly route: StreamRoute; readonly stream: string; readonly text: string }): void {
    if (!this.wants(route, stream)) return;
    const message = new Outgoing(stream, this.#options.date(text));
    const deliver = (): void => {
      for (const connection of this.#byStream[route].get(stream) ?? []) this.#write(connection, message);
    };
    this.#dispatch({ kind: 'market', route, stream, name: stream, deliver });
  }

  /** Sends an event of account `to` to every private socket whose key `belongs` and that did not filter it out. */
  sendUser({
    name,
    to,
    text,
    belongs,
  }: {
    readonly name: string;
    readonly to: string;
    readonly text: string;
    readonly belongs: (listenKey: string) => boolean;
  }): void {
    const dated = this.#options.date(text);
    const deliver = (): void => {
      for (const connection of this.#connections) {
        for (const { listenKey, events } of connection.keys.values()) {
          if (belongs(listenKey) && (events === null || events.has(name))) this.#write(connection, new Outgoing(listenKey, dated));
        }
      }
    };
    this.#dispatch({ kind: 'user', route: 'private', stream: to, name, deliver });
  }

  counts(): Record<StreamRoute, number> {
    const count = (route: StreamRoute): number => this.connections(route).length;
    return { public: count('public'), market: count('market'), private: count('private') };
  }

  /** Open sockets of a route, or of all stream routes; oldest first. */
  connections(route: string): readonly StreamConnection[] {
    return [...this.#connections].filter((connection) => route === 'all' || connection.route === route);
  }

  /** Largest number of bytes that wait at one socket for its reader. */
  waitingBytes(): number {
    let most = 0;
    for (const { socket } of this.#connections) most = Math.max(most, socket.bufferedAmount);
    return most;
  }

  /** Pings every client, and cuts off those that do not answer in time. */
  ping(): void {
    const { nowMs, later, pongMsMax } = this.#options;
    const pingedMs = nowMs();
    for (const connection of this.#connections) {
      connection.ping(pingedMs);
      later(pingedMs + pongMsMax, () => connection.cutUnlessHeard(pingedMs));
    }
  }

  closeAll(): void {
    for (const { socket } of this.#connections) socket.terminate();
  }

  #dispatch({ kind, route, stream, name, deliver }: Parcel): void {
    const { judge, wayOf, later, nowMs } = this.#options;
    const { copies, lateMs, stepsAside } = judge(route, name);
    if (copies === 0) return;
    const way = wayOf(kind, stream);
    const aside = this.#aside.get(stream);
    if (stepsAside && aside === undefined) {
      this.#aside.set(stream, () => way.carry(deliver));
      later(nowMs() + ASIDE_MS_MAX, () => this.#release(stream));
      return;
    }
    for (let copy = 0; copy < copies; copy++) way.carry(deliver, lateMs);
    if (aside) this.#release(stream);
  }

  #release(stream: string): void {
    const go = this.#aside.get(stream);
    this.#aside.delete(stream);
    go?.();
  }

  #write(connection: StreamConnection, message: Outgoing): void {
    this.#options.outbox.put(() => {
      if (connection.send(message)) this.#options.onSent(connection);
    });
  }

  #subscribe(connection: StreamConnection, stream: string): void {
    connection.streams.add(stream);
    const byStream = this.#byStream[connection.route];
    byStream.set(stream, (byStream.get(stream) ?? new Set()).add(connection));
  }

  #unsubscribe(connection: StreamConnection, stream: string): void {
    connection.streams.delete(stream);
    const byStream = this.#byStream[connection.route];
    const set = byStream.get(stream);
    set?.delete(connection);
    if (set?.size === 0) byStream.delete(stream);
  }

  #remove(connection: StreamConnection): void {
    this.#connections.delete(connection);
    for (const stream of [...connection.streams]) this.#unsubscribe(connection, stream);
  }

  #onMessage(connection: StreamConnection, text: string): void {
    const { outbox, limitsEnforced, nowMs } = this.#options;
    if (connection.asksTooMuch(nowMs()) && limitsEnforced) {
      connection.close(1008, 'Too many requests');
      return;
    }
    const control = readControl(text);
    const answer = control ? this.#control(connection, control) : { error: { code: 2, msg: 'Invalid request: not a JSON request' } };
    outbox.put(() => connection.answer(JSON.stringify(answer)));
  }

  /** A stream on the wrong route, or none at all, is acknowledged like any other, and stays silent. */
  #control(connection: StreamConnection, { method, params, id }: Control): Record<string, unknown> {
    const names = params.filter((name) => typeof name === 'string');
    switch (method) {
      case 'SUBSCRIBE':
        if (new Set([...connection.streams, ...connection.keys.keys(), ...names]).size > STREAMS_MAX)
          return { error: { code: 2, msg: `Invalid request: more than ${STREAMS_MAX} streams on one connection` }, id };
        for (const name of names) this.#begin(connection, name);
        return { result: null, id };
      case 'UNSUBSCRIBE':
        for (const name of names) this.#endOf(connection, name);
        return { result: null, id };
      case 'LIST_SUBSCRIPTIONS':
        return { result: [...connection.streams, ...connection.keys.keys()], id };
      case 'SET_PROPERTY':
        if (params[0] === 'combined') connection.combined = params[1] === true;
        return { result: null, id };
      case 'GET_PROPERTY':
        return { result: connection.combined, id };
      default:
        return { error: { code: 2, msg: `Invalid request: unknown variant \`${method}\`` }, id };
    }
  }

  #begin(connection: StreamConnection, name: string): void {
    if (connection.route === 'private') connection.keys.set(name, { listenKey: name, events: null });
    else this.#subscribe(connection, name);
  }

  #endOf(connection: StreamConnection, name: string): void {
    connection.keys.delete(name);
    this.#unsubscribe(connection, name);
  }
}

function readControl(text: string): Control | null {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== 'object' || message === null || !('method' in message)) return null;
    const { method, params, id } = message as { method: unknown; params?: unknown; id?: unknown };
    return { method: String(method), params: Array.isArray(params) ? params : [], id: id ?? null };
  } catch {
    return null; // answered as an invalid request
  }
}
