/** What is to happen at which simulated time, in order of time and then of asking. Owns no timer: whoever owns time asks it to run. */
export type Entry = { readonly atMs: number; readonly cancel: () => void };

/** A class, so that no function is made for each of the hundreds of thousands that are never cancelled. */
class Item implements Entry {
  readonly atMs: number;
  readonly turn: number;
  run: (() => void) | null;

  constructor(atMs: number, turn: number, run: () => void) {
    this.atMs = atMs;
    this.turn = turn;
    this.run = run;
  }

  cancel(): void {
    this.run = null;
  }
}

export class Agenda {
  /** A binary heap, earliest first. */
  readonly #heap: Item[] = [];
  #turns = 0;

  at(atMs: number, run: () => void): Entry {
    const item = new Item(atMs, this.#turns++, run);
    this.#push(item);
    return item;
  }

  /** When the next entry is due, or null when there is none. */
  nextMs(): number | null {
    while (this.#heap[0]?.run === null) this.#pop();
    return this.#heap[0]?.atMs ?? null;
  }

  /** Runs everything due up to and at `untilMs`, also what is added on the way; `onStep` is told each time before its entry runs. */
  run(untilMs: number, onStep: (atMs: number) => void): void {
    for (let next = this.nextMs(); next !== null && next <= untilMs; next = this.nextMs()) {
      const item = this.#pop();
      onStep(next);
      item?.run?.();
    }
  }

  #push(item: Item): void {
    let at = this.#heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!earlier(item, this.#heap[parent] as Item)) break;
      this.#heap[at] = this.#heap[parent] as Item;
      at = parent;
    }
    this.#heap[at] = item;
  }

  #pop(): Item | undefined {
    const [first, last] = [this.#heap[0], this.#heap.pop()];
    if (last === undefined || this.#heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = this.#heap[left + 1];
      const child = right !== undefined && earlier(right, this.#heap[left] as Item) ? left + 1 : left;
      const item = this.#heap[child];
      if (item === undefined || !earlier(item, last)) break;
      this.#heap[at] = item;
      at = child;
    }
    this.#heap[at] = last;
    return first;
  }
}

const earlier = (a: Item, b: Item): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.turn < b.turn);
