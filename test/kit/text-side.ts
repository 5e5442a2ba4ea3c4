/** One side of a book that keeps its decimal strings as sent, sorted with the best level last, so that changes near the best move few elements. */
import type { Level } from '../../shared/sim/market.ts';

/** Farthest levels beyond this many are dropped, so a runaway stream cannot grow memory. */
export const TEXT_LEVELS_MAX = 20_000;

/** Prices are ordered by their value as a double: exact for the at most 15 significant digits a venue sends. */
export class TextSide {
  readonly #side: 'bids' | 'asks';
  #keys: number[] = [];
  #levels: Level[] = [];

  constructor(side: 'bids' | 'asks') {
    this.#side = side;
  }

  static of(side: 'bids' | 'asks', levels: readonly Level[]): TextSide {
    const made = new TextSide(side);
    for (let i = levels.length - 1; i >= 0; i--) {
      const level = levels[i];
      if (level) made.set(level); // worst first: each is an append
    }
    return made;
  }

  get count(): number {
    return this.#keys.length;
  }

  /** Sets or, with size zero, removes a level; returns the level that undoes it. */
  set(level: Level): Level {
    const key = this.#keyOf(level[0]);
    const at = this.#find(key);
    const old = this.#keys[at] === key ? this.#levels[at] : undefined;
    if (Number(level[1]) === 0) {
      if (old) this.#splice(at, 1);
    } else if (old) this.#levels[at] = level;
    else this.#insert(at, key, level);
    return old ?? [level[0], '0'];
  }

  sizeOf(price: string): string | null {
    const key = this.#keyOf(price);
    const at = this.#find(key);
    return this.#keys[at] === key ? (this.#levels[at]?.[1] ?? null) : null;
  }

  best(): Level | null {
    return this.#levels.at(-1) ?? null;
  }

  /** At most `count` levels, best first. */
  top(count: number): Level[] {
    return this.#levels.slice(Math.max(0, this.#levels.length - count)).reverse();
  }

  copy(): TextSide {
    const made = new TextSide(this.#side);
    made.#keys = this.#keys.slice();
    made.#levels = this.#levels.slice();
    return made;
  }

  #keyOf(price: string): number {
    return this.#side === 'bids' ? Number(price) : -Number(price);
  }

  /** First index whose key is not below `key`, searched outward from the best end. */
  #find(key: number): number {
    let high = this.#keys.length;
    let step = 1;
    while (high > 0 && (this.#keys[Math.max(0, high - step)] ?? 0) >= key) {
      high = Math.max(0, high - step);
      step *= 2;
    }
    let low = Math.max(0, high - step);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(at: number, key: number, level: Level): void {
    this.#keys.splice(at, 0, key);
    this.#levels.splice(at, 0, level);
    if (this.#keys.length > TEXT_LEVELS_MAX) this.#splice(0, 1);
  }

  #splice(at: number, count: number): void {
    this.#keys.splice(at, count);
    this.#levels.splice(at, count);
  }
}
