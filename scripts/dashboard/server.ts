/**
 * The page over HTTP on loopback: assets, the stream of what is new, and the actions. Whatever it refuses, it says why in one sentence. The
 * stream is a WebSocket: browsers allow six other connections to a host, and with six pages open a seventh could not even send a stop.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { err, ok, type Result } from '../../shared/result.ts';
import { type Acted, ActRequest } from './acts.ts';
import type { Asset } from './assets.ts';
import { ACT_PATH, type Barred, bearerOf, HEADERS, type Passed, pass, STREAM_PATH } from './gate.ts';
import { isToken, TooMany } from './token.ts';

export type ServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly symbols: () => readonly string[];
  /** Of an open page, from now on. */
  readonly onViewer: (socket: WebSocket, symbol: string) => void;
  readonly mayView: () => boolean;
  readonly act: (request: ActRequest) => Promise<Acted>;
  readonly onRefused: (status: number, sentence: string) => void;
};
export type DashboardServer = AsyncDisposable & { readonly port: number };

const BODY_BYTES_MAX = 2_048;
const BODY_MS = 5_000;
const CONNECTIONS_MAX = 100;
const WRONG_TOKENS = { most: 10, withinMs: 60_000 };

export function openServer(options: ServerOptions): Promise<Result<DashboardServer, string>> {
  const desk = new Desk(options);
  const server = createServer({ headersTimeout: BODY_MS, requestTimeout: BODY_MS, maxHeaderSize: 8_192 }, (request, response) => {
    desk.answer(request, response).catch((error: Error) => {
      options.onRefused(500, error.stack ?? error.message);
      if (!response.headersSent) say(response, { status: 500, sentence: 'The dashboard has failed at this: its log says why.' });
      else response.destroy();
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('upgrade', (request, socket, head) => desk.upgrade(request, { socket, head }));
  return listen(server, options);
}

class Desk {
  readonly #options: ServerOptions;
  readonly #wrong = new TooMany(WRONG_TOKENS);
  /** Nobody sends anything on it. */
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 1_024, perMessageDeflate: false });

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const passed = passOf(request);
    if ('status' in passed) return this.#refuse(response, passed);
    if (passed.path === ACT_PATH) return await this.#act(request, response);
    const asset = this.#options.assets.get(passed.path);
    if (!asset) return this.#refuse(response, { status: 404, sentence: 'There is no such page here.' });
    response.writeHead(200, { ...HEADERS, 'content-type': asset.type, 'content-length': asset.body.length });
    response.end(request.method === 'HEAD' ? undefined : asset.body);
  }

  /** Of the stream, which alone is a WebSocket. */
  upgrade(request: IncomingMessage, { socket, head }: { readonly socket: Duplex; readonly head: Buffer }): void {
    socket.on('error', () => socket.destroy()); // whoever asked is gone
    const passed = passOf(request);
    const viewed = 'status' in passed ? passed : this.#viewOf(passed, request);
    if (typeof viewed === 'string') this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#options.onViewer(opened, viewed));
    else {
      this.#options.onRefused(viewed.status, viewed.sentence);
      const body = JSON.stringify({ ok: false, lines: [viewed.sentence] });
      const head = `HTTP/1.1 ${viewed.status} ${STATUS_CODES[viewed.status]}\r\nconnection: close\r\ncontent-type: application/json`;
      socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    }
  }

  /** The symbol to be shown. A browser always tells the origin of a WebSocket. */
  #viewOf({ path, query }: Passed, { headers }: IncomingMessage): string | Barred {
    const symbols = this.#options.symbols();
    const asked = query.get('symbol') ?? '';
    if (path !== STREAM_PATH) return { status: 404, sentence: 'There is no such stream here.' };
    if (headers.origin === undefined) return { status: 403, sentence: 'Only the dashboard itself may listen.' };
    const symbol = symbols.includes(asked) ? asked : (symbols[0] ?? ''); // an old address may name one that is gone
    return this.#options.mayView() ? symbol : { status: 503, sentence: 'Too many pages are open: close one of them.' };
  }

  async #act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isToken(bearerOf(request.headers.authorization), this.#options.token)) return this.#refuseToken(response);
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
      return this.#refuse(response, { status: 415, sentence: 'An action is sent as JSON.' });
    const body = await bodyOf(request);
    if (body === null) return this.#refuse(response, { status: 413, sentence: `An action has at most ${BODY_BYTES_MAX} bytes.` });
    const parsed = ActRequest.safeParse(jsonOf(body));
    if (!parsed.success) return this.#refuse(response, { status: 400, sentence: 'This is no action of the dashboard: nothing was done.' });
    const { status, answer } = await this.#options.act(parsed.data);
    send(response, { status, body: answer });
  }

  /** The right one always passes: nobody may lock a person out of the emergency stop. */
  #refuseToken(response: ServerResponse): void {
    const tooMany = this.#wrong.add(performance.now());
    const sentence = tooMany ? 'Too many wrong tokens: wait a minute.' : 'The token is wrong: nothing was done.';
    this.#refuse(response, { status: tooMany ? 429 : 401, sentence });
  }

  #refuse(response: ServerResponse, barred: Barred): void {
    this.#options.onRefused(barred.status, barred.sentence);
    say(response, barred);
  }
}

function passOf({ headers, method = '', url: target = '' }: IncomingMessage): Passed | Barred {
  const fetchSite = headers['sec-fetch-site'];
  return pass({
    ...{ method, target, host: headers.host, origin: headers.origin },
    fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
  });
}

function say(response: ServerResponse, { status, sentence, allow }: Barred): void {
  const extra = { ...(allow === undefined ? {} : { allow }), connection: 'close' }; // what is left of the request is not read
  send(response, { status, body: { ok: false, lines: [sentence] }, extra });
}

type Sent = { readonly status: number; readonly body: unknown; readonly extra?: Readonly<Record<string, string>> };

function send(response: ServerResponse, { status, body, extra = {} }: Sent): void {
  response.writeHead(status, { ...HEADERS, ...extra, 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

/** Null: too large. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // as little an action as any other stray text
  }
}

function listen(server: Server, { host, port }: ServerOptions): Promise<Result<DashboardServer, string>> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(
        err(`Cannot serve the dashboard on ${host} port ${port} (${error.code ?? error.message}): set dashboard.port to a free port, or 0`),
      ),
    );
    server.listen(port, host, () => {
      const { port: bound } = server.address() as AddressInfo;
      resolve(ok({ port: bound, [Symbol.asyncDispose]: () => close(server) }));
    });
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
