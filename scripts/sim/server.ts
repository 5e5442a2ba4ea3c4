/** One port for everything: REST, streams and the admin interface. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Admin } from './admin.ts';
import type { Outbox } from './outbox.ts';
import { type RestDoor, send, type Visit } from './rest-door.ts';
import type { SimMeters } from './sim-meters.ts';
import type { UpgradeDoor } from './upgrade-door.ts';

const BODY_BYTES_MAX = 1024 * 1024;
/** Longer than clients keep idle connections, so that the server is never the one who closes first. */
const KEEP_ALIVE_MS = 120_000;

export type ServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly admin: Admin;
  readonly meters: SimMeters;
  readonly rest: RestDoor;
  readonly upgrades: UpgradeDoor;
  readonly outbox: Outbox;
  /** Brings the exchange to the present. */
  readonly toNow: () => void;
  readonly closeSockets: () => void;
};

export type OpenServer = { readonly port: number; readonly close: () => Promise<void> };

/** Rejects with the system's error when the port cannot be had. */
export async function openServer(options: ServerOptions): Promise<OpenServer> {
  const server = createServer((request, response) => {
    receive(request).then(
      (body) => options.outbox.step(() => answer(options, { request, response, body })),
      () => request.destroy(), // the client went away or sent too much
    );
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 1_000;
  server.on('upgrade', (request, socket, head) => {
    options.toNow();
    options.upgrades.take(request, socket, head);
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

function close(server: Server, { closeSockets }: ServerOptions): Promise<void> {
  closeSockets();
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

function answer({ toNow, admin, meters, rest, outbox }: ServerOptions, visit: Visit): void {
  toNow();
  if (visit.request.url === '/sim/metrics') void answerMetrics(meters, visit);
  else if (visit.request.url?.startsWith('/sim/')) void answerAdmin({ admin, outbox }, visit);
  else rest.answer(visit);
}

async function answerAdmin({ admin, outbox }: Pick<ServerOptions, 'admin' | 'outbox'>, { request, response, body }: Visit): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sim');
  const { status, value } = isLoopback(request.socket.remoteAddress ?? '')
    ? await admin.handle({ method: request.method ?? 'GET', url, body })
    : { status: 403, value: { problem: '/sim answers loopback only' } };
  outbox.put(() => send(response, { status, body: JSON.stringify(value), headers: {}, resetAt: null }));
}

async function answerMetrics(meters: SimMeters, { request, response }: Visit): Promise<void> {
  if (!isLoopback(request.socket.remoteAddress ?? '')) return void response.writeHead(403).end();
  const { text, type } = await meters.page();
  response.writeHead(200, { 'content-type': type }).end(text);
}

const isLoopback = (address: string): boolean => address === '::1' || /^(?:::ffff:)?127\./.test(address);
