/** Who waits for which price of one symbol: a price that reaches nobody costs two comparisons, however many wait. */
import type { Watch } from './algo-order.ts';

type Waiting = { readonly level: number; readonly name: string };

export class PriceWatch {
  /** The next to be reached last: rising levels fall in the list, falling ones rise. Of one level the oldest is reached first. */
  readonly #rising: Waiting[] = [];
  readonly #falling: Waiting[] = [];
  readonly #watches = new Map<string, Watch>();

  set(name: string, watch: Watch): void {
    this.delete(name);
    this.#watches.set(name, watch);
    if (watch.rising !== null) insert(this.#rising, { level: watch.rising, name }, (a, b) => a <= b);
    if (watch.falling !== null) insert(this.#falling, { level: watch.falling, name }, (a, b) => a >= b);
  }

  delete(name: string): void {
    const watch = this.#watches.get(name);
    if (!watch) return;
    this.#watches.delete(name);
    for (const [list, level] of [[this.#rising, watch.rising] as const, [this.#falling, watch.falling] as const]) {
      if (level === null) continue;
      const at = list.findIndex((waiting) => waiting.name === name);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** Everybody whose level the price has reached, nearest first; all stay until set anew or deleted. */
  reached(price: number): readonly string[] {
    const names = new Set<string>();
    for (let i = this.#rising.length - 1; i >= 0 && (this.#rising[i]?.level ?? Number.NaN) <= price; i--)
      names.add(this.#rising[i]?.name ?? '');
    for (let i = this.#falling.length - 1; i >= 0 && (this.#falling[i]?.level ?? Number.NaN) >= price; i--)
      names.add(this.#falling[i]?.name ?? '');
    return [...names];
  }
}

/** Before the first (from the front) that `goesBefore` says the new one's level stands at or beyond. */
function insert(list: Waiting[], waiting: Waiting, goesBefore: (other: number, level: number) => boolean): void {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (goesBefore((list[middle] as Waiting).level, waiting.level)) high = middle;
    else low = middle + 1;
  }
  list.splice(low, 0, waiting);
}
