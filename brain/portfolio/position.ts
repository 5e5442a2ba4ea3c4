/**
 * Position by the fills that the brain itself has read: what it adopted at its start plus every fill since, in order of number and without
 * a hole. It says when it does not know; the summary of a run compares it with the ledger and the exchange.
 */
import type { PositionsAnswer } from '../../shared/command.ts';
import type { FillDoc } from '../../shared/snapshot.ts';
import { sumDecimals } from '../../shared/units.ts';

/** `adopted`: position at the start; `baseline`: what the ledger counted its own fills from when we last asked. */
type Count = { readonly adopted: string; readonly baseline: string; readonly fills: string };

export class FillBook {
  readonly #counts = new Map<string, Count>();
  #seq: number | null = null;

  /** Number of the newest fill counted; null before the first `rebase`. */
  get fillSeq(): number | null {
    return this.#seq;
  }

  /**
   * The first answer is adopted; a later one only moves what the ledger itself corrected. Numbers that went back belong to another ledger,
   * which is adopted afresh.
   */
  rebase({ fillSeq, positions }: PositionsAnswer): void {
    if (this.#seq !== null && fillSeq < this.#seq) {
      this.#seq = null;
      this.#counts.clear();
    }
    this.#seq ??= fillSeq;
    for (const { symbol, baseline, position } of positions) {
      const count = this.#counts.get(symbol) ?? { adopted: position, baseline, fills: '0' };
      const adopted = sum([count.adopted, baseline, negate(count.baseline)]);
      this.#counts.set(symbol, { ...count, adopted, baseline });
    }
  }

  /** Counts a fill. `hole`: fills before it were missed, and it was not counted. `known`: it was counted before. */
  add(fill: FillDoc): 'counted' | 'known' | 'hole' {
    if (this.#seq === null || fill.n > this.#seq + 1) return 'hole';
    if (fill.n <= this.#seq) return 'known';
    const count = this.#counts.get(fill.symbol) ?? { adopted: '0', baseline: '0', fills: '0' };
    this.#counts.set(fill.symbol, { ...count, fills: sum([count.fills, fill.side === 'buy' ? fill.size : negate(fill.size)]) });
    this.#seq = fill.n;
    return 'counted';
  }

  /** Base units, signed; null while it is not known. */
  position(symbol: string): string | null {
    const count = this.#counts.get(symbol);
    return count ? sum([count.adopted, count.fills]) : null;
  }
}

const negate = (text: string): string => (text.startsWith('-') ? text.slice(1) : `-${text}`);

function sum(texts: readonly string[]): string {
  const total = sumDecimals(texts);
  if (total === null) throw new Error(`Cannot sum ${texts.join(', ')}: one is no decimal`); // the schemas let decimals through only
  return total;
}
