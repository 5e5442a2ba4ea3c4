/**
 * A new connection beside the one that feeds the books. Both tell the same chain of differences, one sooner than the other: what follows
 * on a book goes into it, an echo is dropped there, and what is ahead waits for the old connection to catch up. Pure.
 */
import type { DepthFrame } from './books.ts';

/** A connection so far ahead has lost its place: the oldest are dropped, and the chain will show it. */
const HELD_MAX = 100;

export type JoinPort<F extends DepthFrame> = {
  /** Whether it would not break the chain of a live book. */
  readonly follows: (frame: F) => boolean;
  readonly apply: (frame: F) => void;
};

export class Join<F extends DepthFrame> {
  readonly #port: JoinPort<F>;
  readonly #joined = new Set<string>();
  readonly #held = new Map<string, F[]>();

  constructor(port: JoinPort<F>) {
    this.#port = port;
  }

  /** One frame of the new connection. */
  take(frame: F): void {
    const held = this.#held.get(frame.symbol) ?? [];
    if (held.length === 0 && this.#port.follows(frame)) {
      this.#joined.add(frame.symbol);
      this.#port.apply(frame);
      return;
    }
    held.push(frame);
    if (held.length > HELD_MAX) held.shift();
    this.#held.set(frame.symbol, held);
  }

  /** The old connection has told something of a symbol. */
  caughtUp(symbol: string): void {
    const held = this.#held.get(symbol);
    while (held?.[0] && this.#port.follows(held[0])) {
      const frame = held.shift();
      if (frame) this.#port.apply(frame);
      this.#joined.add(symbol);
    }
  }

  /** Whether the new connection has told of every symbol what follows on its book. */
  isDone(symbols: Iterable<string>): boolean {
    for (const symbol of symbols) if (!this.#joined.has(symbol) || (this.#held.get(symbol)?.length ?? 0) > 0) return false;
    return true;
  }

  /** The old connection is gone: what waited goes on, in order. */
  finish(): void {
    for (const held of this.#held.values()) for (const frame of held) this.#port.apply(frame);
    this.#held.clear();
  }
}
