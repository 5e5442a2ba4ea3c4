/** The book as depth-stream clients hold it, with its recent past: every published state can be asked for by its update id. */
import { lots, type Ticks } from '../units.ts';
import type { PriceSize } from './exchange-events.ts';
import type { PublishedView } from './symbol-market.ts';

const STATES_MAX = 2_000;

type Sides = { readonly bids: Map<number, number>; readonly asks: Map<number, number> };
/** How to go back from `last` to the state before it. */
type Undo = { readonly last: number; readonly before: number; readonly bids: readonly PriceSize[]; readonly asks: readonly PriceSize[] };
type Change = { readonly last: number; readonly bids: readonly PriceSize[]; readonly asks: readonly PriceSize[] };

export class PublishedBook {
  readonly #now: Sides = { bids: new Map(), asks: new Map() };
  readonly #undo: Undo[] = [];
  #last: number;

  constructor(start: Change) {
    this.#last = start.last;
    write(this.#now.bids, start.bids);
    write(this.#now.asks, start.asks);
  }

  get last(): number {
    return this.#last;
  }

  /** Applies a published diff (absolute sizes, zero removes). The oldest state is forgotten beyond the bound. */
  apply({ last, bids, asks }: Change): void {
    const before = this.#last;
    this.#undo.push({ last, before, bids: write(this.#now.bids, bids), asks: write(this.#now.asks, asks) });
    this.#last = last;
    if (this.#undo.length > 2 * STATES_MAX) this.#undo.splice(0, STATES_MAX);
  }

  /** The state exactly at update id `u`, or the newest; null when no kept state ended there. */
  at(u: number | null): PublishedView | null {
    if (u === null || u === this.#last) return view(this.#now, this.#last);
    const sides: Sides = { bids: new Map(this.#now.bids), asks: new Map(this.#now.asks) };
    for (let i = this.#undo.length - 1; i >= 0; i--) {
      const step = this.#undo[i] as Undo;
      write(sides.bids, step.bids);
      write(sides.asks, step.asks);
      if (step.before === u) return view(sides, u);
      if (step.before < u) return null;
    }
    return null;
  }
}

/** Writes absolute sizes; returns what stood there before. */
function write(side: Map<number, number>, changes: readonly PriceSize[]): readonly PriceSize[] {
  return changes.map(([price, size]) => {
    const before = side.get(price) ?? 0;
    if (size === 0) side.delete(price);
    else side.set(price, size);
    return [price, lots(before)];
  });
}

function view({ bids, asks }: Sides, lastUpdateId: number): PublishedView {
  const sorted = (side: Map<number, number>, sign: number): PriceSize[] =>
    [...side].sort(([a], [b]) => sign * (a - b)).map(([price, size]) => [price as Ticks, lots(size)]);
  return { lastUpdateId, bids: sorted(bids, -1), asks: sorted(asks, 1) };
}
