/** The door of all WebSockets: who is let in, and what those are told who are not. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { type RateLimits, TooMany } from '../../shared/sim/binance/limits.ts';
import type { SocketFaults } from './faults/socket-faults.ts';
import type { VenueFaults } from './faults/venue-faults.ts';
import { STREAMS_MAX, type StreamHub } from './stream-hub.ts';
import { parseStreamUrl, type StreamUrl } from './stream-url.ts';
import { isWsApiPath, refusalOf, type WsApiHub } from './ws-api-hub.ts';

const PAYLOAD_BYTES_MAX = 64 * 1024;

export type UpgradeDoorOptions = {
  readonly hub: StreamHub;
  readonly wsApi: WsApiHub;
  readonly limits: RateLimits;
  readonly socketFaults: SocketFaults;
  readonly venue: VenueFaults;
  readonly nowMs: () => number;
};

export class UpgradeDoor {
  readonly #options: UpgradeDoorOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: PAYLOAD_BYTES_MAX });

  constructor(options: UpgradeDoorOptions) {
    this.#options = options;
  }

  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { hub, wsApi } = this.#options;
    socket.on('error', () => socket.destroy());
    const target = request.url ?? '/';
    const url = isWsApiPath(target) ? null : parseStreamUrl(target);
    const refusal = url || isWsApiPath(target) ? this.#refusal(request, url) : answerOf(404);
    if (refusal === 'reset' && socket instanceof Socket) socket.resetAndDestroy();
    else if (refusal !== null) socket.end(refusal);
    else if (url) this.#server.handleUpgrade(request, socket, head, (open) => hub.add(open, url));
    else wsApi.upgrade(request, socket, head);
  }

  /** What is answered instead of a handshake; null: it is welcome. */
  #refusal(request: IncomingMessage, url: StreamUrl | null): string | null {
    const { socketFaults, venue } = this.#options;
    if (venue.closed()) return answerOf(503);
    const status = socketFaults.refusal(url?.route ?? 'ws-api');
    if (status !== undefined) return status === null ? 'reset' : answerOf(status);
    if (url && url.streams.length > STREAMS_MAX) return answerOf(400);
    return this.#ban(request.socket.remoteAddress ?? '');
  }

  #ban(address: string): string | null {
    const { limits, nowMs } = this.#options;
    try {
      limits.checkBan({ address, nowMs: nowMs() });
      return null;
    } catch (problem) {
      if (!(problem instanceof TooMany)) throw problem;
      return refusalOf(problem);
    }
  }
}

const REASONS: Readonly<Record<number, string>> = { 400: 'Bad Request', 404: 'Not Found', 503: 'Service Unavailable' };

const answerOf = (status: number): string =>
  `HTTP/1.1 ${status} ${REASONS[status] ?? 'Refused'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
