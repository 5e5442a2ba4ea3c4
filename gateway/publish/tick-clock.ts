/**
 * When snapshots are made: at whole multiples of the period on the wall clock, so that the ticks of every run fall on the same instants and the
 * time in a snapshot shows how late it is. Each tick is found anew from that clock: nothing adds up, and after the clock was set the next one is
 * at most two periods away. Ticks that a blocked process slept through are counted, not made up for.
 */
import { Buckets } from '../../shared/buckets.ts';
import type { Clock, Timer } from '../../shared/clock.ts';

/** Real milliseconds behind its time from which a tick counts as late. */
export const TICK_LATE_MS = 20;
/** Real milliseconds from the time of a tick until now, and how many ticks before it never began. */
export type Behind = { readonly ms: number; readonly missed: number };
const BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.2];

export class TickClock {
  readonly #options: { readonly clock: Clock; readonly periodMs: number; readonly speed: number };
  #timer: Timer | null = null;
  #dueWallMs = 0;
  /** The newest tick that began. */
  #newest: { readonly dueAt: number; readonly missed: number } | null = null;
  /** How late each began, real seconds. */
  readonly lateness = new Buckets(BOUNDS);
  late = 0;
  missed = 0;

  /** `speed`: simulated per real time; the period is on the clock, lateness is real. */
  constructor(options: { readonly clock: Clock; readonly periodMs: number; readonly speed: number }) {
    this.#options = options;
  }

  /** Of the newest tick, at this moment; null while it is on time. */
  behind(): Behind | null {
    if (this.#newest === null) return null;
    const { clock, speed } = this.#options;
    const ms = (clock.monoMs() - this.#newest.dueAt) / speed;
    return ms > TICK_LATE_MS || this.#newest.missed > 0 ? { ms, missed: this.#newest.missed } : null;
  }

  start(run: () => void): Timer {
    this.#arm(run);
    return { cancel: () => this.#timer?.cancel() };
  }

  /** The next multiple, or the one after it where a timer came a little early: never twice for one tick. */
  #arm(run: () => void): void {
    const { clock, periodMs } = this.#options;
    const now = clock.wallMs();
    const next = now - (now % periodMs) + periodMs;
    this.#dueWallMs = next === this.#dueWallMs ? next + periodMs : next;
    const waitMs = this.#dueWallMs - now;
    const dueAt = clock.monoMs() + waitMs;
    this.#timer = clock.after(waitMs, () => {
      this.#newest = { dueAt, missed: this.#count(clock.monoMs() - dueAt) };
      this.#arm(run);
      run();
    });
  }

  #count(lateMs: number): number {
    const { periodMs, speed } = this.#options;
    const missed = Math.max(0, Math.floor(lateMs / periodMs));
    this.lateness.add(lateMs / speed / 1_000);
    if (lateMs / speed > TICK_LATE_MS) this.late++;
    this.missed += missed;
    return missed;
  }
}
