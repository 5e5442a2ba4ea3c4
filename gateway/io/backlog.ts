/**
 * Lines that were read and wait for their turn: of each client one after the other, one of each client in turn, and those of the brain
 * that holds the lease before all others. Whoever drains it stops now and then, so that timers and other sockets are not held up.
 */
export type Waiting = {
  /** Served before others. */
  readonly isFirst: () => boolean;
  /** Nothing of it is taken before then, ms. */
  readonly heldUntil: number;
};

type Queue<Line> = { readonly lines: Line[]; taken: number };

export class Backlog<Owner extends Waiting, Line> {
  readonly #queues = new Map<Owner, Queue<Line>>();

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  has(owner: Owner): boolean {
    return this.#queues.has(owner);
  }

  add(owner: Owner, lines: readonly Line[]): void {
    const queue = this.#queues.get(owner);
    if (queue) queue.lines.push(...lines);
    else if (lines.length > 0) this.#queues.set(owner, { lines: [...lines], taken: 0 });
  }

  drop(owner: Owner): void {
    this.#queues.delete(owner);
  }

  /** The next line; null when there is none, or when all that have some are held. Whoever was served goes to the end. */
  next(now: number): { readonly owner: Owner; readonly line: Line } | null {
    let found: Owner | null = null;
    for (const owner of this.#queues.keys()) {
      if (owner.heldUntil > now) continue;
      if (owner.isFirst()) {
        found = owner;
        break;
      }
      found ??= owner;
    }
    const queue = found && this.#queues.get(found);
    if (!found || !queue) return null;
    const line = queue.lines[queue.taken++];
    this.#queues.delete(found);
    if (queue.taken < queue.lines.length) this.#queues.set(found, queue);
    return line === undefined ? null : { owner: found, line };
  }

  /** How long until something can be taken, ms; null while there is nothing. */
  waitMs(now: number): number | null {
    let least: number | null = null;
    for (const { heldUntil } of this.#queues.keys()) least = Math.min(least ?? Number.POSITIVE_INFINITY, Math.max(0, heldUntil - now));
    return least;
  }
}
