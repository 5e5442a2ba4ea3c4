/** Series of bounded length over a time of any length: rows of a grid that doubles its period whenever it would grow too long. */
import { SAMPLES_MAX } from './result.ts';

/** What a row keeps of the values that fall into its time. */
export type Keeping = 'last' | 'low' | 'high';

/** Columns from `first` on, `count` of them. */
export type Columns = { readonly first: number; readonly count: number };

export class SampleGrid {
  readonly fromMs: number;
  #periodMs: number;
  #rows = 0;
  readonly #most: number;
  readonly #kinds: readonly Keeping[];
  readonly #columns: readonly Float64Array[];

  constructor(options: {
    readonly fromMs: number;
    readonly periodMs: number;
    readonly kinds: readonly Keeping[];
    readonly most?: number;
  }) {
    const { fromMs, periodMs, kinds, most = SAMPLES_MAX } = options;
    this.fromMs = fromMs;
    this.#periodMs = periodMs;
    this.#kinds = kinds;
    this.#most = most;
    this.#columns = kinds.map(() => new Float64Array(most));
  }

  get periodMs(): number {
    return this.#periodMs;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Takes one value into these columns; times never go back. */
  add(atMs: number, value: number, { first, count }: Columns): void {
    const row = this.#rowAt(atMs);
    for (let n = first; n < first + count; n++) {
      const column = this.#columns[n] as Float64Array;
      column[row] = kept(this.#kinds[n] as Keeping, column[row] as number, value);
    }
  }

  column(n: number): Float64Array {
    return (this.#columns[n] as Float64Array).subarray(0, this.#rows);
  }

  #rowAt(atMs: number): number {
    let row = Math.max(0, Math.floor((atMs - this.fromMs) / this.#periodMs));
    while (row >= this.#most) {
      this.#halve();
      row = Math.floor((atMs - this.fromMs) / this.#periodMs);
    }
    while (this.#rows <= row) this.#open();
    return row;
  }

  /** A new row repeats the last value of the one before, its extremes too. */
  #open(): void {
    const row = this.#rows++;
    for (const [n, column] of this.#columns.entries()) column[row] = row === 0 ? Number.NaN : this.#lastOf(n, row - 1);
  }

  /** Extremes stand behind the column of the last value that they belong to. */
  #lastOf(n: number, row: number): number {
    let at = n;
    while (this.#kinds[at] !== 'last') at -= 1;
    return this.#columns[at]?.[row] ?? Number.NaN;
  }

  #halve(): void {
    const rows = Math.ceil(this.#rows / 2);
    for (const [n, column] of this.#columns.entries()) {
      const kind = this.#kinds[n] as Keeping;
      for (let row = 0; row < rows; row++) {
        const [a, b] = [column[2 * row] as number, column[Math.min(2 * row + 1, this.#rows - 1)] as number];
        column[row] = kept(kind, a, b);
      }
    }
    this.#rows = rows;
    this.#periodMs *= 2;
  }
}

function kept(kind: Keeping, before: number, value: number): number {
  if (kind === 'last' || Number.isNaN(before)) return value;
  if (Number.isNaN(value)) return before;
  return kind === 'low' ? Math.min(before, value) : Math.max(before, value);
}
