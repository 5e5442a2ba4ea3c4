/**
 * /metrics, /healthz (the process lives) and /readyz (it can do its work, or the coded reasons why not) on loopback. A taken port is told,
 * never passed over.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Metrics } from '../metrics.ts';
import { err, ok, type Result } from '../result.ts';
import { collectNodeMetrics } from './node-metrics.ts';

export type MetricsServer = AsyncDisposable & { readonly port: number };
export type Ready = {
  readonly ready: boolean;
  /** Coded: what has to end before it is ready. */
  readonly reasons: readonly string[];
  /** Coded: what restrains it and is no failure. */
  readonly notes?: readonly string[];
};
export type MetricsServerOptions = {
  readonly port: number;
  /** Key of the config that names the port, for the message. */
  readonly key: string;
  readonly metrics: Metrics;
  readonly ready: () => Ready;
};

export async function openMetricsServer({ port, key, metrics, ready }: MetricsServerOptions): Promise<Result<MetricsServer, string>> {
  const { createServer } = process.getBuiltinModule('node:http'); // an import reads every export of it, and one of them loads all of fetch
  const server = createServer(({ method, url = '/' }, response) => {
    const path = url.split('?')[0];
    if (method !== 'GET' && method !== 'HEAD') return send(response, 405, { error: 'only GET' });
    if (path === '/metrics') return void sendMetrics(response, metrics);
    if (path === '/healthz') return send(response, 200, { ok: true, pid: process.pid, uptimeSeconds: Math.round(process.uptime()) });
    if (path === '/readyz') return sendReady(response, ready);
    return send(response, 404, { error: 'no such page; there are /metrics, /healthz, /readyz' });
  });
  const opened = await listen(server, { port, key });
  if (opened.ok) collectNodeMetrics(metrics);
  return opened;
}

/** A reader that throws is a bug, and must not look like a process without figures. */
async function sendMetrics(response: ServerResponse, { registry }: Metrics): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType }).end(text);
  } catch (error) {
    send(response, 500, { error: sentenceOf(error) });
  }
}

/** Who asks whether a process is well must not end it. */
function sendReady(response: ServerResponse, ready: () => Ready): void {
  try {
    const found = ready();
    send(response, found.ready ? 200 : 503, found);
  } catch (error) {
    send(response, 500, { error: sentenceOf(error) });
  }
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(`${JSON.stringify(body)}\n`);
}

function listen(server: Server, { port, key }: { readonly port: number; readonly key: string }): Promise<Result<MetricsServer, string>> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(err(`Cannot serve metrics on port ${port} (${error.code ?? error.message}): set ${key} to a free port, 0 or null`)),
    );
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.unref();
      resolve(ok({ port: typeof address === 'object' && address ? address.port : port, [Symbol.asyncDispose]: () => close(server) }));
    });
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
