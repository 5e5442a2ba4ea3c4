/** What is kept over a restart beside the hard exits: shares of positions, breakers, and states of strategies that want it. Written once a second at most. */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { Portfolio } from '../portfolio/portfolio.ts';
import { fromMemory, memoryOf } from '../risk/watch.ts';
import type { Run } from '../runs.ts';
import type { BrainState, Remembered } from '../step.ts';
import type { BrainStore, SeatRow } from './brain-store.ts';

export type MemoryOptions = { readonly store: BrainStore; readonly clock: Clock; readonly log: Log };
type Moment = {
  readonly runs: readonly Run[];
  /** Venue time of the snapshot that the states were made on; null when there was none. */
  readonly atMs: number | null;
  /** Do not wait for the second to end. */
  readonly now: boolean;
};

const PERIOD_MS = 1_000;

export class Memory {
  readonly #options: MemoryOptions;
  #portfolio: Portfolio | null = null;
  #savedAt: MonoMs;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#savedAt = options.clock.monoMs();
  }

  /** A state is taken up where the strategy wants that and the parameters are the same. */
  remembered(): Remembered {
    const { store, clock, log } = this.#options;
    return {
      exits: (symbol) => store.exits(symbol),
      portfolio: store.portfolio,
      risk: store.risk && fromMemory(store.risk),
      seat: (key, run) => {
        const saved = run.strategy.isResumable ? store.seat(key, run.fingerprint) : null;
        const seat = saved && run.strategy.resume(saved, clock.wallMs());
        if (saved) log.info({ seat: key, ageMs: clock.wallMs() - saved.atMs, taken: seat !== null }, 'State of a strategy found');
        return seat;
      },
    };
  }

  saveShares({ portfolio }: BrainState): void {
    if (portfolio === this.#portfolio) return;
    this.#portfolio = portfolio;
    this.#options.store.savePortfolio(portfolio);
  }

  /** At once when a breaker moved: it must hold before anything follows from it. */
  saveRisk({ risk }: BrainState): void {
    this.#options.store.saveRisk(memoryOf(risk));
  }

  save(state: BrainState, { runs, atMs, now }: Moment): void {
    const nowMs = this.#options.clock.monoMs();
    if (!now && nowMs - this.#savedAt < PERIOD_MS) return;
    this.#savedAt = nowMs;
    this.saveShares(state);
    this.saveRisk(state);
    if (atMs !== null) this.#options.store.saveSeats(this.#changed(state, { runs, atMs }));
  }

  #changed({ seats }: BrainState, { runs, atMs }: { readonly runs: readonly Run[]; readonly atMs: number }): readonly SeatRow[] {
    const places = runs.filter(({ strategy }) => strategy.isResumable).flatMap((run) => run.seats.map(({ key }) => ({ key, run })));
    return places.flatMap(({ key, run: { fingerprint } }) => {
      const text = seats[key]?.seat.text();
      return text === undefined ? [] : [{ key, fingerprint, atMs, text }];
    });
  }
}
