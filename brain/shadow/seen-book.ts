/**
 * The public book of one snapshot as simulated orders meet it: the levels shown, less what orders of the same shadow took of them. What
 * lies beyond the last level shown is not known, so whoever joins there has everybody before him until the price comes into view.
 */
import { crosses, opposite } from '../../shared/sim/matching.ts';
import type { SeenLevels } from '../../shared/sim/resting.ts';
import type { Side } from '../../shared/order.ts';
import { type Lots, lots, type Ticks } from '../../shared/units.ts';
import type { Level } from '../strategy/strategy.ts';

export type Sides = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };
type Order = { readonly side: Side; readonly price: Ticks | null };

/** More than any level holds. */
const UNSEEN = lots(Number.MAX_SAFE_INTEGER);
const EMPTY: Sides = { bids: [], asks: [] };

export class SeenBook implements SeenLevels {
  #sides: Sides = EMPTY;
  #live = false;
  #taken = new Map<Level, number>();

  /** Null: this snapshot's book is not proved. */
  see(sides: Sides | null): void {
    this.#live = sides !== null;
    this.#sides = sides ?? EMPTY;
    this.#taken = new Map();
  }

  get live(): boolean {
    return this.#live;
  }

  sizeOf(side: Side, price: Ticks): Lots {
    const levels = this.#levels(side);
    const last = levels.at(-1);
    if (!last || (side === 'buy' ? price < last.price : price > last.price)) return UNSEEN;
    return levels.find((level) => level.price === price)?.size ?? lots(0);
  }

  reach(order: Order, max: number): Lots {
    return lots(
      Math.min(
        max,
        this.#met(order).reduce((sum, level) => sum + this.#left(level), 0),
      ),
    );
  }

  /** Best level first; what is taken is gone until the next snapshot. */
  take(order: Order, size: Lots): readonly Level[] {
    const out: Level[] = [];
    let missing: number = size;
    for (const level of this.#met(order)) {
      const part = Math.min(missing, this.#left(level));
      if (part <= 0) continue;
      missing -= part;
      this.#taken.set(level, (this.#taken.get(level) ?? 0) + part);
      out.push({ price: level.price, size: lots(part) });
    }
    return out;
  }

  #met({ side, price }: Order): readonly Level[] {
    return this.#levels(opposite(side)).filter((level) => crosses({ side, price, against: level.price }));
  }

  #left(level: Level): number {
    return level.size - (this.#taken.get(level) ?? 0);
  }

  #levels(side: Side): readonly Level[] {
    return side === 'buy' ? this.#sides.bids : this.#sides.asks;
  }
}
