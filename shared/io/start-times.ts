/**
 * How long a process took from its spawn to what matters, each told once: log, metric, and whoever supervises it. Real time; node's own
 * start is in it, only what the system needs to run node at all (some milliseconds) is not.
 */
import { flushCompileCache } from 'node:module';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';

/**
 * `protected`: of the gateway, that every position is known from the venue and has its stop there (or needs none, or is being closed); of
 * the brain, that the hard exits watch again. `quoting`: an order of a strategy rests at the venue.
 */
export type Milestone = 'protected' | 'ready' | 'quoting';
export type StartMs = Readonly<Record<Milestone, number | null>>;

export class StartTimes {
  readonly #options: { readonly log: Log; readonly metrics: Metrics };
  readonly #gauge;
  #reached: StartMs = { protected: null, ready: null, quoting: null };

  /** `reached`: by an earlier beginning of this process; it is not told again. */
  constructor({ reached, ...options }: { readonly log: Log; readonly metrics: Metrics; readonly reached?: StartMs }) {
    this.#options = options;
    this.#gauge = options.metrics.gauge('start_seconds', 'From the spawn of this process to each milestone', ['milestone']);
    for (const milestone of ['protected', 'ready', 'quoting'] as const) this.#take(milestone, reached?.[milestone] ?? null);
  }

  /** The first time counts. */
  reach(milestone: Milestone): void {
    if (this.#reached[milestone] !== null) return;
    const ms = Math.round(performance.now());
    this.#take(milestone, ms);
    this.#options.log.info({ milestone, ms }, 'Since spawn');
    process.send?.({ kind: 'milestone', milestone, ms });
    if (milestone === 'ready') flushCompileCache(); // a process that is killed writes nothing at its end
  }

  #take(milestone: Milestone, ms: number | null): void {
    if (ms === null) return;
    this.#reached = { ...this.#reached, [milestone]: ms };
    this.#gauge.set({ milestone }, ms / 1_000);
  }

  get ms(): StartMs {
    return this.#reached;
  }
}
