/**
 * Epochs of clients, each on disk before it is told. One that a person's tool was granted and never used for an order is granted again, so
 * that a tool called every second does not use them up; a brain's never is, because who holds a newer one outranks it.
 */
export class Epochs {
  readonly #next: () => number | null;
  readonly #spare: number[] = [];

  constructor(next: () => number | null) {
    this.#next = next;
  }

  /** Null when the ledger cannot be written, or all are used up. */
  grant(role: 'brain' | 'operator'): number | null {
    return (role === 'operator' ? this.#spare.pop() : undefined) ?? this.#next();
  }

  giveBack(epoch: number): void {
    this.#spare.push(epoch);
  }
}
