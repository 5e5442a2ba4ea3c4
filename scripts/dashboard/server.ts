/** The page over HTTP on loopback: assets, the stream of what is new, and the actions. Whatever it refuses, it says why in one sentence. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { err, ok, type Result } from '../../shared/result.ts';
import { type Acted, ActRequest } from './acts.ts';
import type { Asset } from './assets.ts';
import { ACT_PATH, type Barred, bearerOf, HEADERS, type Passed, pass } from './gate.ts';
import { isToken, WrongTokens } from './token.ts';

export type ServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly symbols: () => readonly string[];
  /** Takes the answer over and keeps it open; false: there are too many already. */
  readonly onViewer: (response: ServerResponse, symbol: string) => boolean;
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
  return listen(server, options);
}

class Desk {
  readonly #options: ServerOptions;
  readonly #wrong = new WrongTokens(WRONG_TOKENS);

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method = '', url: target = '' } = request;
    const fetchSite = headers['sec-fetch-site'];
    const passed = pass({
      ...{ method, target, host: headers.host, origin: headers.origin },
      fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
    });
    if ('status' in passed) return this.#refuse(response, passed);
    if (passed.path === ACT_PATH) return await this.#act(request, response);
    if (passed.path === '/api/stream') return this.#stream(response, passed);
    const asset = this.#options.assets.get(passed.path);
    if (!asset) return this.#refuse(response, { status: 404, sentence: 'There is no such page here.' });
    response.writeHead(200, { ...HEADERS, 'content-type': asset.type, 'content-length': asset.body.length });
    response.end(method === 'HEAD' ? undefined : asset.body);
  }

  #stream(response: ServerResponse, { query }: Passed): void {
    const symbols = this.#options.symbols();
    const symbol = query.get('symbol') ?? symbols[0] ?? '';
    if (!symbols.includes(symbol)) this.#refuse(response, { status: 400, sentence: `Allowed is one of ${symbols.join(', ')}.` });
    else if (!this.#options.onViewer(response, symbol))
      this.#refuse(response, { status: 503, sentence: 'Too many pages are open: close one of them.' });
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
