/** One stream socket: its subscriptions, what it may ask, its pings, and its end. */
import type { WebSocket } from 'ws';
import type { KeyRequest, StreamRoute, StreamUrl } from './stream-url.ts';

/** A client that reads slower than this much behind is cut off. */
const BUFFERED_BYTES_MAX = 64 * 1024 * 1024;
/** Messages of a client in a second; one more and it is cut off (Binance USD-M docs; reference sheet 2026-11, section 5). */
const ASKED_PER_SECOND = 10;
const SECOND_MS = 1_000;

const TEXT = { binary: false } as const;

/** One message in both its forms, each encoded at most once however many sockets share the bytes. */
export class Outgoing {
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

export class StreamConnection {
  readonly socket: WebSocket;
  readonly route: StreamRoute;
  readonly streams = new Set<string>();
  readonly keys: Map<string, KeyRequest>;
  combined: boolean;
  #frozen = false;
  #heardMs: number;
  #asked: number[] = [];

  constructor(socket: WebSocket, { route, combined, keys }: StreamUrl, nowMs: number) {
    this.socket = socket;
    this.route = route;
    this.combined = combined;
    this.keys = new Map(keys.map((key) => [key.listenKey, key]));
    this.#heardMs = nowMs;
  }

  get #isOpen(): boolean {
    return !this.#frozen && this.socket.readyState === this.socket.OPEN;
  }

  /** False when it cannot go out on this connection any more. */
  send(message: Outgoing): boolean {
    if (!this.#isOpen) return false;
    if (this.socket.bufferedAmount > BUFFERED_BYTES_MAX) this.socket.terminate();
    else this.socket.send(this.combined ? message.wrapped() : message.plain(), TEXT);
    return true;
  }

  /** The answer to a request of this client. */
  answer(text: string): void {
    if (this.#isOpen) this.socket.send(text);
  }

  /** Whether one more request of this client is one too many. */
  asksTooMuch(nowMs: number): boolean {
    this.#asked = [...this.#asked.filter((atMs) => nowMs - atMs < SECOND_MS), nowMs];
    return this.#asked.length > ASKED_PER_SECOND;
  }

  ping(nowMs: number): void {
    if (this.#isOpen) this.socket.ping(String(Math.floor(nowMs)));
  }

  heard(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  /** Cuts the client off unless it has answered a ping since then. */
  cutUnlessHeard(sinceMs: number): void {
    if (this.#heardMs < sinceMs) this.socket.terminate();
  }

  /** The TCP connection stays; nothing is read or sent any more. */
  freeze(): void {
    this.#frozen = true;
    this.socket.pause();
  }

  /** With a closing handshake when there is a code, without any word when there is none. */
  close(code: number | null, reason = ''): void {
    if (code === null || this.#frozen) this.socket.terminate();
    else this.socket.close(code, reason);
  }
}
