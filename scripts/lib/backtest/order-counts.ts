/** What became of orders, counted by symbol. */
import type { SimOrder } from '../../../shared/sim/exchange-events.ts';
import type { OrderCounts } from './result.ts';

type Counters = { -readonly [K in keyof OrderCounts]: OrderCounts[K] extends number ? number : Record<string, number> };

const zero = (): Counters => ({
  ...{ placed: 0, amended: 0, cancels: 0, touched: 0, filled: 0, canceled: 0, expired: 0, postOnlyRejected: 0, lostRaces: 0 },
  ...{ rejected: {}, refused: {} },
});

export class OrderTally {
  readonly #bySymbol = new Map<string, Counters>();

  of(symbol: string): Counters {
    let counters = this.#bySymbol.get(symbol);
    if (!counters) {
      counters = zero();
      this.#bySymbol.set(symbol, counters);
    }
    return counters;
  }

  refused(symbol: string, code: string): void {
    const { refused } = this.of(symbol);
    refused[code] = (refused[code] ?? 0) + 1;
  }

  /** By the venue; `kind` is its word. */
  rejected(symbol: string, kind: string): void {
    const counters = this.of(symbol);
    if (kind === 'would-take') counters.postOnlyRejected += 1;
    else counters.rejected[kind] = (counters.rejected[kind] ?? 0) + 1;
  }

  /** An order that has ended. */
  ended({ symbol, status }: SimOrder): void {
    const counters = this.of(symbol);
    if (status === 'filled') counters.filled += 1;
    else if (status === 'canceled') counters.canceled += 1;
    else counters.expired += 1;
  }

  bySymbol(): Readonly<Record<string, OrderCounts>> {
    return Object.fromEntries(this.#bySymbol);
  }

  total(): OrderCounts {
    const total = zero();
    for (const counters of this.#bySymbol.values()) {
      for (const name of NUMBERS) total[name] += counters[name];
      for (const name of ['rejected', 'refused'] as const)
        for (const [word, n] of Object.entries(counters[name])) total[name][word] = (total[name][word] ?? 0) + n;
    }
    return total;
  }
}

const NUMBERS = [
  ...(['placed', 'amended', 'cancels', 'touched', 'filled', 'canceled', 'expired'] as const),
  ...(['postOnlyRejected', 'lostRaces'] as const),
];
