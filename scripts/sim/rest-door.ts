/** The door of the REST interface: bytes of a request in, bytes of an answer out, whole or mutilated. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RestRequest, RestWire } from '../../shared/sim/binance/rest.ts';
import type { CallLine, CallPath } from './call-path.ts';
import type { Told } from './faults/call-faults.ts';
import type { Ways } from './ways.ts';

/** Real time in which a client reads the beginning of an answer before the reset overtakes it. */
const READ_MS = 20;

export type RestDoorOptions = {
  readonly rest: RestWire;
  readonly path: CallPath;
  readonly ways: Ways;
  readonly onAnswer: (status: number) => void;
};

export type Visit = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly body: string };

export class RestDoor {
  readonly #options: RestDoorOptions;
  readonly #lines: Readonly<Record<'market' | 'orders', WeakMap<Socket, CallLine>>> = { market: new WeakMap(), orders: new WeakMap() };

  constructor(options: RestDoorOptions) {
    this.#options = options;
  }

  answer({ request, response, body }: Visit): void {
    const { rest, path, onAnswer } = this.#options;
    const call = requestOf(request, body);
    const line = this.#lineOf(request.socket, call.apiKey === null ? 'market' : 'orders');
    path.pass({ request: call, run: (heldMs) => rest.handle({ ...call, heldMs }) }, line, (told) => {
      onAnswer(told.status);
      send(response, told);
    });
  }

  /** Market data is late on its way back only. */
  #lineOf(socket: Socket, kind: 'market' | 'orders'): CallLine {
    const known = this.#lines[kind].get(socket);
    if (known) return known;
    const { ways } = this.#options;
    const line = { there: kind === 'market' ? ways.straight() : ways.open(kind), back: ways.open(kind) };
    this.#lines[kind].set(socket, line);
    return line;
  }
}

function requestOf(request: IncomingMessage, body: string): RestRequest {
  const raw = request.url ?? '/';
  const at = raw.indexOf('?');
  const [path, query] = at < 0 ? [raw, ''] : [raw.slice(0, at), raw.slice(at + 1)];
  const apiKey = request.headers['x-mbx-apikey'];
  return {
    method: request.method ?? 'GET',
    path,
    query,
    body,
    apiKey: typeof apiKey === 'string' ? apiKey : null,
    address: request.socket.remoteAddress ?? '',
  };
}

export function send(response: ServerResponse, { status, body, headers, resetAt }: Told): void {
  const { socket } = response;
  if (resetAt === 0) {
    socket?.resetAndDestroy();
    return;
  }
  response.writeHead(status, { 'Content-Type': 'application/json;charset=UTF-8', 'Content-Length': Buffer.byteLength(body), ...headers });
  if (resetAt === null) response.end(body);
  else response.write(body.slice(0, resetAt), () => setTimeout(() => setImmediate(() => socket?.resetAndDestroy()), READ_MS));
}
