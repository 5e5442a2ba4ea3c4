/** Closed bars as a strategy sees them: the newest ones without a hole, of the file's own length and of longer intervals made of them. */
import { formatPrice, type Instrument } from '../../../shared/instrument.ts';
import type { BarRow } from '../../../shared/snapshot.ts';
import { sumDecimals, type Ticks } from '../../../shared/units.ts';
import type { FileBar } from './bar-file.ts';

/** A bar, and what was seen of it. */
export type Going = {
  readonly bar: FileBar | null;
  readonly market: { readonly instrument: Instrument; readonly price: Ticks };
  readonly seen: { readonly high: Ticks; readonly low: Ticks };
};
type Growing = { readonly openMs: number; readonly open: string; high: FileBar; low: FileBar; close: string; readonly volumes: string[] };

/** Times as many bars as are shown are kept at most. */
const SPARE = 4;

/** Of one symbol and one interval. */
export class BarWindow {
  readonly #barMs: number;
  readonly #intervalMs: number;
  readonly #keep: number;
  /** The newest ones, and some before them, so that not every bar moves all of them. */
  #kept: BarRow[] = [];
  #shown: readonly BarRow[] | null = null;
  #growing: Growing | null = null;
  #nextMs = 0;

  /** `barMs` of the file divides `intervalMs`. */
  constructor({ barMs, intervalMs, keep }: { readonly barMs: number; readonly intervalMs: number; readonly keep: number }) {
    this.#barMs = barMs;
    this.#intervalMs = intervalMs;
    this.#keep = keep;
  }

  /** Null while there is none. Another array after each bar, so that nobody's array changes under him. */
  get bars(): readonly BarRow[] | null {
    if (this.#kept.length === 0) return null;
    this.#shown ??= this.#kept.slice(-this.#keep);
    return this.#shown;
  }

  /** The bar that is being gone, of the file's own length only: what was seen of it so far. Its volume is not known before it closes. */
  open({ bar, market, seen }: Going): BarRow | null {
    if (bar === null || this.#intervalMs !== this.#barMs) return null;
    const { instrument, price } = market;
    const text = (ticks: Ticks): string => formatPrice(instrument, ticks);
    return [bar.openMs, bar.row[1], text(seen.high), text(seen.low), text(price), '0'];
  }

  /** Takes in a bar that has closed: to be called at that time, not before. */
  close(bar: FileBar): void {
    if (bar.openMs !== this.#nextMs) {
      this.#kept = []; // after a hole only what follows it is without one
      this.#shown = null;
      this.#growing = null;
    }
    this.#nextMs = bar.openMs + this.#barMs;
    if (this.#intervalMs === this.#barMs) this.#add(bar.row);
    else this.#grow(bar);
  }

  #grow(bar: FileBar): void {
    if (bar.openMs % this.#intervalMs === 0)
      this.#growing = { openMs: bar.openMs, open: bar.row[1], high: bar, low: bar, close: bar.row[4], volumes: [] };
    const growing = this.#growing;
    if (growing === null) return; // it began in the middle of one
    if (bar.high > growing.high.high) growing.high = bar;
    if (bar.low < growing.low.low) growing.low = bar;
    growing.close = bar.row[4];
    growing.volumes.push(bar.row[5]);
    if (this.#nextMs % this.#intervalMs !== 0) return;
    const { openMs, open, high, low, close, volumes } = growing;
    this.#add([openMs, open, high.row[2], low.row[3], close, sumDecimals(volumes) ?? '0']);
    this.#growing = null;
  }

  #add(row: BarRow): void {
    if (this.#kept.length >= SPARE * this.#keep) this.#kept = this.#kept.slice(1 - this.#keep);
    this.#kept.push(row);
    this.#shown = null;
  }
}
