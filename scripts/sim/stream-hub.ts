/** Open stream sockets, what each asked for, and who gets which message. */
import type { WebSocket } from 'ws';
import type { Outbox } from './outbox.ts';
import type { KeyRequest, StreamRoute, StreamUrl } from './stream-url.ts';
import { STREAM_ROUTES } from './stream-url.ts';

/** A client that reads slower than this much behind is cut off. */
const BUFFERED_BYTES_MAX = 64 * 1024 * 1024;
const STREAMS_MAX = 1_024;

type Connection = {
  readonly socket: WebSocket;
  readonly route: StreamRoute;
  combined: boolean;
  readonly streams: Set<string>;
  readonly keys: Map<string, KeyRequest>;
};

type Control = { readonly method: string; readonly params: readonly unknown[]; readonly id: unknown };

const TEXT = { binary: false } as const;

/** One message in both its forms, each encoded at most once however many sockets share the bytes. */
class Outgoing {
  readonly #stream: string;
  readonly #text: string;
  #plain: Buffer | null = null;
  #wrapped: Buffer | null = null;

  constructor(stream: string, text: string) {
    this.#stream = stream;
    this.#text = text;
  }

  plain(): Buffer {
    this.#plain ??= Buffer.from(this.#text);
    return this.#plain;
  }

  wrapped(): Buffer {
    this.#wrapped ??= Buffer.from(`{"stream":${JSON.stringify(this.#stream)},"data":${this.#text}}`);
    return this.#wrapped;
  }
}

export class StreamHub {
  readonly #connections = new Set<Connection>();
  readonly #byStream: Readonly<Record<StreamRoute, Map<string, Set<Connection>>>> = {
    public: new Map(),
    market: new Map(),
    private: new Map(),
  };
  readonly #silentUntilMs = new Map<StreamRoute, number>();
  readonly #depthDrops = new Map<string, number>();
  readonly #nowMs: () => number;
  readonly #outbox: Outbox;

  constructor({ nowMs, outbox }: { readonly nowMs: () => number; readonly outbox: Outbox }) {
    this.#nowMs = nowMs;
    this.#outbox = outbox;
  }

  add(socket: WebSocket, url: StreamUrl): void {
    const { route, combined } = url;
    const connection: Connection = {
      socket,
      route,
      combined,
      streams: new Set(),
      keys: new Map(url.keys.map((key) => [key.listenKey, key])),
    };
    this.#connections.add(connection);
    for (const stream of url.streams.slice(0, STREAMS_MAX)) this.#subscribe(connection, stream);
    socket.on('message', (data) => this.#onMessage(connection, data.toString()));
    socket.on('error', () => socket.terminate()); // the peer broke the protocol or the line: nothing more to say to it
    socket.on('close', () => this.#remove(connection));
  }

  wants(route: StreamRoute, stream: string): boolean {
    return this.#byStream[route].has(stream);
  }

  /** Sends a market message to all who asked for that stream on that route. */
  send({ route, stream, text }: { readonly route: StreamRoute; readonly stream: string; readonly text: string }): void {
    if (this.#isSilent(route)) return;
    const listeners = this.#byStream[route].get(stream);
    if (!listeners) return;
    const message = new Outgoing(stream, text);
    for (const connection of listeners) this.#write(connection, message);
  }

  /** Sends a user event to every private socket whose key `belongs` and that did not filter it out. */
  sendUser({
    name,
    text,
    belongs,
  }: {
    readonly name: string;
    readonly text: string;
    readonly belongs: (listenKey: string) => boolean;
  }): void {
    if (this.#isSilent('private')) return;
    for (const connection of this.#connections) {
      for (const { listenKey, events } of connection.keys.values()) {
        if (belongs(listenKey) && (events === null || events.has(name))) this.#write(connection, new Outgoing(listenKey, text));
      }
    }
  }

  counts(): Record<StreamRoute, number> {
    const count = (route: StreamRoute): number => [...this.#connections].filter((connection) => connection.route === route).length;
    return { public: count('public'), market: count('market'), private: count('private') };
  }

  /** Largest number of bytes that wait at one socket for its reader. */
  waitingBytes(): number {
    let most = 0;
    for (const { socket } of this.#connections) most = Math.max(most, socket.bufferedAmount);
    return most;
  }

  /** Kills the sockets of a route without a closing handshake. */
  kill(route: StreamRoute): number {
    const hit = [...this.#connections].filter((connection) => connection.route === route);
    for (const { socket } of hit) socket.terminate();
    return hit.length;
  }

  silence(route: StreamRoute, untilMs: number): void {
    this.#silentUntilMs.set(route, untilMs);
  }

  /** The next `count` depth events of a symbol reach nobody. */
  dropDepth(symbol: string, count: number): void {
    this.#depthDrops.set(symbol, (this.#depthDrops.get(symbol) ?? 0) + count);
  }

  /** Whether this depth event is one to drop; counts it. */
  takeDrop(symbol: string): boolean {
    const left = this.#depthDrops.get(symbol) ?? 0;
    if (left > 0) this.#depthDrops.set(symbol, left - 1);
    return left > 0;
  }

  ping(): void {
    for (const { socket } of this.#connections) if (socket.readyState === socket.OPEN) socket.ping(String(Math.floor(this.#nowMs())));
  }

  closeAll(): void {
    for (const { socket } of this.#connections) socket.terminate();
  }

  #isSilent(route: StreamRoute): boolean {
    return this.#nowMs() < (this.#silentUntilMs.get(route) ?? 0);
  }

  #write(connection: Connection, message: Outgoing): void {
    this.#outbox.put(() => this.#leave(connection, message));
  }

  #leave({ socket, combined }: Connection, message: Outgoing): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > BUFFERED_BYTES_MAX) socket.terminate();
    else socket.send(combined ? message.wrapped() : message.plain(), TEXT);
  }

  #subscribe(connection: Connection, stream: string): void {
    connection.streams.add(stream);
    const byStream = this.#byStream[connection.route];
    byStream.set(stream, (byStream.get(stream) ?? new Set()).add(connection));
  }

  #unsubscribe(connection: Connection, stream: string): void {
    connection.streams.delete(stream);
    const byStream = this.#byStream[connection.route];
    const set = byStream.get(stream);
    set?.delete(connection);
    if (set?.size === 0) byStream.delete(stream);
  }

  #remove(connection: Connection): void {
    this.#connections.delete(connection);
    for (const stream of [...connection.streams]) this.#unsubscribe(connection, stream);
  }

  #onMessage(connection: Connection, text: string): void {
    const control = readControl(text);
    const answer = control ? this.#control(connection, control) : { error: { code: 2, msg: 'Invalid request: not a JSON request' } };
    this.#outbox.put(() => connection.socket.send(JSON.stringify(answer)));
  }

  /** A stream on the wrong route, or none at all, is acknowledged like any other, and stays silent. */
  #control(connection: Connection, { method, params, id }: Control): Record<string, unknown> {
    const names = params.filter((name) => typeof name === 'string');
    switch (method) {
      case 'SUBSCRIBE':
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

  #begin(connection: Connection, name: string): void {
    if (connection.route === 'private') connection.keys.set(name, { listenKey: name, events: null });
    else if (connection.streams.size < STREAMS_MAX) this.#subscribe(connection, name);
  }

  #endOf(connection: Connection, name: string): void {
    connection.keys.delete(name);
    this.#unsubscribe(connection, name);
  }
}

export const isStreamRoute = (name: unknown): name is StreamRoute => STREAM_ROUTES.some((route) => route === name);

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
