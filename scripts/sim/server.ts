/** One port for everything: REST, streams and the admin interface. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { RestWire } from '../../shared/sim/binance/rest.ts';
import type { Admin } from './admin.ts';
import type { CallPath } from './call-path.ts';
import type { Outbox } from './outbox.ts';
import type { StreamHub } from './stream-hub.ts';
import { parseStreamUrl } from './stream-url.ts';
import type { WsApiHub } from './ws-api-hub.ts';

const BODY_BYTES_MAX = 1024 * 1024;
/** Longer than clients keep idle connections, so that the server is never the one who closes first. */
const KEEP_ALIVE_MS = 120_000;

export type ServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly rest: RestWire;
  readonly path: CallPath;
  readonly admin: Admin;
  readonly hub: StreamHub;
  readonly wsApi: WsApiHub;
  readonly outbox: Outbox;
  /** Brings the exchange to the present. */
  readonly toNow: () => void;
};

export type OpenServer = { readonly port: number; readonly close: () => Promise<void> };

/** Rejects with the system's error when the port cannot be had. */
export async function openServer(options: ServerOptions): Promise<OpenServer> {
  const server = createServer((request, response) => {
    receive(request).then(
      (body) => options.outbox.step(() => answer({ options, request, response, body })),
      () => request.destroy(), // the client went away or sent too much
    );
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 1_000;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (options.wsApi.upgrade(request, socket, head)) return;
    const url = parseStreamUrl(request.url ?? '/');
    if (!url) return void socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
    sockets.handleUpgrade(request, socket, head, (open) => options.hub.add(open, url));
  });
  await listen(server, options);
  return { port: (server.address() as AddressInfo).port, close: () => close(server, options) };
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server, { hub, wsApi }: ServerOptions): Promise<void> {
  hub.closeAll();
  wsApi.closeAll();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function receive(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) throw new RangeError('Cannot take the request: its body is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

type Exchange = {
  readonly options: ServerOptions;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
};

function answer(exchange: Exchange): void {
  const { options, request } = exchange;
  options.toNow();
  const raw = request.url ?? '/';
  const at = raw.indexOf('?');
  const [path, query] = at < 0 ? [raw, ''] : [raw.slice(0, at), raw.slice(at + 1)];
  if (path.startsWith('/sim/')) {
    void answerAdmin(exchange);
    return;
  }
  const apiKey = request.headers['x-mbx-apikey'];
  const call = {
    method: request.method ?? 'GET',
    path,
    query,
    body: exchange.body,
    apiKey: typeof apiKey === 'string' ? apiKey : null,
    address: request.socket.remoteAddress ?? '',
  };
  options.path.pass({ request: call, run: () => options.rest.handle(call) }, (answered) => send(exchange.response, answered));
}

async function answerAdmin({ options, request, response, body }: Exchange): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sim');
  const { status, value } = isLoopback(request.socket.remoteAddress ?? '')
    ? await options.admin.handle({ method: request.method ?? 'GET', url, body })
    : { status: 403, value: { problem: '/sim answers loopback only' } };
  send(response, { status, body: JSON.stringify(value), headers: {} });
}

function send(
  response: ServerResponse,
  { status, body, headers }: { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, string>> },
): void {
  response.writeHead(status, { 'Content-Type': 'application/json;charset=UTF-8', 'Content-Length': Buffer.byteLength(body), ...headers });
  response.end(body);
}

const isLoopback = (address: string): boolean => address === '::1' || /^(?:::ffff:)?127\./.test(address);
