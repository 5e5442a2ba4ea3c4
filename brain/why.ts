/**
 * Why the brain did what it did, for people: of each run on each symbol the reasons it had lately, each once, with how often and when. As
 * much as a screen holds; nothing is decided by it. Pure.
 */
import type { Outcome } from './act.ts';
import type { Signals } from './strategy/strategy.ts';

export type Why = {
  readonly reason: string;
  /** What belonged to it the last time. */
  readonly detail: Signals;
  readonly count: number;
  /** Venue time of the first and the last turn that ended so, ms. */
  readonly firstMs: number;
  readonly lastMs: number;
};

const KEPT = 12;

export class WhyLog {
  readonly #lists = new Map<string, Why[]>();

  add({
    run,
    symbol,
    reason,
    detail,
    atMs,
  }: Pick<Outcome, 'run' | 'reason' | 'detail'> & { readonly symbol: string; readonly atMs: number }): void {
    const key = keyOf(run, symbol);
    const list = this.#lists.get(key) ?? [];
    this.#lists.set(key, list);
    const at = list.findIndex((one) => one.reason === reason);
    const before = at < 0 ? undefined : list.splice(at, 1)[0];
    list.unshift({ reason, detail, count: (before?.count ?? 0) + 1, firstMs: before?.firstMs ?? atMs, lastMs: atMs });
    if (list.length > KEPT) list.pop();
  }

  /** The newest first. */
  of(run: string, symbol: string): readonly Why[] {
    return this.#lists.get(keyOf(run, symbol)) ?? [];
  }
}

const keyOf = (run: string, symbol: string): string => `${run} ${symbol}`;
