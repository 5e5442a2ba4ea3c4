/** The ways between clients and exchange, on simulated time: market streams, user stream, order entry there and back. */
import type { Random } from '../../shared/random.ts';
import { type Latency, Line, NO_LATENCY } from '../../shared/sim/latency.ts';

export type Latencies = {
  /** Market streams, and REST calls without a key. */
  readonly market: Latency;
  /** Calls with a key: drawn once for the request and once for the answer. */
  readonly orders: Latency;
  readonly user: Latency;
};

export const NO_LATENCIES: Latencies = { market: NO_LATENCY, orders: NO_LATENCY, user: NO_LATENCY };

/** Runs something at a simulated time that lies ahead. */
export type Later = (atMs: number, run: () => void) => { readonly cancel: () => void };

export type WaysOptions = {
  readonly latencies: Latencies;
  readonly random: Random;
  readonly nowMs: () => number;
  readonly later: Later;
};

/** One direction of one connection or stream: everything arrives in the order in which it was sent. */
export type Way = { readonly carry: (arrive: () => void, extraMs?: number) => void };

export class Ways {
  readonly #options: WaysOptions;
  readonly #randoms: Readonly<Record<keyof Latencies, Random>>;
  readonly #streams = new Map<string, Way>();

  constructor(options: WaysOptions) {
    this.#options = options;
    const fork = (name: string): Random => options.random.fork(name);
    this.#randoms = { market: fork('market latency'), orders: fork('order latency'), user: fork('user latency') };
  }

  open(kind: keyof Latencies): Way {
    return this.#way(new Line({ latency: this.#options.latencies[kind], random: this.#randoms[kind] }));
  }

  /** A way that takes no time of its own. */
  straight(): Way {
    return this.#way(new Line({ latency: NO_LATENCY, random: this.#randoms.orders }));
  }

  /** The way of one stream of the venue (their number is bounded by its symbols and accounts): each has its own, as on the venue. */
  stream(kind: 'market' | 'user', name: string): Way {
    const known = this.#streams.get(name);
    if (known) return known;
    const way = this.open(kind);
    this.#streams.set(name, way);
    return way;
  }

  #way(line: Line): Way {
    const { nowMs, later } = this.#options;
    return {
      carry: (arrive, extraMs = 0) => {
        const now = nowMs();
        const atMs = line.arriveMs(now, extraMs);
        if (atMs <= now) arrive();
        else later(atMs, arrive);
      },
    };
  }
}
