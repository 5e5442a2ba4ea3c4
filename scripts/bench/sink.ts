/** A server that takes any request, tells the id in its query when it arrives, and answers at once. */
import { createServer } from 'node:http';

export type Sink = AsyncDisposable & { readonly port: number };

export function openSink(onArrived: (id: number) => void): Promise<Sink> {
  const server = createServer((incoming, outgoing) => {
    onArrived(Number(new URL(incoming.url ?? '/', 'http://sink').searchParams.get('id')));
    outgoing.end('{}');
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address !== 'object' || address === null) throw new Error('The sink has no port');
      const close = async (): Promise<void> => {
        server.closeAllConnections();
        await new Promise((closed) => server.close(closed));
      };
      resolve({ port: address.port, [Symbol.asyncDispose]: close });
    });
  });
}
