/**
 * Epochs of clients, each on disk before it is told. One that a person's tool was granted and never used for an order is granted again, so
 * that a tool called every second does not use them up; a brain's never is, because who holds a newer one outranks it.
 */
export class Epochs {
  readonly #next: () => number | null;
  readonly #spare: number[] = [];
  #newest: number;

  /** `newest` that was granted before the first of these. */
  constructor(next: () => number | null, newest = 0) {
    this.#next = next;
    this.#newest = newest;
  }

  /** None above it was ever granted here. */
  get newest(): number {
    return this.#newest;
  }

  /** Null when the ledger cannot be written, or all are used up. */
  grant(role: 'brain' | 'operator'): number | null {
    const epoch = (role === 'operator' ? this.#spare.pop() : undefined) ?? this.#next();
    this.#newest = Math.max(this.#newest, epoch ?? 0);
    return epoch;
  }

  giveBack(epoch: number): void {
    this.#spare.push(epoch);
  }
}
