/**
 * Walk-forward: the time is cut into folds, each with a part to search on and a later one to test on. Every test begins after the search
 * of its fold has ended, and an embargo later, so that nothing that was chosen had seen what it is tested on. A run warms up on the data
 * before its own part, which is always the past. Pure; milliseconds since the epoch, ends exclusive.
 */
import { err, ok, type Result } from '../../../shared/result.ts';

export type Span = { readonly fromMs: number; readonly toMs: number };
export type Fold = { readonly name: string; readonly train: Span /** Null: all of the time is searched on. */; readonly test: Span | null };

export type SplitOptions = {
  readonly range: Span;
  /** 0: no walk-forward. */
  readonly folds: number;
  /** Length of a search, in lengths of a test. */
  readonly trainLengths: number;
  /** Every search begins with the data instead of moving on. */
  readonly anchored: boolean;
  readonly embargoMs: number;
  /** Cuts lie on whole multiples of this from the start. */
  readonly stepMs: number;
};

export function foldsOf(options: SplitOptions): Result<readonly Fold[], string> {
  const { range, folds, trainLengths, anchored, embargoMs, stepMs } = options;
  if (folds === 0) return ok([{ name: 'all', train: range, test: null }]);
  const parts = folds + trainLengths;
  const cut = (part: number): number => range.fromMs + Math.floor(((range.toMs - range.fromMs) * part) / parts / stepMs) * stepMs;
  const list = Array.from({ length: folds }, (_, n): Fold & { readonly test: Span } => {
    const [from, middle, to] = [anchored ? 0 : n, n + trainLengths, n + trainLengths + 1].map(cut) as [number, number, number];
    const end = n === folds - 1 ? range.toMs : to;
    return { name: `fold ${n + 1}`, train: { fromMs: from, toMs: middle }, test: { fromMs: middle + embargoMs, toMs: end } };
  });
  const short = list.find(({ train, test }) => train.toMs - train.fromMs < stepMs || test.toMs - test.fromMs < stepMs);
  return short ? err(`--walk-forward: ${short.name} would be empty: allowed are fewer folds, a shorter --embargo, or more data`) : ok(list);
}
