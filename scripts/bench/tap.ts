/** An HTTP relay in front of the simulator: sees every request that reaches the venue and every answer, and changes none. */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** One answered request; `atMs` on this process's clock, when the answer passed. */
export type Passed = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly status: number;
  readonly atMs: number;
  /** From its arrival here to the answer. */
  readonly tookMs: number;
  readonly text: string;
};

export type Tap = AsyncDisposable & { readonly port: number };

export function openTap({ port, onPassed }: { readonly port: number; readonly onPassed: (passed: Passed) => void }): Promise<Tap> {
  const agent = new Agent({ keepAlive: true });
  const relay = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const arrivedAt = performance.now();
    const { method = 'GET', url = '/', headers } = incoming;
    const onward = request({ host: '127.0.0.1', port, method, path: url, headers, agent });
    onward.once('error', () => outgoing.destroy());
    incoming.pipe(onward);
    const answer = await new Promise<IncomingMessage>((resolve) => onward.once('response', resolve));
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { pathname: path, searchParams: query } = new URL(url, 'http://venue');
    const status = answer.statusCode ?? 0;
    const atMs = performance.now();
    onPassed({ method, path, query, status, atMs, tookMs: atMs - arrivedAt, text: method === 'GET' ? '' : body.toString() });
    outgoing.writeHead(status, answer.headers).end(body);
  };
  const server = createServer((incoming, outgoing) => void relay(incoming, outgoing));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address !== 'object' || address === null) throw new Error('The relay has no port');
      const close = async (): Promise<void> => {
        server.closeAllConnections();
        agent.destroy();
        await new Promise((closed) => server.close(closed));
      };
      resolve({ port: address.port, [Symbol.asyncDispose]: close });
    });
  });
}
