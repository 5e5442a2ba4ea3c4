/**
 * One brain at a time. The lease is an epoch granted once; it lives on heartbeats that show progress: alive but stuck counts as dead.
 * Sans-I/O: the caller persists the epoch before granting it and cancels what an ended lease left behind.
 */
import type { Stamp } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';

export type Holder = { readonly connection: number; readonly epoch: number };
type State = Holder & {
  readonly progressAt: MonoMs;
  readonly processed: Stamp | null;
  readonly connected: boolean;
  /** It holds orders from its first moment, so it must show at once that it looks after them. */
  readonly heir: boolean;
};
export type Ended = { readonly epoch: number; readonly why: 'no-heartbeat' | 'replaced' };

export class Lease {
  readonly #leaseMs: number;
  #state: State | null = null;
  /** The lease that ran out last: its brain may come back to life as long as no other was granted one. */
  #lapsed: State | null = null;

  constructor({ leaseMs }: { readonly leaseMs: number }) {
    this.#leaseMs = leaseMs;
  }

  /** Epoch of the brain that holds the lease; 0 when none does. */
  get epoch(): number {
    return this.#state?.epoch ?? 0;
  }

  /** Lease of a live connection: no one else may have it now. */
  get taken(): boolean {
    return this.#state?.connected ?? false;
  }

  holds({ connection, epoch }: Holder): boolean {
    return this.#state !== null && this.#state.connection === connection && this.#state.epoch === epoch;
  }

  /** Gives a fresh epoch to a connection; the lease it replaces, when one is still running, ends. `heir`: it takes over orders with it. */
  grant(holder: Holder, now: MonoMs, { heir = false }: { readonly heir?: boolean } = {}): Ended | null {
    const before = this.#state;
    this.#state = { ...holder, progressAt: now, processed: null, connected: true, heir };
    this.#lapsed = null;
    return before ? { epoch: before.epoch, why: 'replaced' } : null;
  }

  /**
   * False when this connection does not hold the lease. Only a snapshot not processed before is a sign of life; null is one until the
   * first snapshot was processed (a brain that warms up has no orders, unless it is an heir). A lapsed lease revives with such a sign; its quotes are gone.
   */
  heartbeat(holder: Holder, { processed, now }: { readonly processed: Stamp | null; readonly now: MonoMs }): boolean {
    const state = this.#state ?? this.#lapsed;
    if (!state || state.connection !== holder.connection || state.epoch !== holder.epoch) return false;
    const before = state.processed;
    const moved =
      processed === null
        ? before === null && !state.heir
        : before === null || processed.epoch !== before.epoch || processed.seq > before.seq;
    if (this.#state === null && (!moved || processed === null)) return false;
    this.#state = { ...state, processed: processed ?? before, progressAt: moved ? now : state.progressAt };
    this.#lapsed = null;
    return true;
  }

  /** A closed connection keeps its lease until it runs out, but another brain gets it at once. */
  closed(connection: number): void {
    if (this.#state?.connection === connection) this.#state = { ...this.#state, connected: false };
    if (this.#lapsed?.connection === connection) this.#lapsed = null;
  }

  /** The lease that ran out, once. */
  tick(now: MonoMs): Ended | null {
    const state = this.#state;
    if (!state || now - state.progressAt < this.#leaseMs) return null;
    this.#state = null;
    this.#lapsed = state.connected ? state : null;
    return { epoch: state.epoch, why: 'no-heartbeat' };
  }
}
