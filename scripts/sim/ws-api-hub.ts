/** Sockets of the WebSocket API: handshake, requests and replies, pings, the end of a day (reference sheet 2026-11, section 10). */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { CallPath } from './call-path.ts';
import type { Agenda } from '../../shared/sim/agenda.ts';
import { TooMany } from '../../shared/sim/binance/limits.ts';
import type { Outbox } from './outbox.ts';
import type { Ways } from './ways.ts';
import { openSession, type WsApiOptions, type WsSession } from '../../shared/sim/binance/ws-api.ts';

const PATH = '/ws-fapi/v1';
const PAYLOAD_BYTES_MAX = 64 * 1024;

export type WsApiHubOptions = WsApiOptions & {
  /** Brings the exchange to the present. */
  readonly toNow: () => void;
  readonly agenda: Agenda;
  readonly path: CallPath;
  readonly outbox: Outbox;
  readonly ways: Ways;
  /** Simulated milliseconds after which a connection is closed; its orders stay. */
  readonly lifeMs: number;
  /** A peer that does not answer a ping for so long is cut off. */
  readonly pongMsMax: number;
};

type Peer = { readonly socket: WebSocket; heardMs: number; frozen: boolean };

export class WsApiHub {
  readonly #options: WsApiHubOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: PAYLOAD_BYTES_MAX });
  readonly #peers = new Set<Peer>();

  constructor(options: WsApiHubOptions) {
    this.#options = options;
  }

  /** Takes in a socket that asks for `isWsApiPath`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [, query = ''] = (request.url ?? '').split('?');
    const showsUsage = new URLSearchParams(query).get('returnRateLimits') !== 'false';
    try {
      const session = openSession(this.#options, { address: request.socket.remoteAddress ?? '', showsUsage });
      this.#server.handleUpgrade(request, socket, head, (open) => this.#add(open, session));
    } catch (problem) {
      if (!(problem instanceof TooMany)) throw problem;
      socket.end(refusalOf(problem));
    }
  }

  count(): number {
    return this.#peers.size;
  }

  /** Cuts off what answers no pings any more, and pings the others. */
  ping(): void {
    this.#options.toNow();
    const nowMs = this.#options.calls.nowMs();
    for (const { socket, heardMs, frozen } of this.#peers) {
      if (nowMs - heardMs > this.#options.pongMsMax) socket.terminate();
      else if (!frozen && socket.readyState === socket.OPEN) socket.ping(String(nowMs));
    }
  }

  /** Up to `max` sockets, oldest first, stay open, and nothing is read or sent on them any more; how many that were. */
  freeze(max: number): number {
    const hit = [...this.#peers].slice(0, max);
    for (const peer of hit) {
      peer.frozen = true;
      peer.socket.pause();
    }
    return hit.length;
  }

  /** How many that were. */
  closeAll(): number {
    const { size } = this.#peers;
    for (const { socket } of this.#peers) socket.terminate();
    return size;
  }

  #add(socket: WebSocket, session: WsSession): void {
    const { agenda, lifeMs, calls, path, outbox, ways } = this.#options;
    const line = { there: ways.open('orders'), back: ways.open('orders') };
    const peer: Peer = { socket, heardMs: calls.nowMs(), frozen: false };
    this.#peers.add(peer);
    const end = agenda.at(calls.nowMs() + lifeMs, () => (peer.frozen ? socket.terminate() : socket.close(1008, 'disconnected')));
    socket.on('pong', () => {
      peer.heardMs = calls.nowMs();
    });
    socket.on('message', (data) => {
      outbox.step(() => {
        this.#options.toNow();
        const call = session.read(data.toString());
        path.pass(call, line, (told) => {
          if (told.resetAt !== null) socket.terminate();
          else if (!peer.frozen) socket.send(call.frame(told));
        });
      });
    });
    socket.on('error', () => socket.terminate()); // the peer broke the protocol or the line: nothing more to say to it
    socket.on('close', () => {
      end.cancel();
      this.#peers.delete(peer);
    });
  }
}

export const isWsApiPath = (target: string): boolean => target.split('?')[0] === PATH;

/** The whole answer to a handshake that is refused for too many requests. */
export function refusalOf(problem: TooMany): string {
  const body = JSON.stringify(problem.body());
  const reason = problem.status === 418 ? "I'm a teapot" : 'Too Many Requests';
  const head = [
    `HTTP/1.1 ${problem.status} ${reason}`,
    'Connection: close',
    'Content-Type: application/json;charset=UTF-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Retry-After: ${problem.retryAfterS}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
