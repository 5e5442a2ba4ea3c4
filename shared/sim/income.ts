/** The cash book of one account: every change of a wallet is a row here, so that the rows of an asset sum to its wallet exactly. */
import type { Atoms } from '../units.ts';

export type IncomeType = 'realized' | 'commission' | 'funding' | 'transfer' | 'insurance' | 'auto-exchange';

export type IncomeRow = {
  readonly type: IncomeType;
  /** Above zero flows into the account. */
  readonly amount: Atoms;
  readonly asset: string;
  /** Null when no symbol is concerned. */
  readonly symbol: string | null;
  readonly tradeId: number | null;
  readonly atMs: number;
  /** Rises; unique within the account. */
  readonly id: number;
};

export type IncomeEntry = Omit<IncomeRow, 'id'>;

/** Rows beyond this are forgotten, oldest first, half of them at once. */
const ROWS_MAX = 50_000;
const LEAN_MAX = 100;

export class IncomeBook {
  #rows: IncomeRow[];
  #nextId: number;

  readonly #rowsMax: number;

  /** `lean`: nobody asks for the rows. */
  constructor({
    firstId,
    rows = [],
    lean = false,
  }: { readonly firstId: number; readonly rows?: readonly IncomeRow[]; readonly lean?: boolean }) {
    this.#rowsMax = lean ? LEAN_MAX : ROWS_MAX;
    this.#rows = [...rows];
    this.#nextId = Math.max(firstId, (rows.at(-1)?.id ?? 0) + 1);
  }

  add(entry: IncomeEntry): void {
    if (entry.amount === 0n) return;
    this.#rows.push({ ...entry, id: this.#nextId++ });
    if (this.#rows.length > this.#rowsMax) this.#rows = this.#rows.slice(this.#rowsMax / 2);
  }

  get nextId(): number {
    return this.#nextId;
  }

  /** Oldest first. */
  rows(): readonly IncomeRow[] {
    return this.#rows;
  }
}
