/** /metrics and /healthz on loopback. A taken port is told, never passed over. */
import { createServer, type Server } from 'node:http';
import type { Metrics } from '../metrics.ts';
import { err, ok, type Result } from '../result.ts';

export type MetricsServer = AsyncDisposable & { readonly port: number };
export type MetricsServerOptions = {
  readonly port: number;
  /** Key of the config that names the port, for the message. */
  readonly key: string;
  readonly metrics: Metrics;
  /** Coded reasons why this process is not well; none when it is. */
  readonly problems: () => readonly string[];
};

export function openMetricsServer({ port, key, metrics, problems }: MetricsServerOptions): Promise<Result<MetricsServer, string>> {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') {
      void metrics.registry.metrics().then((text) => response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text));
      return;
    }
    const found = request.url === '/healthz' ? problems() : null;
    const code = found === null ? 404 : found.length === 0 ? 200 : 503;
    response
      .writeHead(code, { 'content-type': 'application/json' })
      .end(JSON.stringify(found === null ? { error: 'no such page' } : { ok: found.length === 0, problems: found }));
  });
  return listen(server, { port, key });
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
