/** Free ports on loopback. */
import { createServer } from 'node:net';

/** True when nobody listens there. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('No port was given'))));
    });
  });
}

/** The wanted port when it is free, else another; 0 always gives another. */
export async function freePortNear(wanted: number): Promise<number> {
  return wanted > 0 && (await isFree(wanted)) ? wanted : freePort();
}
