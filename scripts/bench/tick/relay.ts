/**
 * A TCP relay in front of the simulator for one contender: it sees a change of the best bid go in and the order that answers it come out,
 * on one clock, and changes no byte. An order answers the bid that stands `BEHIND` above its price, so that none is counted for another tick.
 * A bid that only comes back is not counted for anybody: our order management waits on purpose before it goes back to where it came from.
 */
import { connect, createServer, type Socket } from 'node:net';
import type { Timed } from './phases.ts';

/** Quote units between the best bid and the order of a contender: far enough not to be filled, inside every collar. */
export const BEHIND = 200;
/** As our order management counts it, and a little more. */
const BACK_MS = 2_200;
const BID = /"e":"bookTicker"[^}]*?"b":"([\d.]+)"/g;
/** In the query, or in a body: no other request of a contender has a price. */
const ORDER = /\bprice=([\d.]+)/;

export type Relay = AsyncDisposable & {
  readonly port: number;
  /** From each frame that changed the best bid to the order made for it; forgotten when taken. */
  readonly take: () => readonly Timed[];
};

export async function openRelay(port: number): Promise<Relay> {
  const watch = new Watch();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const venue = connect(port, '127.0.0.1');
    for (const socket of [client, venue]) {
      socket.setNoDelay(true);
      sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    }
    client.on('data', (bytes: Buffer) => {
      watch.sent(bytes);
      venue.write(bytes);
    });
    venue.on('data', (bytes: Buffer) => {
      watch.told(bytes);
      client.write(bytes);
    });
    client.on('close', () => venue.destroy());
    venue.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The relay has no port');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  };
  return { port: address.port, take: () => watch.take(), [Symbol.asyncDispose]: close };
}

class Watch {
  readonly #since = new Map<number, number>();
  /** When each best bid was last the best. */
  readonly #stood = new Map<number, number>();
  #bid = 0;
  #timed: Timed[] = [];

  told(bytes: Buffer): void {
    if (!bytes.includes('"bookTicker"')) return;
    const now = performance.now();
    for (const [, text] of bytes.toString('latin1').matchAll(BID)) {
      const bid = tenths(Number(text));
      this.#stood.set(this.#bid, now);
      const isBack = now - (this.#stood.get(bid) ?? Number.NEGATIVE_INFINITY) < BACK_MS;
      if (bid !== this.#bid && isBack) this.#since.delete(bid);
      else if (bid !== this.#bid) this.#since.set(bid, now);
      this.#bid = bid;
    }
  }

  sent(bytes: Buffer): void {
    const [, price] = ORDER.exec(bytes.toString('latin1')) ?? [];
    const bid = tenths(Number(price) + BEHIND);
    const since = this.#since.get(bid);
    this.#since.delete(bid);
    if (since !== undefined) this.#timed.push({ atMs: performance.timeOrigin + since, tookMs: performance.now() - since });
  }

  take(): readonly Timed[] {
    const timed = this.#timed;
    this.#timed = [];
    this.#since.clear();
    return timed;
  }
}

const tenths = (price: number): number => Math.round(price * 10);
