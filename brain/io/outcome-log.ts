/** What came of each turn, for people: counted, kept among the latest reasons, and an error of a strategy told once. */
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import { labelOf } from '../../shared/reasons.ts';
import type { Stepped } from '../step.ts';
import { WhyLog } from '../why.ts';

export class OutcomeLog {
  readonly why = new WhyLog();
  readonly #failed = new Set<string>();
  readonly #log: Log;
  readonly #decided;

  constructor({ log, metrics }: { readonly log: Log; readonly metrics: Metrics }) {
    this.#log = log;
    this.#decided = metrics.counter('brain_decisions_total', 'Turns taken by a run on a symbol, by what came of them', ['reason']);
  }

  /** Runs whose strategy threw, and that have not begun anew since. */
  get failed(): readonly string[] {
    return [...this.#failed];
  }

  /** `failed`: those that stand still after this turn. */
  note({ symbols }: Pick<Stepped, 'symbols'>, { atMs, failed }: { readonly atMs: number; readonly failed: readonly string[] }): void {
    for (const run of this.#failed) if (!failed.includes(run)) this.#failed.delete(run);
    for (const { symbol, outcomes } of symbols)
      for (const { run, reason, detail } of outcomes) {
        this.#decided.inc({ reason: labelOf(reason) });
        this.why.add({ run, symbol, reason, detail, atMs });
        if (reason !== 'strategy-failed' || this.#failed.has(run)) continue;
        this.#failed.add(run);
        this.#log.error({ run, symbol, problem: detail['problem'] }, 'Strategy failed: its run is paused');
      }
  }
}
