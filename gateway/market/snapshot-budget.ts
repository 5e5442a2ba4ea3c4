/**
 * Depth snapshots of all symbols together: after a reconnect of many symbols their weight must leave room for orders, cancels and
 * account reads. Pure; at most so many begin in any minute, however they are bunched.
 */
import type { MonoMs } from '../../shared/units.ts';

const MINUTE_MS = 60_000;

export class SnapshotBudget {
  #begun: MonoMs[] = [];

  /** Takes one of `perMinute` and answers 0, or takes none and answers how long to wait. */
  take(now: MonoMs, perMinute: number): number {
    this.#begun = this.#begun.filter((at) => now - at < MINUTE_MS);
    const allowed = Math.max(1, Math.floor(perMinute));
    const blocking = this.#begun.at(-allowed);
    if (blocking !== undefined) return blocking + MINUTE_MS - now;
    this.#begun.push(now);
    return 0;
  }
}
